"""Holidays of the tests: announced over the API, by the DPO."""

from typing import Any

from tests.support.api import Api

PATH = "/v1/holidays"
SOURCE = "Cabinet resolution of 1 December 2026"


def day(text: str) -> dict[str, Any]:
    """A special holiday."""
    return {"day": text, "label": {"th": "วันหยุดพิเศษ", "en": "Special holiday"}}


async def announced(api: Api, *days: str, **changes: Any) -> dict[str, Any]:
    """Days that are off."""
    body = {"source": SOURCE, "reason": "A long weekend", "announced": [day(one) for one in days], **changes}
    answer = await api.dpo.post(PATH, body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told
