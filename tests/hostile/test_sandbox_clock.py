"""How far the sandbox's clock can be moved."""

from tests.support.api import Api, problem


async def test_the_sandbox_clock_stays_within_the_time_that_can_be_told(api: Api) -> None:
    answer = await api.post("/sandbox/clock", {"at": "2200-12-31T23:59:59-14:00"})
    assert answer.json()["now"].startswith("2201-01-01T13:59:59")
    assert problem(await api.post("/sandbox/clock", {"advance": "P99999DT99999H99999M99999S"})) == (422, "out_of_range")
    assert (await api.post("/sandbox/reset")).status_code == 204
    assert (await api.get("/sandbox/clock")).json()["now"] < "2200"
