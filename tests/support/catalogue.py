"""The published catalogue, as tests read it."""

from typing import Any

from tests.support.api import Api


async def everything(api: Api, path: str) -> list[dict[str, Any]]:
    """All items of a list, which fit one page."""
    answer = await api.get(path, params={"limit": 200})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
