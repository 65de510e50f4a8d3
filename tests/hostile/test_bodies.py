"""No hostile body gives a 5xx, an echo or half a write (RELIABILITY.md 5, promises 14 and 17).

Each field gets what is hostile to its type; with `SITTHI_FAULT_ROUNDS` set, everything.
"""

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hostile.service import REFUSED_INPUT, Target, code_of
from tests.hostile.values import CANARY, values_for
from tests.matrix.operations import Operation
from tests.support.contract import DECISIONS

NAMES = list(yaml.safe_load(Path(__file__).parents[1].joinpath("matrix/access.yaml").read_text(encoding="utf-8")))
EVERYTHING = "SITTHI_FAULT_ROUNDS" in os.environ
JSON = "application/json"
OF_ITS_STATE = {"putTaskPart": {"not_allowed"}}
"""What a good body may be answered because of what it is put to: a claimed task of another kind takes no parts."""
MIB = {"importConsents": 8, "putRecords": 8, "putSubjectRecords": 8, "putTaskPart": 64}


def schema_of(operation: Operation) -> dict[str, Any] | None:
    """What its body must be; None where it takes none."""
    body = operation.details.get("requestBody")
    found: dict[str, Any] | None = body and body["content"][JSON]["schema"]
    return found


@pytest.mark.parametrize("name", NAMES)
async def test_the_sweep_begins_with_bodies_that_are_good(target: Target, name: str) -> None:
    operation = target.operations[name]
    if (schema := schema_of(operation)) is not None:
        answer = await target.call(operation, "as it is", json=target.fields.example(schema))
        assert code_of(answer) not in REFUSED_INPUT - OF_ITS_STATE.get(name, set()) | {"not_found", "forbidden"}
        assert target.faults == []


@pytest.mark.faults
@pytest.mark.timeout(3600 if EVERYTHING else 120)
@pytest.mark.parametrize("name", NAMES)
async def test_no_hostile_value_in_any_field(target: Target, name: str) -> None:
    operation = target.operations[name]
    if (schema := schema_of(operation)) is not None:
        for path, wanted in target.fields.of(schema):
            for value in values_for(wanted, all_of_them=EVERYTHING):
                body = target.fields.body(schema, path, value)
                label = f"{'/'.join(map(str, path))} = {value[:60]}"
                await target.call(operation, label, content=body, headers={"Content-Type": JSON})
    assert target.faults == []


def garbage(good: bytes, limit: int) -> dict[str, tuple[int, bytes, dict[str, str]]]:
    """Bodies that are refused before anybody looks into them: status, body, headers."""
    field = f'"{CANARY}"'.encode()
    inside = good[1:-1]
    malformed = {
        "cut": good[:-1],
        "twice": good + good,
        "trailing": good + b"x",
        "comment": b"/* */" + good,
        "single quotes": good.replace(b'"', b"'") + b"'",
        "byte-order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": b"\xff\xfe" + good.decode().encode("utf-16-le"),
        "UTF-16 without mark": good.decode().encode("utf-16-be"),
        "not UTF-8": b"{" + inside + b', "a": "\xe9"}',
        "overlong UTF-8": b"{" + inside + b', "a": "\xc0\x80"}',
        "surrogate in UTF-8": b"{" + inside + b', "a": "\xed\xa0\x80"}',
        "raw control": b"{" + inside + b', "a": "\n\x00"}',
        "duplicate key": b"{" + inside + b"," + field + b":1," + field + b":2}",
        "every key twice": b"{" + inside + b"," + inside + b"}",
        "deep in a member": b"{" + inside + b', "a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "deep and open": b"[" * 100_000,
        "33 deep": b"{" + inside + b', "a": ' + b"[" * 32 + b"]" * 32 + b"}",
        "NaN": b"{" + inside + b', "a": NaN}',
        "infinity": b"{" + inside + b', "a": 1e999}',
        "long number": b"{" + inside + b', "a": ' + b"9" * 5000 + b"}",
        "word": CANARY.encode(),
    }
    wrong_types = {
        "no type": {},
        "text": {"Content-Type": "text/plain"},
        "form": {"Content-Type": "application/x-www-form-urlencoded"},
        "multipart": {"Content-Type": "multipart/form-data; boundary=x"},
        "XML": {"Content-Type": "application/xml"},
        "merge patch": {"Content-Type": "application/merge-patch+json"},
        "two types": {"Content-Type": "application/json, text/plain"},
        "Thai charset": {"Content-Type": "application/json; charset=tis-620"},
        "UTF-16 charset": {"Content-Type": "application/json; charset=utf-16"},
        "gzip": {"Content-Type": JSON, "Content-Encoding": "gzip"},
        "deflate": {"Content-Type": JSON, "Content-Encoding": "deflate"},
        "zstd": {"Content-Type": JSON, "Content-Encoding": "zstd"},
        "unknown coding": {"Content-Type": JSON, "Content-Encoding": f"{CANARY}, identity"},
    }
    packed = {"gzip": gzip.compress(good), "deflate": zlib.compress(good)}
    return {
        **{label: (400, body, {"Content-Type": JSON}) for label, body in malformed.items()},
        **{label: (415, packed.get(label, good), headers) for label, headers in wrong_types.items()},
        "over the limit": (413, b" " * (limit + 1), {"Content-Type": JSON}),
        "said to be over the limit": (413, good, {"Content-Type": JSON, "Content-Length": str(limit + 1)}),
        "said to be endless": (413, good, {"Content-Type": JSON, "Content-Length": "9" * 5000}),
    }


NAMED_OR_NOT = {"putTaskPart"}
"""A stream that names no type is read as JSON; here it is then refused for its rows, or for a task that is not claimed."""


@pytest.mark.parametrize("name", NAMES)
async def test_garbage_is_refused_for_what_it_is(target: Target, name: str) -> None:
    operation = target.operations[name]
    if (schema := schema_of(operation)) is None:
        return
    good = json.dumps(target.fields.example(schema)).encode()
    limit = MIB.get(name, 1) << 20
    for label, (usual, body, headers) in garbage(good, limit).items():
        status = 400 if usual == 415 and name in DECISIONS else usual
        answer = await target.call(operation, label, content=body, headers=headers)
        expected = {409, 422} if label == "no type" and name in NAMED_OR_NOT else {status}
        if answer.status_code not in expected:
            target.faults.append(f"{name} {label}: {answer.status_code} {answer.text[:80]}")
    assert target.faults == []


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_no_object_or_has_a_member_too_many_is_invalid(target: Target, name: str) -> None:
    operation = target.operations[name]
    if (schema := schema_of(operation)) is None or schema.get("type") == "array":
        return
    good = target.fields.example(schema)
    many = {f"{CANARY} {number}": number for number in range(10_000)}
    bodies = [
        None,
        True,
        0,
        1.5,
        CANARY,
        [],
        [good],
        [CANARY] * 1000,
        {**good, f"{CANARY} ": 1},
        {**good, "__class__": 1},
    ]
    for body in [*bodies, {**good, "": 1}, {**good, "\ud800": 1}, {**good, "/~": {}}, {**good, **many}]:
        answer = await target.call(
            operation, str(body)[:60], content=json.dumps(body).encode(), headers={"Content-Type": JSON}
        )
        if name in DECISIONS:
            refused = answer.status_code == 400 or (answer.status_code == 200 and isinstance(body, dict))
        else:
            refused = answer.status_code == 422 and code_of(answer) in REFUSED_INPUT
        if not refused:
            target.faults.append(f"{name} {str(body)[:60]}: {answer.status_code} {answer.text[:80]}")
    assert target.faults == []
