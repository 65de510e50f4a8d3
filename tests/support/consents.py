"""Consents of the tests: given over the API, under the pack that it serves."""

from typing import Any

from tests.support import packs
from tests.support.api import Api
from tests.support.packs import CHANTHABURI

PURPOSE = CHANTHABURI.consent
NOTICES = CHANTHABURI.notices
consent = CHANTHABURI.body


async def given(api: Api, subject_ref: str = "M-1", purpose: str | None = None, **changes: Any) -> dict[str, Any]:
    """A consent that the member gave; returns the record."""
    body = packs.of(api.process).body(subject_ref, purpose, **changes)
    answer = await api.member(subject_ref).post("/v1/consents", body)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def read(api: Api, consent_id: str) -> dict[str, Any]:
    """A consent as staff see it."""
    answer = await api.staff.get(f"/v1/consents/{consent_id}")
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def history(api: Api, consent_id: str) -> list[tuple[str, str | None, str]]:
    """Events of a consent, with channel and actor."""
    answer = await api.staff.get(f"/v1/consents/{consent_id}/history")
    assert answer.status_code == 200, answer.text
    return [(entry["event"], entry["channel"], entry["actor"]) for entry in answer.json()["items"]]


async def withdraw(api: Api, consent_id: str, **changes: Any) -> Any:
    """The answer to a withdrawal in the app; `api` says by whom."""
    return await api.post(f"/v1/consents/{consent_id}/withdrawal", {"channel": "app", **changes})
