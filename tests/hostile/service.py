"""The service under hostile calls: every answer is judged, and every table is watched."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.core.problems import PROBLEM_TYPES
from app.main import Process
from app.schemas.types import FIELD_CODES
from tests.hostile.fields import Fields
from tests.hostile.values import CANARY
from tests.matrix.operations import Operation, operations
from tests.matrix.world import NOTHING, Things, build, named_for
from tests.support.api import Api
from tests.support.database import Database
from tests.support.faults import Watch, watching

KNOWN = {
    "subject_ref": "M-1",
    "record_refs": ["D-new"],
    "lease": NOTHING,
    "challenge_id": NOTHING,
    "code": "482915",
    "performed_at": "2026-05-01T10:00:00+07:00",
    "disclosed_at": "2026-05-01T10:00:00+07:00",
    "recipient": "insurer",
}
"""What good bodies name, so that it is there; and when something was done, so that it is past."""
RECORDED = {"code_wrong": {"public.audit_entry", "public.identity_guard"}}
"""Refusals that leave a trace on purpose (`RecordedRefusal`), and where; the caller of the sweeps may see everything."""
REFUSED_INPUT = FIELD_CODES | {"malformed_json", "validation_failed", "unsupported_media_type", "body_too_large"}


class Target:
    """The service with its world; `faults` gathers what no call may do."""

    def __init__(self, api: Api, document: Mapping[str, Any], things: Things, database: Database, watch: Watch) -> None:
        self.caller = api.as_role("dpo", "core_banking", "staff", sub="sub-of-the-sweep")
        self.operations, self.things = operations(document), things
        self.fields = Fields(document, KNOWN)
        self.faults: list[str] = []
        self._database, self._watch = database, watch

    def names(self, operation: Operation) -> Mapping[str, str]:
        """The names of things that are there."""
        return named_for(operation.id, self.things["own"])

    async def call(self, operation: Operation, label: str, path: str | None = None, **options: Any) -> httpx.Response:
        """One call, judged."""
        await self._watch.changes()
        path = operation.at(self.names(operation)) if path is None else path
        answer = await self.caller.call(operation.method, path, **options)
        traces = await self._watch.changes()
        for fault in judge(answer, traces):
            self.faults.append(f"{operation.id} {label[:120]}: {fault}")
        if operation.path.startswith("/sandbox/clock"):
            await self._database.execute("UPDATE sandbox SET clock_offset = interval '0'")
        return answer


def judge(answer: httpx.Response, traces: set[str]) -> list[str]:
    """What is wrong with an answer to a hostile call."""
    if answer.status_code >= 500:
        return [f"answered {answer.status_code}"]
    if answer.status_code < 300:
        return []
    code = code_of(answer)
    faults = [] if code in PROBLEM_TYPES else [f"no problem document: {answer.text[:80]}"]
    said = answer.text + str(answer.headers)
    if CANARY in said or CANARY in json.dumps(said):
        faults.append("echoes what was sent")
    if traces - RECORDED.get(code, set()):
        faults.append(f"{answer.status_code} {code} left traces in {sorted(traces)}")
    return faults


def code_of(answer: httpx.Response) -> str:
    """The code of a problem document; empty for anything else."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return ""
    return str(answer.json()["code"])


@asynccontextmanager
async def target(app: Any, process: Process, database: Database) -> AsyncIterator[Target]:
    """A service full of things, spoken to by somebody who sees them all."""
    await database.reset()
    async with Api.over(app, process) as api, watching(database) as watch:
        yield Target(api, app.state.document, await build(api), database, watch)
