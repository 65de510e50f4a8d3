"""The service as its callers see it: tokens of each role, and calls that check every answer against the contract."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from app.main import Process
from tests.support.contract import Contract, contract_of

SYSTEM = "core_banking"


@dataclass(frozen=True)
class Api:
    """A caller: `api` itself has no token, `api.as_role(...)` has one."""

    http: httpx.AsyncClient
    process: Process
    contract: Contract
    token: str | None = None

    @classmethod
    @asynccontextmanager
    async def over(cls, app: Any, process: Process) -> AsyncIterator["Api"]:
        """Callers of an ASGI application."""
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://sitthi.test") as http:
            yield cls(http, process, contract_of(app))

    def as_role(self, *roles: str, **claims: Any) -> "Api":
        """A caller with these roles; claims as `SandboxIssuer.issue` takes them (sub, subject_ref, system, acr)."""
        assert self.process.issuer is not None
        if "core_banking" in roles:
            claims.setdefault("system", SYSTEM)
        claims.setdefault("sub", claims.get("subject_ref") or claims.get("system") or f"sandbox-{roles[0]}")
        return replace(self, token=self.process.issuer.issue(roles=roles, **claims))

    def member(self, subject_ref: str, assurance: str = "substantial") -> "Api":
        """A member, by default known as surely as most rights need."""
        return self.as_role("member", subject_ref=subject_ref, acr=assurance)

    @property
    def core(self) -> "Api":
        """The core banking system."""
        return self.as_role("core_banking")

    @property
    def staff(self) -> "Api":
        """Somebody at the counter."""
        return self.as_role("staff")

    @property
    def dpo(self) -> "Api":
        """The data protection officer."""
        return self.as_role("dpo")

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; its answer is held against the contract."""
        headers = dict(options.pop("headers", {}) or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        answer = await self.http.request(method, path, headers=headers, **options)
        self.contract.check(answer)
        return answer

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST a JSON body."""
        return (
            await self.call("POST", path, json=body, **options)
            if body is not None
            else await self.call("POST", path, **options)
        )

    async def put(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """PUT a JSON body."""
        return await self.call("PUT", path, json=body, **options)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem document."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]
