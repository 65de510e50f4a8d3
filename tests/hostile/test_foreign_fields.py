"""No body sets what is not its to set (RELIABILITY.md 5, promise 8): each object of each body takes its own fields alone.

What is tried are the names of all columns of all tables, so that a column that comes later is tried too.
"""

import json
from pathlib import Path

import pytest
import yaml
from sqlmodel import SQLModel

import app.models  # noqa: F401  (all tables)
from tests.hostile.service import Target
from tests.hostile.test_bodies import JSON, schema_of
from tests.support.contract import DECISIONS

NAMES = list(yaml.safe_load(Path(__file__).parents[1].joinpath("matrix/access.yaml").read_text(encoding="utf-8")))
COLUMNS = {column.name for table in SQLModel.metadata.tables.values() for column in table.columns}
CHOOSES = {"verifyIdentity": {"method"}}
"""What tells one branch of a body from another."""


def test_there_are_columns_to_try() -> None:
    assert {"status", "erased_at", "decided_by", "final", "version"} <= COLUMNS


@pytest.mark.parametrize("name", NAMES)
async def test_no_object_takes_a_column_that_is_no_field_of_it(target: Target, name: str) -> None:
    operation = target.operations[name]
    schema = schema_of(operation)
    if schema is None or name in DECISIONS:
        return
    for path, wanted in target.fields.of(schema):
        own = wanted.get("properties")
        if own is None or wanted.get("additionalProperties"):
            continue
        foreign = sorted(COLUMNS - own.keys() - CHOOSES.get(name, set()))
        whole = json.dumps({**target.fields.sample(wanted), **dict.fromkeys(foreign, "M-1")})
        body = target.fields.body(schema, path, whole)
        answer = await target.call(operation, f"{path}", content=body, headers={"Content-Type": JSON})
        told = {one["pointer"] for one in answer.json().get("errors", ()) if one["code"] == "unknown_field"}
        row = rejected(answer.json())
        place = "".join(f"/{step}" for step in path)
        missed = {f"{place}/{column}" for column in foreign} - told
        if not row and missed:
            target.faults.append(f"{name} {place} takes {sorted(missed)[:5]}: {answer.status_code} {answer.text[:200]}")
    assert target.faults == []


def rejected(answer: object) -> bool:
    """Whether a push has turned down its one row for what it carries."""
    return isinstance(answer, dict) and any(row["code"] == "invalid_row" for row in answer.get("rejected") or ())
