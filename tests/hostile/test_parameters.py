"""No hostile parameter or header gives a 5xx, an echo or a trace (RELIABILITY.md 5, promise 17)."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.hostile.service import Target, code_of
from tests.hostile.test_bodies import NAMES, schema_of
from tests.hostile.values import CANARY, COERCIBLE, CONTACTS, DATES, DURATIONS, IDS, INSTANTS, NUMBERS
from tests.matrix.operations import Operation
from tests.support.contract import DECISIONS

WORDS = (
    *(
        "",
        " ",
        "\0",
        f"{CANARY}\0",
        f"{CANARY}\u202e",
        f"{CANARY}\u2028",
        "๕๐",
        f"{CANARY}'; DROP TABLE subject; --",
        "%",
    ),
    *(
        f"{CANARY}{{}}%s",
        "null",
        "true",
        "[]",
        "../" * 9,
        CANARY * 100,
        CANARY * 1000,
        "\r\nSet-Cookie: a=b",
        "a,b",
        "a+b",
    ),
    *(
        "eyJhIjoxfQ",
        "A" * 500,
        "A" * 501,
        "====",
        "\U0001f469\u200d\U0001f467",
        "-0",
        "+1",
        " 7 ",
        "1_0",
        "0x10",
        "1e1",
    ),
)
TEXTS = [*WORDS, *NUMBERS, *DATES, *INSTANTS, *DURATIONS, *IDS, *CONTACTS, *(json.loads(one) for one in COERCIBLE)]
RAW = (
    "%ED%A0%80",
    "%C0%80",
    "%FF",
    "%",
    "%zz",
    "%00",
    "a%00b",
    "%0d%0aSet-Cookie:a=b",
    "+",
    "%25%30%30",
    "\x80".encode().hex(),
)


def parameters(operation: Operation, where: str) -> dict[str, dict[str, Any]]:
    """Its parameters in the path, the query or the head, with what each wants."""
    told = operation.details.get("parameters", ())
    return {one["name"]: one["schema"] for one in told if one.get("in") == where}


def body_of(target: Target, operation: Operation) -> dict[str, Any]:
    schema = schema_of(operation)
    return {} if schema is None else {"json": target.fields.example(schema)}


@pytest.mark.parametrize("name", NAMES)
async def test_no_hostile_value_in_the_query(target: Target, name: str) -> None:
    operation = target.operations[name]
    at = operation.at(target.names(operation))
    for parameter in parameters(operation, "query"):
        for value in TEXTS:
            await target.call(operation, f"{parameter}={value}", f"{at}?{parameter}={quote(str(value), safe='')}")
        for raw in RAW:
            await target.call(operation, f"{parameter}={raw}", f"{at}?{parameter}={raw}")
    assert target.faults == []


@pytest.mark.parametrize("name", NAMES)
async def test_unknown_and_repeated_parameters_are_refused(target: Target, name: str) -> None:
    operation = target.operations[name]
    at, body = operation.at(target.names(operation)), body_of(target, operation)
    known = parameters(operation, "query")
    unknown = [
        f"{CANARY}=1",
        "limit%00=1",
        "LIMIT=1",
        "limit[]=1",
        "%F0%9F%98%80=1",
        "=1",
        "a=1&a=2",
        "&".join("abcdefgh") + "=1",
    ]
    for query in [*unknown, *(f"{one}=1&{one}=1" for one in known), *(f"{one}=1&{CANARY}={CANARY}" for one in known)]:
        answer = await target.call(operation, query, f"{at}?{query}", **body)
        ignored = name in DECISIONS and code_of(answer) in {"", "malformed_request"}
        unseen = name in OTHERS and code_of(answer) == "not_found"
        if not (ignored or unseen) and code_of(answer) not in {"unknown_parameter", "validation_failed"}:
            target.faults.append(f"{name} {query}: {answer.status_code} {answer.text[:80]}")
    assert target.faults == []


@pytest.mark.parametrize("name", NAMES)
async def test_no_hostile_value_in_the_path(target: Target, name: str) -> None:
    operation = target.operations[name]
    body = body_of(target, operation)
    for parameter in parameters(operation, "path"):
        for raw in [*(quote(str(value), safe="") for value in TEXTS if value), *RAW]:
            path = operation.at({**target.names(operation), parameter: raw})
            await target.call(operation, path, path, **body)
    assert target.faults == []


OTHERS = {"downloadPackage"}
"""What only its maker sees, and the caller of the sweeps has made none."""
HEADERS = (
    "If-Match",
    "Idempotency-Key",
    "X-Request-ID",
    "Accept-Language",
    "Accept",
    "Origin",
    "X-Forwarded-For",
    "Range",
    "Host",
)
IN_HEADERS = [
    *(
        "",
        " ",
        "*",
        '"1"',
        'W/"1"',
        '"1", "2"',
        '"99999999999999999999"',
        f'"{CANARY}"',
        CANARY * 50,
        "x" * 10_000,
        "\xff\xfe",
        "é",
    ),
    *(
        "a\tb",
        "${jndi:ldap://x}",
        "th;q=nan",
        "en;q=1e400",
        "th;q=-1,en;q=inf",
        "," * 3000,
        ";q=;q=;",
        "bytes=0-0,-1",
        "::1",
    ),
    *("\u0e01".encode().decode("latin-1"), "{}", "%00", "en" + "-x" * 100),
]


@pytest.mark.parametrize(
    "name", ["getSubject", "putSubject", "withdrawConsent", "listTasks", "isAlive", "makeSandboxToken"]
)
async def test_no_hostile_header(target: Target, name: str) -> None:
    operation = target.operations[name]
    body = body_of(target, operation)
    for header in HEADERS:
        for value in IN_HEADERS:
            headers = {header.encode(): value.encode("latin-1")}
            answer = await target.call(operation, f"{header}: {value}", **body, headers=headers)
            if answer.headers["x-request-id"] == value and header != "X-Request-ID":
                target.faults.append(f"{header} became the id of the request")
    assert target.faults == []


async def test_an_operation_without_fields_takes_an_empty_object_or_no_body(target: Target) -> None:
    sign = target.operations["signAssessment"]
    for body in (b"", b"{}", b" {\n} "):
        assert (await target.call(sign, "nothing", content=body)).status_code in {200, 409}
    for body in (b'{"x": 1}', b"[]", b"null", b"{", b"{}{}", b"x" * 2_000_000, b'{"%s": 1}' % CANARY.encode()):
        answer = await target.call(sign, str(body[:20]), content=body)
        assert (answer.status_code, code_of(answer)) == (422, "unknown_field"), body[:20]
    assert target.faults == []
