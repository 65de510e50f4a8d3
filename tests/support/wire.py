"""A running service as its callers see it over the wire, in the tests' own event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx


@asynccontextmanager
async def calling(url: str, role: str, **claims: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Calls with a sandbox token of a role; claims as `POST /sandbox/tokens` takes them."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {await token(http, role, **claims)}"
        yield http


async def token(http: httpx.AsyncClient, role: str, **claims: Any) -> str:
    """A fresh sandbox token."""
    made = await http.post("/sandbox/tokens", json={"role": role, **claims})
    assert made.status_code in {200, 201}, made.text
    access_token: str = made.json()["access_token"]
    return access_token
