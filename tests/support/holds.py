"""Legal holds of the tests: placed and released over the API, by the DPO."""

from typing import Any

from tests.support.api import Api

PROVISION = "Summons 77/2569 of the Chanthaburi Provincial Court"
REASON = "หมายเรียกพยานเอกสารในคดีหมายเลขดำ 77-ชมพู่"


def hold(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A hold on everything about a subject."""
    return {"subject_ref": subject_ref, "reason": REASON, "provision": PROVISION, **changes}


async def placed(api: Api, subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A hold that the DPO placed."""
    answer = await api.dpo.post("/v1/legal-holds", hold(subject_ref, **changes))
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


async def release(api: Api, hold_id: str, reason: str = "คดีถึงที่สุด-ลำไย", **options: Any) -> Any:
    """The answer to a release; `api` says by whom."""
    return await api.post(f"/v1/legal-holds/{hold_id}/release", {"reason": reason}, **options)
