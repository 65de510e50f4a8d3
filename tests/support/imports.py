"""Consents of the tests that are taken over from elsewhere."""

from typing import Any

from tests.support.api import Api
from tests.support.consents import PURPOSE

PATH = "/v1/consents/imports"
REGISTER = "/v1/registers/reconsent"


def former(subject_ref: str = "M-1", purpose: str = PURPOSE, **changes: Any) -> dict[str, Any]:
    """A consent on a paper form of 2024."""
    return {"subject_ref": subject_ref, "purpose": purpose, "granted_on": "2024-03-15", "channel": "counter", **changes}


async def imported(api: Api, *rows: Any) -> Any:
    """The answer to an import by the core banking system, which is 200 whatever its rows are."""
    answer = await api.core.post(PATH, {"consents": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def taken_over(api: Api, subject_ref: str = "M-1", purpose: str = PURPOSE, **changes: Any) -> dict[str, Any]:
    """The record of a consent that was taken over."""
    assert await imported(api, former(subject_ref, purpose, **changes)) == {"accepted": 1, "rejected": []}
    found = await api.staff.get("/v1/consents", params={"subject_ref": subject_ref, "purpose": purpose})
    record: dict[str, Any] = found.json()["items"][0]
    return record


def refused(index: int, code: str, subject_ref: str | None = "M-1", purpose: str | None = PURPOSE) -> dict[str, Any]:
    """A row that was not taken."""
    return {"index": index, "subject_ref": subject_ref, "purpose": purpose, "code": code}


async def to_ask_again(api: Api, **wanted: Any) -> list[tuple[str, str, str]]:
    """Who must be asked again, for what and why."""
    answer = await api.dpo.get(REGISTER, params=wanted)
    assert answer.status_code == 200, answer.text
    return [(item["subject_ref"], item["purpose"], item["reason"]) for item in answer.json()["items"]]
