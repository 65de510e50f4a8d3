"""Nothing personal in logs, nor in the clear in any table (RELIABILITY.md 5, promise 18)."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.core.embedded import start_embedded
from tests.cli.running import environment, logged, sandbox, serving
from tests.embedded_processes import fresh_data_dir
from tests.support.consents import consent
from tests.support.database import Database
from tests.support.faults import failing, forms
from tests.support.holds import hold
from tests.support.members import record
from tests.support.requests import erasure

HOSTILE_LINES = """
import asyncio, logging, warnings
import structlog
from app.core.logging import configure_logging, describe_exception

configure_logging("debug")
log = structlog.get_logger("sitthi.test")
library = logging.getLogger("some.library")
log.info("of ours", name="CANARY", note={"a": "CANARY"}, subject_ref="CANARY", status=200)
log.info("request", method="GET", route="/v1/x", request_id="r-1", ms=1.5, body=b"CANARY")
library.warning("connection to %s failed for %(name)s", "CANARY")
library.error("with arguments %s", {"name": "CANARY"})
library.info({"msg": "CANARY"})
library.info(ValueError("CANARY"))
library.info("line one\\nline two\\x1b[31m\\u2028")
library.info("extra", extra={"person": "CANARY"})
library.info("stack", stack_info=True)
try:
    try:
        raise KeyError("CANARY")
    except KeyError as error:
        raise ExceptionGroup("CANARY", [ValueError("CANARY")]) from error
except ExceptionGroup as error:
    library.exception("broken %s", "CANARY")
    log.error("broken", **describe_exception(error))
    log.exception("also broken")
    log.error("given", exc_info=error)
logging.getLogger("uvicorn.access").info('%s - "%s %s"', "1.2.3.4", "GET", "/v1/subjects/CANARY")
logging.getLogger("httpx").info("HTTP Request: GET CANARY")
logging.getLogger("uvicorn.error").warning("CANARY")
log.info("brackets {} %s ${jndi:ldap://x}")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What hostile calls of the loggers leave on standard error."""
    done = subprocess.run(  # noqa: S603  (our own Python)
        [sys.executable, "-c", HOSTILE_LINES], capture_output=True, text=True, env=environment({}), check=True, cwd="/"
    )
    assert done.stdout == ""
    assert "CANARY" not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_each_line_is_one_json_object_with_known_members(lines: list[dict[str, Any]]) -> None:
    assert lines[0] == {
        "event": "of ours",
        "level": "info",
        "logger": "sitthi.test",
        "status": 200,
        "timestamp": lines[0]["timestamp"],
    }
    assert (lines[1]["route"], lines[1]["request_id"], lines[1]["ms"]) == ("/v1/x", "r-1", 1.5)
    assert {key for line in lines for key in line} <= {
        *("event", "level", "timestamp", "logger", "request_id", "method", "route", "status", "ms", "error", "frames")
    }


def test_a_library_is_quoted_by_its_template_alone(lines: list[dict[str, Any]]) -> None:
    said = [line["event"] for line in lines if line["logger"] == "some.library"]
    assert said[:3] == ["with arguments %s", "dict", "ValueError"], "and not at all where its arguments do not fit"


def test_an_exception_is_told_by_its_types_and_where_it_passed(lines: list[dict[str, Any]]) -> None:
    broken = [line for line in lines if line.get("error")]
    assert broken[0]["event"] == "broken %s"
    assert all(line["error"][:2] == ["ExceptionGroup", "KeyError"] for line in broken)


PHONE, EMAIL, NATIONAL_ID = "+66891112233", "somsri.kanary@member.example", "1101700203450"
NAME = "สมศรี คีรีบูน"
TEXTS = {
    name: f"{NAME} {name} 4711"
    for name in (
        "note",
        "question",
        "answer",
        "evidence",
        "withdrawal",
        "hold",
        "release",
        "item",
        "decision",
        "failure",
    )
}
REFERENCE, METHOD, LAST4 = "ใบทำลายเลขที่ 77/2569", "เผาต่อหน้ากรรมการ", "zQ7k"
LEFT = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}


class Caller:
    """Calls of one role; remembers its token."""

    def __init__(self, http: httpx.Client, **claims: Any) -> None:
        self.http = http
        self.token = str(http.post("/sandbox/tokens", json=claims).json()["access_token"])

    def call(self, method: str, path: str, body: Any = None, expect: int = 200, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        answer = self.http.request(method, path, json=body, headers=headers, **options)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None


def tell_the_story(http: httpx.Client) -> list[str]:
    """Every flow with free text in it, well and badly called; returns the secrets that the service made itself."""
    core, staff, dpo = (Caller(http, role=role) for role in ("core_banking", "staff", "dpo"))
    member = Caller(http, role="member", subject_ref="M-1")
    contacts = {"phone": PHONE, "email": EMAIL}
    person = {
        "kind": "member",
        "born_on": "1950-05-17",
        "membership": LEFT,
        "contacts": contacts,
        "national_id": NATIONAL_ID,
    }
    core.call("PUT", "/v1/subjects/M-1", person, 201)
    dpo.call("GET", "/v1/subjects/M-1")
    old = {"deposit_made": "2011-03-02"}
    core.call("PUT", "/v1/subjects/M-1/records", {"records": [record("D-1", events=old), record("D-2", events=old)]})
    given = member.call("POST", "/v1/consents", consent(evidence=TEXTS["evidence"]), 201)
    member.call("POST", f"/v1/consents/{given['id']}/withdrawal", {"channel": "app", "reason": TEXTS["withdrawal"]})
    placed = dpo.call("POST", "/v1/legal-holds", hold(reason=TEXTS["hold"]), 201)
    dpo.call("POST", f"/v1/legal-holds/{placed['id']}/release", {"reason": TEXTS["release"]})
    code = request_and_identify(staff)
    decide_and_destroy(http, staff, dpo, core, member)
    for wrong in ({"kind": NAME}, {**person, "national_id": NATIONAL_ID[:-1] + "1"}, {**person, NAME: PHONE}, [EMAIL]):
        core.call("PUT", f"/v1/subjects/{NATIONAL_ID}?q={EMAIL}", wrong, 422, headers={"User-Agent": "x\t" + EMAIL})
    core.call("GET", f"/v1/people/{NAME}", expect=404)
    http.get("/v1/policy", headers={"Authorization": f"Bearer {core.token}x", "X-Request-ID": NATIONAL_ID})
    return [code, *(caller.token for caller in (core, staff, dpo, member))]


def request_and_identify(staff: Caller) -> str:
    """A request at the counter, its identity proven by a code after a wrong one; returns the code."""
    asked = staff.call("POST", "/v1/requests/erasure", erasure(scope={"record_refs": ["D-2"]}, note=TEXTS["note"]), 201)
    path = f"/v1/requests/{asked['id']}"
    sent = staff.call("POST", f"{path}/identity/challenges", {"via": "sms"}, 201, headers={"Idempotency-Key": "k-1"})
    messages = staff.http.get("/sandbox/outbox", params={"to": "M-1"}).json()["items"]
    code = str(next(message["code"] for message in messages if message["code"]))
    proof = {"challenge_id": sent["challenge_id"], "code": code}
    staff.call("POST", f"{path}/identity/verifications", {**proof, "code": code[::-1] + "0"}, 422)
    staff.call("POST", f"{path}/identity/verifications", proof)
    staff.call("POST", f"{path}/information-requests", {"question": TEXTS["question"]})
    staff.call("POST", f"{path}/information", {"answer": TEXTS["answer"]}, headers={"Idempotency-Key": "k-2"})
    staff.call("POST", f"{path}/cancellation", {"reason": TEXTS["withdrawal"]})
    again = staff.call("POST", "/v1/requests/erasure", erasure(scope={"record_refs": ["D-2"]}), 201)
    seen = {"method": "in_person", "document": {"kind": "national_id", "last4": LAST4}}
    staff.call("POST", f"/v1/requests/{again['id']}/identity/verifications", seen)
    return code


def decide_and_destroy(http: httpx.Client, staff: Caller, dpo: Caller, core: Caller, member: Caller) -> None:
    asked = member.call("POST", "/v1/requests/erasure", erasure(scope={"record_refs": ["D-1"]}), 201)
    path = f"/v1/requests/{asked['id']}"
    staff.call("POST", f"{path}/assessment")
    items = [{"ref": "D-1", "outcome": "granted", "note": TEXTS["item"]}]
    dpo.call("POST", f"{path}/decision", {"outcome": "granted", "items": items, "note": TEXTS["decision"]})
    claim = {"system": "core_banking"}
    [task] = core.call("POST", "/v1/tasks/claims", claim)["items"]
    core.call("POST", f"/v1/tasks/{task['id']}/failure", {"lease": task["lease"], "reason": TEXTS["failure"]})
    http.post("/sandbox/clock", json={"advance": "P1D"})
    [task] = core.call("POST", "/v1/tasks/claims", claim)["items"]
    proof = {
        "method": METHOD,
        "performed_at": "2026-11-20T10:00:00+07:00",
        "reference": REFERENCE,
        "note": TEXTS["note"],
    }
    core.call("POST", f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": proof})


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


async def break_a_write(database: Database, http: httpx.Client) -> None:
    """A write that the database refuses with the whole row in its message."""
    core = Caller(http, role="core_banking")
    async with failing(database, "subject"):
        core.call("PUT", "/v1/subjects/M-2", {"kind": "visitor", "contacts": {"email": EMAIL}}, 500)
    async with failing(database, "subject", sqlstate="55P03"):
        core.call("PUT", "/v1/subjects/M-2", {"kind": "visitor", "contacts": {"email": EMAIL}}, 503)


async def rows(dsn: str) -> dict[str, str]:
    """Every row of every table as text; what is sealed shows as hexadecimal digits."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {}
        for schema, table in await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'keys')"
        ):
            texts = await connection.fetch(f'SELECT t::text AS text FROM {schema}."{table}" t')
            found[table] = "\n".join(row["text"] for row in texts)
        return found
    finally:
        await connection.close()


async def test_no_secret_and_nothing_personal_reaches_a_log_or_lies_in_the_clear(data_dir: Path) -> None:
    with serving(**sandbox(data_dir, SITTHI_LOG_LEVEL="debug")) as service:
        url = service.ready()
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as http, start_embedded(data_dir) as server:
            made = tell_the_story(http)
            await break_a_write(Database(owner=server.dsn_owner, service=server.dsn_service), http)
            tables = await rows(server.dsn_owner)
        said = service.end()
    personal = [PHONE, PHONE[3:], EMAIL, NATIONAL_ID, NAME, *TEXTS.values(), REFERENCE, METHOD, LAST4]
    _nowhere([*personal, *made, "M-1", "only-once"], {"the log": said.err, "standard output": said.out})
    _nowhere([*personal, *made[1:]], {"PostgreSQL's log": (data_dir / "postgres" / "log").read_text()})
    _nowhere([*personal, *made], tables)
    events = logged(said)
    assert [line["event"] for line in events].count("unhandled") == 1
    assert sum(line["event"] == "request" for line in events) > 30
    filled = {"audit_entry", "outgoing_event", "outgoing_message", "request_event", "request_message", "request_item"}
    assert all(tables[name] for name in filled | {"kept_answer", "identity_challenge", "erasure_ledger", "task"})


def _nowhere(secrets: list[str], places: dict[str, str]) -> None:
    found = [(secret, place) for place, text in places.items() for secret in secrets if _is_in(secret, text)]
    assert found == []


def _is_in(secret: str, text: str) -> bool:
    if secret.isdigit() and secret in text:
        return (
            re.search(rf"(?<![0-9a-f.]){secret}(?![0-9a-f])", text) is not None
        )  # not by chance in a digest or a time
    return any(form in text for form in forms(secret))
