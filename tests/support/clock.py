"""The sandbox's clock, as the tests move it."""

from tests.support.api import Api


async def noon_of(api: Api, day: str) -> None:
    """It is noon in Bangkok of a day."""
    await set_to(api, f"{day}T12:00:00+07:00")


async def set_to(api: Api, instant: str) -> None:
    """It is this instant."""
    answer = await api.post("/sandbox/clock", {"at": instant})
    assert answer.status_code == 200, answer.text
