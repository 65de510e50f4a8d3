"""Representatives of the tests: registered and approved over the API, by staff."""

from typing import Any

from tests.support.api import Api

EVIDENCE = {
    "kind": "หนังสือมอบอำนาจ",
    "number": "เลขที่ 12/2569-ทุเรียน",
    "issued_by": "ที่ว่าการอำเภอ-มังคุด",
    "issued_on": "2024-01-05",
}


def representation(**changes: Any) -> dict[str, Any]:
    """An attorney's power for everything."""
    return {"relation": "attorney", "rights": "all", "valid_from": "2024-01-05", "evidence": EVIDENCE, **changes}


def path(subject_ref: str = "M-1", representative_ref: str = "P-1") -> str:
    """Where a representation is found."""
    return f"/v1/subjects/{subject_ref}/representatives/{representative_ref}"


async def registered(
    api: Api, subject_ref: str = "M-1", representative_ref: str = "P-1", **changes: Any
) -> dict[str, Any]:
    """A representation that waits for approval."""
    answer = await api.staff.put(path(subject_ref, representative_ref), representation(**changes))
    assert answer.status_code in {200, 201}, answer.text
    known: dict[str, Any] = answer.json()
    return known


async def approved(
    api: Api, subject_ref: str = "M-1", representative_ref: str = "P-1", **changes: Any
) -> dict[str, Any]:
    """A representation that staff have approved."""
    await registered(api, subject_ref, representative_ref, **changes)
    answer = await api.staff.post(f"{path(subject_ref, representative_ref)}/approval")
    assert answer.status_code == 200, answer.text
    known: dict[str, Any] = answer.json()
    return known
