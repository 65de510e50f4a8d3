"""Questions of the tests to the decision API."""

from typing import Any

import httpx

from tests.support.api import Api

ONE, MANY = "/access/v1/evaluation", "/access/v1/evaluations"
BILLING = "monthly_member_billing"
INSURANCE = "life_insurance_assessment"
ASKING = {"type": "system", "id": "core-banking"}


def about(subject_ref: str = "M-1", **properties: Any) -> dict[str, Any]:
    """A resource: the personal data of a subject."""
    resource: dict[str, Any] = {"type": "personal_data", "id": subject_ref}
    return {**resource, "properties": properties} if properties else resource


def question(
    action: str = "use", purpose: str = BILLING, *, of: str = "M-1", recipient: str | None = None, **properties: Any
) -> dict[str, Any]:
    """May the core banking system do this with a member's data, for this purpose?"""
    return {
        "subject": ASKING,
        "action": {"name": action},
        "resource": about(of, **properties),
        "context": {"purpose": purpose, **({"recipient": recipient} if recipient else {})},
    }


def told(answer: httpx.Response) -> tuple[bool, list[str]]:
    """The decision, and the codes of its reasons."""
    assert answer.status_code == 200, answer.text
    return codes(answer.json())


def codes(evaluation: dict[str, Any]) -> tuple[bool, list[str]]:
    """The same of one evaluation; a code about one category has that behind a colon."""
    reasons = evaluation["context"]["reasons"]
    return evaluation["decision"], [":".join(filter(None, (r["code"], r.get("category")))) for r in reasons]


async def ask(api: Api, action: str = "use", purpose: str = BILLING, **details: Any) -> tuple[bool, list[str]]:
    """What the core banking system is told."""
    return told(await api.core.post(ONE, question(action, purpose, **details)))
