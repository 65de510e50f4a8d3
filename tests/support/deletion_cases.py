"""Deletion cases of the tests: opened over the API, by staff."""

from typing import Any

from tests.support.api import Api


def finding(**changes: Any) -> dict[str, Any]:
    """A minor's data, found by staff."""
    return {"subject_ref": "M-1", "reason": "minor_without_parent", **changes}


async def opened(api: Api, **changes: Any) -> dict[str, Any]:
    """A case that staff have opened."""
    answer = await api.staff.post("/v1/deletion-cases", finding(**changes))
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case
