"""The register of service levels over HTTP, what is overdue, and the gauges."""

import csv
import io
from typing import Any

import pytest

from app.core.work import SYSTEM
from app.main import Process
from app.services import sla
from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS
from tests.support.requests import decide, erasure, finish_tasks, submit

PATH = "/v1/registers/sla"
NOTHING = dict.fromkeys(
    (
        *("decided_in_time", "decided_late", "completed_in_time", "completed_late"),
        *("open", "overdue", "lapsed", "cancelled"),
    ),
    0,
)


async def figures(api: Api, **wanted: Any) -> list[dict[str, Any]]:
    answer = await api.dpo.get(PATH, params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.fixture
async def some(api: Api) -> None:
    """Of December: one in time, one late, one cancelled, one lapsed, one open; of January one open access."""
    await noon_of(api, "2026-12-01")
    await register(api)
    asked = [await submit(api, scope={"record_refs": [ref]}) for ref in "ABCD"]
    await api.staff.post("/v1/requests/erasure", erasure(channel="counter", scope={"record_refs": ["E"]}))
    await noon_of(api, "2026-12-11")
    await decide(api, asked[0]["id"], "refused")
    await api.member("M-1").post(f"/v1/requests/{asked[1]['id']}/cancellation")
    await noon_of(api, "2027-01-06")
    await submit(api, kind="access")
    await decide(api, asked[2]["id"], "refused")
    await finish_tasks(api)


@pytest.mark.usefixtures("some")
@pytest.mark.packs(*SHIPPED_PACKS)
async def test_each_request_stands_under_its_right_month_and_outcome(api: Api) -> None:
    december = {"kind": "erasure", "month": "2026-12-01", "median_days_to_decide": None, "max_days_to_decide": None}
    assert await figures(api, kind="erasure") == [
        {**NOTHING, **december, "outcome": "cancelled", "received": 1, "cancelled": 1},
        {**NOTHING, **december, "outcome": "lapsed", "received": 1, "lapsed": 1},
        {**NOTHING, **december, "outcome": "open", "received": 1, "open": 1, "overdue": 1},
        {
            **NOTHING,
            **december,
            "outcome": "refused",
            "received": 2,
            "decided_in_time": 1,
            "decided_late": 1,
            "completed_in_time": 2,
            "median_days_to_decide": 10,
            "max_days_to_decide": 36,
        },
    ]
    [access] = await figures(api, kind="access")
    assert (access["month"], access["outcome"], access["open"], access["overdue"]) == ("2027-01-01", "open", 1, 0)
    assert [one["kind"] for one in await figures(api)] == ["access", *["erasure"] * 4]
    assert await figures(api, **{"from": "2026-12-02", "until": "2027-01-05"}) == []


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(("today", "kinds"), [("2027-11-30", ["access", *["erasure"] * 4]), ("2027-12-01", ["access"])])
async def test_by_default_it_covers_the_twelve_months_that_end_with_this_one(
    api: Api, today: str, kinds: list[str]
) -> None:
    await noon_of(api, today)
    assert [one["kind"] for one in await figures(api)] == kinds


@pytest.mark.usefixtures("some")
async def test_as_csv_it_says_the_same(api: Api) -> None:
    answer = await api.dpo.get(PATH, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    told = [{name: "" if value is None else str(value) for name, value in one.items()} for one in await figures(api)]
    assert lines == told


@pytest.mark.usefixtures("some")
async def test_what_is_open_due_soon_and_overdue_now(api: Api, process: Process) -> None:
    await noon_of(api, "2027-02-01")
    async with process.works.open(SYSTEM, "test") as work:
        found = {gauge.kind: tuple(gauge[1:]) for gauge in await sla.gauges(work)}
    assert {kind: counts for kind, counts in found.items() if any(counts)} == {
        "access": (1, 1, 0),
        "erasure": (1, 0, 1),
    }
    assert len(found) == 7
    [late] = (await api.staff.get("/v1/requests", params={"overdue": "true"})).json()["items"]
    assert late["sla"]["state"] == "overdue"


@pytest.mark.parametrize("wanted", [{"from": "2026-02-01", "until": "2026-01-01"}, {"from": "2000-01-01"}])
async def test_a_span_that_is_none_or_too_long_is_refused(api: Api, wanted: dict[str, str]) -> None:
    answer = await api.dpo.get(PATH, params=wanted)
    assert problem(answer) == (422, "out_of_range")
