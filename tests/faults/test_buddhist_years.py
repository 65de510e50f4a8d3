"""A year of the Buddhist era is refused wherever a date may stand, and the problem says what to do (promise 24).

Every field and parameter for a date, an instant or a year is found in the contract: API.md 1 says that none of them takes
such a year, which would lie centuries ahead.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from app.main import Process
from tests.hostile import service
from tests.hostile.service import Target
from tests.hostile.test_bodies import NAMES, schema_of
from tests.hostile.test_parameters import parameters
from tests.hostile.values import text
from tests.matrix.operations import Operation
from tests.support.database import Database

ROW_BY_ROW = {"importConsents", "putRecords", "putSubjectRecords"}
"""What takes the good rows and tells of each other by itself."""
DATES = [text(day) for day in ("2569-03-02", "2567-02-29", "2400-01-01")]
INSTANTS = [text(f"{day}T10:00:00+07:00") for day in ("2569-03-02", "2567-02-29")]
PARTIAL = [*DATES, text("2513"), text("2513-05")]

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
async def target(app: Any, process: Process, database: Database) -> AsyncIterator[Target]:
    async with service.target(app, process, database) as target:
        yield target


def buddhist(wanted: Mapping[str, Any]) -> list[str]:
    """Values of the other era for a field, as JSON texts; none where it takes no date."""
    if wanted.get("format") == "date":
        return DATES
    if wanted.get("format") == "date-time":
        return INSTANTS
    if str(wanted.get("pattern", "")).startswith("^([0-9]{4})"):
        return PARTIAL
    return ["2569"] if wanted.get("minimum") == 1900 else []


def refused(answer: httpx.Response, pointer: str) -> bool:
    """By that code alone, at that place."""
    told = answer.json()
    errors = [(error["pointer"], error["code"]) for error in told.get("errors", ())]
    return (answer.status_code, told["code"], errors) == (422, "buddhist_era_year", [(pointer, "buddhist_era_year")])


def dates_of(target: Target, operation: Operation) -> list[tuple[tuple[str | int, ...], list[str]]]:
    """Each place in its body where a date may stand, with the values that are refused there."""
    schema = schema_of(operation)
    found = target.fields.of(schema) if schema is not None else ()
    return [(path, values) for path, wanted in found if (values := buddhist(wanted))]


async def test_in_no_field_of_any_body(target: Target) -> None:
    tried, faults = set(), []
    for name in NAMES:
        operation = target.operations[name]
        for path, values in dates_of(target, operation):
            tried.add((name, path))
            for value in values:
                body = target.fields.body(schema_of(operation) or {}, path, value)
                answer = await target.call(operation, value, content=body, headers={"Content-Type": "application/json"})
                pointer = "".join(f"/{part}" for part in path)
                taken = told_by_row(answer) if name in ROW_BY_ROW else refused(answer, pointer)
                if not taken:
                    faults.append(f"{name} {pointer} = {value}: {answer.status_code} {answer.text[:200]}")
    assert faults == []
    assert len(tried) >= 25, "the contract has so many at least"


def told_by_row(answer: httpx.Response) -> bool:
    """The row is not taken, for that reason alone."""
    told = answer.json()
    return told.get("accepted") == 0 and [row["code"] for row in told["rejected"]] == ["buddhist_era_year"]


async def test_in_no_parameter(target: Target) -> None:
    tried, faults = 0, []
    for name in NAMES:
        operation = target.operations[name]
        for where in ("query", "path"):
            for parameter, wanted in parameters(operation, where).items():
                choices = (wanted, *wanted.get("anyOf", ()))
                for value in [value.strip('"') for one in choices for value in buddhist(one)]:
                    tried += 1
                    at = operation.at({**target.names(operation), **({parameter: value} if where == "path" else {})})
                    query = {parameter: value} if where == "query" else {}
                    answer = await target.call(operation, value, str(httpx.URL(at, params=query)))
                    if not refused(answer, f"/{where}/{parameter}"):
                        faults.append(f"{name} {parameter}={value}: {answer.status_code} {answer.text[:200]}")
    assert faults == []
    assert tried >= 8, "the contract has so many at least"


@pytest.mark.parametrize("language", ["th", "en"])
async def test_the_problem_says_what_to_do(target: Target, language: str) -> None:
    operation = target.operations["listServiceLevels"]
    headers = {"Accept-Language": language}
    answer = await target.call(operation, "", f"{operation.path}?from=2569-03-02", headers=headers)
    assert "543" in answer.json()["detail"], answer.text
