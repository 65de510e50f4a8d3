"""Every operation, for every role, on one's own thing, another's, an erased person's and nothing at all."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.core.clock import Clock
from app.core.sandbox_issuer import SandboxIssuer
from app.domain.vocabulary import Role
from app.main import Process
from tests.matrix.operations import Operation, operations
from tests.matrix.world import NONE, Things, build, named_for
from tests.support.api import SYSTEM, Api, problem
from tests.support.database import Database
from tests.support.faults import Watch, watching

ROWS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("access.yaml").read_text(encoding="utf-8"))
PEOPLE = {"member", "representative"}
Seen = tuple[int, str] | str
NOT_FOUND, FORBIDDEN, NO_TOKEN = (404, "not_found"), (403, "forbidden"), (401, "invalid_token")
OUTSIDE: dict[str, Seen] = {"not_found": NOT_FOUND, "forbidden": FORBIDDEN, "empty": "empty"}
JSON = {"Content-Type": "application/json"}
GARBAGE: list[dict[str, Any]] = [
    {"content": b'{"', "headers": JSON},
    {"content": b"<a/>", "headers": {"Content-Type": "application/xml"}},
    {"content": b"[" * 100_000, "headers": JSON},
    {"json": {"no_such_field": 1}},
    {"params": {"no_such_parameter": "1"}},
]


SUBJECTS = [name for name, row in ROWS.items() if row.get("reach") in {"subject", "link"}]


@dataclass(frozen=True)
class Caller:
    """Who calls; `roles` None: with the token that the caller of the matrix has, if any."""

    name: str
    roles: frozenset[str] | None
    claims: Mapping[str, Any] = field(default_factory=dict)

    def on(self, api: Api) -> Api:
        if self.roles is None:
            return api
        return api.as_role(*(self.roles or ()), sub=f"sub-{self.name}".replace(" ", "."), **self.claims)

    @property
    def systems(self) -> set[str]:
        """The systems whose tasks are this caller's."""
        roles = self.roles or frozenset()
        return ({SYSTEM} if "core_banking" in roles else set()) | ({"paper"} if roles & {"staff", "dpo"} else set())


MEMBER = {"subject_ref": "M-1", "acr": "high"}
CALLERS = [
    *(Caller(role, frozenset({role}), MEMBER if role in PEOPLE else {}) for role in Role),
    Caller("no token", None),
    Caller("expired token", None),
    Caller("unknown role", frozenset({"janitor"}), MEMBER),
    Caller("no role", frozenset(), MEMBER),
    Caller("member of nothing", frozenset({"member"})),
    Caller("member and auditor", frozenset({"member", "auditor"}), MEMBER),
    Caller("member and representative", frozenset({"member", "representative"}), MEMBER),
    Caller("partner and committee", frozenset({"partner", "committee"})),
]


def expected(row: dict[str, Any], caller: Caller, target: str, things: Things) -> Seen:
    """The problem that a call is answered with, or `reached`, or `empty`."""
    if "public" in row:
        return NOT_FOUND if target == "none" and row.get("reach") == "code" else "reached"
    if caller.roles is None:
        return NO_TOKEN
    granting = caller.roles & set(row["may"])
    if not granting:
        return FORBIDDEN
    if not _in_reach(row, caller, granting, things[target]):
        return OUTSIDE[row.get("outside", "not_found")]
    if target == "none" and row["reach"] != "all":
        return row.get("absent") or NOT_FOUND
    return FORBIDDEN if granting <= set(row.get("refused", ())) else "reached"


def _in_reach(row: dict[str, Any], caller: Caller, granting: frozenset[str], thing: Mapping[str, str]) -> bool:
    match row["reach"]:
        case "subject" if granting <= PEOPLE:
            return "member" in granting and caller.claims.get("subject_ref") == thing["subject_ref"]
        case "link":
            return thing["link_of"] == f"sub-{caller.name}"
        case "system" if not granting & set(row.get("everywhere", ())):
            return thing["system"] in caller.systems
        case _:
            return True


class Matrix:
    """The service with its world."""

    def __init__(self, api: Api, document: Mapping[str, Any], things: Things, watch: Watch, expired: str) -> None:
        self.api, self.operations, self.things, self.watch = api, operations(document), things, watch
        self.expired = expired

    def named(self, operation: Operation, target: str) -> Mapping[str, str]:
        """The names of a thing, or one name for all; those of what is published are there for everybody, or nobody."""
        if target not in self.things:
            return {**NONE, **dict.fromkeys(re.findall("{(.*?)}", operation.path), target)}
        return NONE if target == "none" else named_for(operation.id, self.things[target])

    async def call(self, operation: Operation, caller: Caller, target: str, **options: Any) -> httpx.Response:
        row, names = ROWS[operation.id], self.named(operation, target)
        if not options:
            body = _filled(row["body"], names) if "body" in row else None
            options = {"json": body, "params": _filled(row.get("query", {}), names)}
        return await self.by(caller).call(operation.method, operation.at(names), **options)

    def naming(self) -> Iterator[tuple[Operation, Caller]]:
        """The operations whose path names somebody's thing; by a person, where people may, and by somebody who sees everything."""
        for operation in self.operations.values():
            row = ROWS[operation.id]
            holders = [one for one in CALLERS if one.roles and one.roles & set(row.get("may", ()))]
            if row.get("reach") in {"subject", "system", "link"} and operation.names_somebody:
                people = [one for one in holders if one.roles and one.roles <= PEOPLE]
                for caller in (*people[:1], next(one for one in holders if one not in people)):
                    yield operation, caller

    def by(self, caller: Caller) -> Api:
        return caller.on(replace(self.api, token=self.expired) if caller.name == "expired token" else self.api)


def _filled(template: Any, names: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        return template.format_map(names)
    if isinstance(template, dict):
        return {key: _filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, names) for value in template]
    return template


def seen(answer: httpx.Response) -> Seen:
    """What became of a call: refused for who calls, or reached (then it may still fail for what it asks)."""
    if answer.status_code in {401, 403, 404, 405, 500, 503} and "code" in answer.json():
        code = answer.json()["code"]
        return (
            "reached" if code in {"assurance_insufficient", "representative_required"} else (answer.status_code, code)
        )
    return "reached"


@pytest.fixture(scope="module")
async def matrix(app: Any, database: Database, process: Process) -> AsyncIterator[Matrix]:
    async with AsyncExitStack() as stack:
        await database.reset()
        api = await stack.enter_async_context(Api.over(app, process))
        watch = await stack.enter_async_context(watching(database))
        yield Matrix(api, app.state.document, await build(api), watch, await _expired(database, process))


async def _expired(database: Database, process: Process) -> str:
    """A token of the DPO's that was good until an hour ago."""
    [sandbox] = await database.fetch("SELECT signing_key FROM sandbox")
    two_hours_ago = (Clock().now() - timedelta(hours=2)).timestamp()
    issuer = SandboxIssuer(
        sandbox["signing_key"].encode(),
        issuer=f"{process.settings.base_url}/sandbox",
        audience=process.settings.oidc_audience,
        clock=lambda: two_hours_ago,
    )
    return issuer.issue("sub-dpo", ["dpo"])


def cells(operation: Operation) -> Iterator[tuple[Caller, str]]:
    """Callers and things; an operation that names no thing has one target."""
    row = ROWS[operation.id]
    targets = {"system": ["own", "another", "none", "erased", "paper"], "all": ["own"], None: ["own"]}
    for caller in CALLERS:
        for target in targets.get(row.get("reach"), ["own", "another", "none", "erased"]):
            yield caller, target


async def test_every_operation_has_a_row_and_every_row_an_operation(matrix: Matrix) -> None:
    assert set(matrix.operations) == set(ROWS)


async def test_the_contract_names_the_permission_that_is_written_here(matrix: Matrix) -> None:
    told = {name: one.details.get("x-permission") for name, one in matrix.operations.items()}
    assert told == {name: row.get("permission") for name, row in ROWS.items()}


def test_the_pack_gives_each_permission_to_the_roles_that_are_written_here(process: Process) -> None:
    grants = process.works.pack.roles
    for name, row in ROWS.items():
        if "permission" in row:
            holders = {role.value for role, permissions in grants.items() if row["permission"] in permissions}
            assert holders == set(row["may"]), name


@pytest.mark.parametrize("name", ROWS)
async def test_every_role_reaches_what_is_written_and_nothing_else(matrix: Matrix, name: str) -> None:
    operation, row = matrix.operations[name], ROWS[name]
    deviations: list[object] = []
    await matrix.watch.changes()
    for caller, target in cells(operation):
        answer = await matrix.call(operation, caller, target)
        wanted, got = expected(row, caller, target, matrix.things), seen(answer)
        if wanted == "empty" and answer.status_code == 200 and not answer.json()["items"]:
            got = "empty"
        if got != wanted:
            deviations.append((caller.name, target, wanted, got))
        traces = await matrix.watch.changes()
        if wanted != "reached" and traces != traces_of(row, caller, wanted):
            deviations.append((caller.name, target, "traces", traces))
    assert deviations == []


def traces_of(row: dict[str, Any], caller: Caller, wanted: Seen) -> set[str]:
    """What a refusal leaves behind: an audit entry, where people ask for what is not theirs."""
    personal = (
        row.get("reach") in {"subject", "link"} and (caller.roles or frozenset()) & set(row.get("may", ())) <= PEOPLE
    )
    return {"public.audit_entry"} if wanted == NOT_FOUND and personal else set()


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "public" not in row])
async def test_who_may_not_learns_nothing_whatever_the_call_carries(matrix: Matrix, name: str) -> None:
    operation, row = matrix.operations[name], ROWS[name]
    nobody = [one for one in CALLERS if one.roles is None]
    strangers = [one for one in CALLERS if one.roles is not None and not one.roles & set(row["may"])]
    for caller in [*nobody, strangers[0], strangers[-1]]:
        for garbage in [*GARBAGE, {"content": b" " * (9 << 20), "headers": JSON}]:
            answer = await matrix.call(operation, caller, "none", **garbage)
            assert seen(answer) == expected(row, caller, "none", matrix.things), (caller.name, list(garbage))


@pytest.mark.parametrize("name", SUBJECTS)
async def test_to_people_anothers_thing_and_nothing_look_alike_to_the_byte(matrix: Matrix, name: str) -> None:
    operation = matrix.operations[name]
    for caller in (one for one in CALLERS if one.roles and one.roles & set(ROWS[name]["may"]) and one.roles <= PEOPLE):
        calls = [{}, *(GARBAGE if operation.names_somebody else [])]
        for options in calls:
            another = await matrix.call(operation, caller, "another", **options)
            nothing = await matrix.call(operation, caller, "none", **options)
            gone = await matrix.call(operation, caller, "erased", **options)
            assert seen(another) == (NOT_FOUND if "outside" not in ROWS[name] else "reached"), (caller.name, options)
            assert _impersonal(another) == _impersonal(nothing) == _impersonal(gone), (caller.name, options)


def _impersonal(answer: httpx.Response) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    request_id = answer.headers["x-request-id"]
    headers = [(name, value) for name, value in answer.headers.raw if name != b"x-request-id"]
    return answer.status_code, answer.content.replace(request_id.encode(), b""), headers


async def test_what_cannot_be_seen_comes_before_what_is_wrong_with_the_call(matrix: Matrix) -> None:
    deviations = []
    for operation, caller in matrix.naming():
        for garbage in GARBAGE:
            if (got := seen(await matrix.call(operation, caller, "none", **garbage))) != NOT_FOUND:
                deviations.append((operation.id, caller.name, got, garbage))
    assert deviations == []


@pytest.mark.parametrize(
    "impossible", ["not-a-uuid~", "%00", "%E0%B8%81", "%F0%9F%98%80", "x" * 300, "%ED%A0%80", "a%20b"]
)
async def test_a_name_that_nothing_can_have_is_not_found_and_leaves_no_trace(matrix: Matrix, impossible: str) -> None:
    deviations, _ = [], await matrix.watch.changes()
    for operation, caller in matrix.naming():
        for options in ({}, GARBAGE[0]):
            got = seen(await matrix.call(operation, caller, impossible, **options))
            traces = await matrix.watch.changes()
            if got != NOT_FOUND or traces:
                deviations.append((operation.id, caller.name, got, traces))
    assert deviations == []


async def test_methods_that_a_path_lacks_are_answered_with_those_that_it_has(matrix: Matrix) -> None:
    for path in {operation.at(NONE) for operation in matrix.operations.values()}:
        methods = {
            one.method for one in matrix.operations.values() if re.fullmatch(re.sub("{.*?}", "[^/]+", one.path), path)
        }
        allowed = methods | ({"HEAD"} if "GET" in methods else set())
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - allowed:
            answer = await matrix.api.call(method, path)
            assert method == "HEAD" or problem(answer) == (405, "method_not_allowed"), (method, path)
            assert {one.strip() for one in answer.headers["Allow"].split(",")} == allowed, (method, path)


async def test_a_method_override_overrides_nothing(matrix: Matrix) -> None:
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = await matrix.api.staff.get("/v1/subjects/M-1", headers={header: "PUT"})
        assert (answer.status_code, answer.json()["subject_ref"]) == (200, "M-1")


@pytest.mark.parametrize(
    ("name", "object_type", "thing"),
    [
        ("getSubject", "subject", "subject_ref"),
        ("cancelRequest", "request", "request_id"),
        ("listRequests", "subject", "subject_ref"),
    ],
)
async def test_who_asks_for_anothers_thing_is_recorded_with_what_was_asked_for(
    matrix: Matrix, database: Database, name: str, object_type: str, thing: str
) -> None:
    curious = Caller("curious", frozenset({"member"}), MEMBER)
    assert seen(await matrix.call(matrix.operations[name], curious, "another")) == NOT_FOUND
    [entry] = await database.fetch("SELECT * FROM audit_entry WHERE actor = 'sub-curious' ORDER BY id DESC LIMIT 1")
    asked_for = matrix.things["another"][thing]
    assert (entry["action"], entry["object_type"], entry["object_id"]) == ("access.denied", object_type, asked_for)
    assert (entry["roles"], entry["subject_ref"], entry["details"]) == (["member"], None, "{}")
