"""The sandbox's clock, as the tests move it."""

from datetime import timedelta

from tests.support.api import Api


async def noon_of(api: Api, day: str) -> None:
    """It is noon in Bangkok of a day."""
    await set_to(api, f"{day}T12:00:00+07:00")


async def set_to(api: Api, instant: str) -> None:
    """It is this instant."""
    answer = await api.post("/sandbox/clock", {"at": instant})
    assert answer.status_code == 200, answer.text


async def advance(api: Api, by: str | timedelta) -> None:
    """So much time passes: by an ISO 8601 duration, or a span."""
    duration = by if isinstance(by, str) else f"P{by.days}DT{by.seconds + 1}S"
    answer = await api.post("/sandbox/clock", {"advance": duration})
    assert answer.status_code == 200, answer.text
