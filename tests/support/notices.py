"""Notices of the tests: published over the API."""

from datetime import date, datetime, timedelta
from typing import Any

from app.core.clock import today_in_bangkok
from tests.support.api import Api
from tests.support.packs import of


async def day(api: Api, ahead: int = 0) -> date:
    """Today in Bangkok by the sandbox's clock, or some days from it."""
    now = (await api.get("/sandbox/clock")).json()["now"]
    return today_in_bangkok(datetime.fromisoformat(now)) + timedelta(days=ahead)


async def notice(api: Api, version: str = "2569-1", **changes: Any) -> dict[str, Any]:
    """A notice about the purpose that tests consent to, in force from today."""
    return {
        "version": version,
        "effective_from": (await day(api)).isoformat(),
        "title": {"th": "ประกาศฉบับใหม่", "en": "A newer notice"},
        "content": {"th": "บรรทัดแรก\nบรรทัดที่สอง", "en": "First line\nSecond line"},
        "purposes": [of(api.process).consent],
        **changes,
    }


async def published(api: Api, version: str = "2569-1", **changes: Any) -> dict[str, Any]:
    """A notice that the DPO has published."""
    answer = await api.dpo.post("/v1/notices", await notice(api, version, **changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
