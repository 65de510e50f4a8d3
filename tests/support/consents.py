"""Consents of the tests: given over the API."""

from typing import Any

from tests.support.api import Api

PURPOSE = "life_insurance_assessment"
NOTICES = {
    PURPOSE: "2565-1-life-insurance",
    "loan_application_assessment": "2565-1-loan-assessment",
    "member_master_record": "2565-1-member-record",
}
STATUTORY = "payroll_deduction_notice_to_employer"
CONTRACTUAL = "monthly_member_billing"


def consent(subject_ref: str = "M-1", purpose: str = PURPOSE, **changes: Any) -> dict[str, Any]:
    """Explicit consent to a purpose, given in the app under its current notice."""
    return {
        "subject_ref": subject_ref,
        "purpose": purpose,
        "notice_version": NOTICES.get(purpose, "2565-1-none"),
        "channel": "app",
        "language": "th",
        "explicit": True,
        **changes,
    }


async def given(api: Api, subject_ref: str = "M-1", purpose: str = PURPOSE, **changes: Any) -> dict[str, Any]:
    """A consent that the member gave; returns the record."""
    answer = await api.member(subject_ref).post("/v1/consents", consent(subject_ref, purpose, **changes))
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
