"""A running sandbox, spoken to as its callers do."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx


class DemoFailed(Exception):
    """The service could not be reached, or answered something else than the story expects."""


@dataclass
class Sandbox:
    """Calls in the name of one role or another, with that role's token."""

    http: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict)

    def today(self) -> date:
        """The day in Bangkok by the sandbox's clock."""
        now = datetime.fromisoformat(self._send("GET", "/sandbox/clock", None, {}).json()["now"])
        return now.astimezone(ZoneInfo("Asia/Bangkok")).date()

    def newest_code(self, subject_ref: str) -> str:
        """The one-time code that would have been sent."""
        sent = self._send("GET", f"/sandbox/outbox?to={subject_ref}", None, {}).json()["items"]
        code: str = next(message["code"] for message in sent if message["code"])
        return code

    def call(
        self,
        role: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 200,
        claims: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """One call. Raises `DemoFailed` when the answer has another status than expected."""
        headers = {"Authorization": f"Bearer {self._token(role, claims or {})}"}
        if method == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(16)
        answer = self._send(method, path, body, headers)
        if answer.status_code != expect:
            told = answer.json().get("code", "") if "json" in answer.headers.get("content-type", "") else ""
            raise DemoFailed(f"{method} {path} answered {answer.status_code} {told}, not {expect}")
        found: dict[str, Any] = answer.json()
        return found

    def _token(self, role: str, claims: dict[str, str]) -> str:
        name = f"{role} {sorted(claims.items())}"
        if name not in self.tokens:
            answer = self._send("POST", "/sandbox/tokens", {"role": role, **claims}, {})
            if answer.status_code != 200:
                raise DemoFailed("no sandbox answers there: start one with `make run`")
            self.tokens[name] = answer.json()["access_token"]
        return self.tokens[name]

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        try:
            return self.http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise DemoFailed(f"nobody answers at {self.http.base_url}: start the service with `make run`") from error
