"""Assessments of further purposes, made over the API by the DPO."""

from typing import Any

from tests.support.api import Api

PATH = "/v1/registers/compatibility-assessments"
ANSWERS = {
    "link": "Both serve the members' deposits",
    "context": "เก็บเมื่อเปิดบัญชี สมาชิกคาดหมายเพียงการให้บริการ",
    "nature": "Balances without names",
    "consequences": "None for a single member",
    "safeguards": "Only sums over groups",
}


def assessment(**changes: Any) -> dict[str, Any]:
    """Data of account openings for a study of savings: found incompatible."""
    return {
        "purpose": "account_opening",
        "further_purpose": "savings_study",
        "label": {"th": "ศึกษาการออม", "en": "Study of savings"},
        "categories": ["personal_identity"],
        "answers": ANSWERS,
        "compatible": False,
        "conclusion": "Members do not expect it.\nA notice and consent come first.",
        **changes,
    }


async def assessed(api: Api, **changes: Any) -> dict[str, Any]:
    """An assessment that the DPO made."""
    answer = await api.dpo.post(PATH, assessment(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
