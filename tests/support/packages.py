"""Packages of the tests: asked for, delivered in parts, built by the worker's own job, fetched over the API."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from app.workers.packages import BUILDING
from tests.support.api import Api
from tests.support.requests import decide, submit


@dataclass(frozen=True)
class Claimed:
    """A task to collect that the caller holds."""

    api: Api
    request: str
    id: str
    lease: str
    record_refs: list[str]
    payload: Mapping[str, Any]

    async def put(self, name: str, records: object, **options: Any) -> httpx.Response:
        """Put a part: records, or bytes as they are."""
        content = records if isinstance(records, bytes) else json.dumps(records, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        path = f"/v1/tasks/{self.id}/parts/{name}"
        return await self.api.call("PUT", path, content=content, headers=headers, **options)

    async def complete(self, **result: Any) -> httpx.Response:
        """Complete it with `parts` or `records`."""
        return await self.api.post(f"/v1/tasks/{self.id}/completion", {"lease": self.lease, "result": result})


def row(record_ref: str, **fields: Any) -> dict[str, Any]:
    """A record as a system delivers it."""
    return {"record_ref": record_ref, "fields": fields}


async def asked(api: Api, kind: str = "access", subject_ref: str = "M-1", outcome: str = "granted", **body: Any) -> str:
    """The path of a request that was decided."""
    request = await submit(api, subject_ref, kind=kind, **body)
    decided = await decide(api, request["id"], outcome)
    assert decided.status_code == 200, decided.text
    return f"/v1/requests/{request['id']}"


async def claimed(api: Api, path: str, system: str = "core_banking", seconds: int = 600) -> Claimed:
    """The one task of a system."""
    caller = api.as_role("core_banking", system=system)
    body = {"system": system, "lease_seconds": seconds}
    [task] = (await caller.post("/v1/tasks/claims", body)).json()["items"]
    return Claimed(caller, path, task["id"], task["lease"], task["record_refs"], task["payload"])


async def built(api: Api) -> bool:
    """One turn of the worker; tells whether there was a package to build."""
    return await BUILDING.run(api.process.works)


async def link(caller: Api, path: str) -> str:
    """The path of a new link to the package of a request."""
    made = await caller.post(f"{path}/package/links")
    assert made.status_code == 201, made.text
    return str(made.json()["url"]).removeprefix("http://sitthi.test")


async def fetched(caller: Api, path: str) -> zipfile.ZipFile:
    """The package of a request, downloaded."""
    answer = await caller.get(await link(caller, path))
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))
