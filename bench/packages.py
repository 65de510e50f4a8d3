"""A package of 200 MB: streamed in as parts, built and downloaded, while the memory of the one process is watched."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

import httpx

from bench.report import run, show
from bench.service import Service, running

MIB = 1024 * 1024
TOTAL = int(os.environ.get("SITTHI_BENCH_MB", "200")) * 1_000_000
PART = 50_000_000
RECORD = 250_000
GOAL = 250
"""Of memory, in MB, at most."""


def text(number: int) -> str:
    """Half a record's text that compresses as text does, half that does not."""
    return f"ฝากเงินสด รายการที่ {number} " * (RECORD // 80) + os.urandom(RECORD // 4).hex()


async def part(refs: list[str]) -> AsyncIterator[bytes]:
    """A part as a system sends it: record by record."""
    for number, ref in enumerate(refs):
        row = {"record_ref": ref, "fields": {"note": text(number)}}
        yield (b"," if number else b"[") + json.dumps(row, ensure_ascii=False).encode()
    yield b"]"


async def _called(caller: httpx.AsyncClient, method: str, path: str, body: object | None = None) -> Any:
    answer = await caller.request(method, path, json=body)
    return answer.raise_for_status().json()


async def asked(service: Service, refs: list[str]) -> tuple[str, dict[str, Any], httpx.AsyncClient]:
    """A request for access to so many records that was granted, and its task, claimed."""
    core, staff = service.caller(await service.token("core_banking")), service.caller(await service.token("staff"))
    person = {"kind": "member", "born_on": "1970-05-17", "membership": {"joined_on": "1995-06-01"}}
    await _called(core, "PUT", "/v1/subjects/M-1", person)
    held = {"kind": "deposit", "system": "core_banking", "storage": "database", "categories": ["financial"]}
    for at in range(0, len(refs), 1000):
        rows = [{"record_ref": ref, "events": {}, **held} for ref in refs[at : at + 1000]]
        await _called(core, "PUT", "/v1/subjects/M-1/records", {"records": rows})
    member = service.caller(await member_token(service))
    request = await _called(member, "POST", "/v1/requests/access", {"subject_ref": "M-1", "channel": "app"})
    path = f"/v1/requests/{request['id']}"
    await _called(staff, "POST", f"{path}/decision", {"outcome": "granted"})
    claims = {"system": "core_banking", "lease_seconds": 3600}
    [task] = (await _called(core, "POST", "/v1/tasks/claims", claims))["items"]
    await member.aclose()
    await staff.aclose()
    return path, task, core


async def member_token(service: Service) -> str:
    """A token of the member's."""
    async with httpx.AsyncClient(base_url=service.url) as http:
        body = {"role": "member", "subject_ref": "M-1"}
        token: str = (await http.post("/sandbox/tokens", json=body)).raise_for_status().json()["access_token"]
        return token


async def ready(member: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The package, once it is ready."""
    while True:
        found: dict[str, Any] = await _called(member, "GET", f"{path}/package")
        if found["state"] == "ready":
            return found
        await asyncio.sleep(0.5)


async def main() -> None:
    """Print the table."""
    refs = [f"R-{number:06d}" for number in range(TOTAL // RECORD)]
    per_part = PART // RECORD
    async with running() as service:
        path, task, core = await asked(service, refs)
        rest, _ = service.memory()
        service.forget_peak()
        rows = []
        began, names, sent = perf_counter(), [], 0
        for number, at in enumerate(range(0, len(refs), per_part)):
            names.append(f"part-{number}.json")
            answer = await core.put(
                f"/v1/tasks/{task['id']}/parts/{names[-1]}",
                content=part(refs[at : at + per_part]),
                headers={"Content-Type": "application/json"},
            )
            sent += answer.raise_for_status().json()["size"]
        rows.append(_row(service, "streamed in", sent, began))
        result = {"lease": task["lease"], "result": {"parts": names}}
        began = perf_counter()
        await _called(core, "POST", f"/v1/tasks/{task['id']}/completion", result)
        member = service.caller(await member_token(service))
        found = await ready(member, path)
        rows.append(_row(service, "built", sent, began))
        began, got = perf_counter(), 0
        url = (await _called(member, "POST", f"{path}/package/links"))["url"]
        async with member.stream("GET", url) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_raw():
                got += len(piece)
        if got != found["size"]:
            raise RuntimeError("the package did not come whole")
        rows.append(_row(service, "downloaded", got, began))
        await member.aclose()
        await core.aclose()
        _, peak = service.memory()
    reached = "reached" if peak <= GOAL else "not reached"
    show(
        f"A package of {sent / 1e6:.0f} MB in {len(names)} parts, {got / 1e6:.0f} MB packed",
        ("", "MB", "seconds", "MB/s", "peak RSS so far, MB"),
        rows,
        [f"Memory of the service: {rest:.0f} MB before, at most {peak:.0f} MB meanwhile (goal: {GOAL}: {reached})."],
    )


def _row(service: Service, what: str, size: int, began: float) -> tuple[str, ...]:
    took = perf_counter() - began
    return what, f"{size / 1e6:.0f}", f"{took:.1f}", f"{size / 1e6 / took:.1f}", f"{service.memory()[1]:.0f}"


if __name__ == "__main__":
    run(main())
