"""Consents of the tests that are taken over from elsewhere."""

from typing import Any

from tests.support.api import Api
from tests.support.packs import ShippedPack, of

PATH = "/v1/consents/imports"
REGISTER = "/v1/registers/reconsent"


def former(pack: ShippedPack, subject_ref: str = "M-1", purpose: str | None = None, **changes: Any) -> dict[str, Any]:
    """A consent on a paper form of 2024."""
    form = {"subject_ref": subject_ref, "purpose": purpose or pack.consent, "granted_on": "2024-03-15"}
    return {**form, "channel": "counter", **changes}


async def imported(api: Api, *rows: Any) -> Any:
    """The answer to an import by the core banking system, which is 200 whatever its rows are."""
    answer = await api.core.post(PATH, {"consents": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def taken_over(api: Api, subject_ref: str = "M-1", purpose: str | None = None, **changes: Any) -> dict[str, Any]:
    """The record of a consent that was taken over."""
    row = former(of(api.process), subject_ref, purpose, **changes)
    assert await imported(api, row) == {"accepted": 1, "rejected": []}
    found = await api.staff.get("/v1/consents", params={"subject_ref": subject_ref, "purpose": row["purpose"]})
    record: dict[str, Any] = found.json()["items"][0]
    return record


def refused(pack: ShippedPack, index: int, code: str, **changes: Any) -> dict[str, Any]:
    """A row that was not taken: `former`, unless told otherwise."""
    return {"index": index, "subject_ref": "M-1", "purpose": pack.consent, "code": code, **changes}


async def to_ask_again(api: Api, **wanted: Any) -> list[tuple[str, str, str]]:
    """Who must be asked again, for what and why."""
    answer = await api.dpo.get(REGISTER, params=wanted)
    assert answer.status_code == 200, answer.text
    return [(item["subject_ref"], item["purpose"], item["reason"]) for item in answer.json()["items"]]
