"""Figures for Prometheus: what they count, whom they are for, and that nobody is in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.core import metrics
from app.core.database import Lane, create_engine
from app.main import Process, create_app
from app.routers import PROBES
from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.consents import given
from tests.support.database import Database
from tests.support.evaluations import BILLING, MANY, ONE, question
from tests.support.members import particulars, register
from tests.support.requests import erasure, objection

NOBODY_THERE = "postgresql://nobody@/sitthi?host=/nonexistent&port=5432"
NATIONAL_ID = "1101700203451"
Labels = dict[str, str]


async def scrape(api: Api) -> httpx.Response:
    answer = await api.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer


async def figures(api: Api, name: str, **labels: str) -> dict[tuple[str, ...], float]:
    """Samples of a name that have these labels, by the values of their other labels."""
    families = text_string_to_metric_families((await scrape(api)).text)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {
        tuple(value for key, value in sample.labels.items() if key not in labels): sample.value
        for sample in samples
        if labels.items() <= sample.labels.items()
    }


@pytest.fixture
async def fresh(api: Api) -> AsyncIterator[Api]:
    """A process that only works, beside the service: it has kept nothing of an earlier scrape."""
    async with Api.over(create_app(api.process, PROBES), api.process) as caller:
        yield caller


async def test_requests_are_counted_by_template_and_status(api: Api) -> None:
    route = {"method": "GET", "route": "/v1/subjects/{subject_ref}"}
    before = await figures(api, "sitthi_http_requests_total", **route)
    await register(api)
    await api.staff.get("/v1/subjects/M-1")
    await api.staff.get(f"/v1/subjects/{NATIONAL_ID}")
    await api.get("/v1/subjects/M-1")
    after = await figures(api, "sitthi_http_requests_total", **route)
    grown = {key: value - before.get(key, 0) for key, value in after.items()}
    assert {key: value for key, value in grown.items() if value} == {("200",): 1, ("404",): 1, ("401",): 1}
    timed = await figures(api, "sitthi_http_request_duration_seconds_count", **route)
    assert timed[()] == sum(after.values())


async def test_what_callers_make_up_is_no_label(api: Api) -> None:
    await api.http.get(f"/{NATIONAL_ID}")
    await api.http.request("CANARY", "/v1/controller")
    asked = question(purpose="canary_purpose")
    await api.core.post(ONE, asked)
    told = (await scrape(api)).text
    assert 'method="other"' in told
    assert 'route="other"' in told
    assert 'purpose="other"' in told
    assert NATIONAL_ID not in told
    assert "canary" not in told.lower()


async def test_decisions_are_counted_by_answer_and_purpose(api: Api) -> None:
    before = await figures(api, "sitthi_decisions_total", purpose=BILLING)
    await register(api)
    await api.core.post(ONE, question())
    await api.core.post(ONE, question(of="M-NOBODY"))
    batch = [question(), question(of="M-NOBODY"), {"subject": 7}]
    await api.core.post(MANY, {"evaluations": batch})
    after = await figures(api, "sitthi_decisions_total", purpose=BILLING)
    assert {key: value - before.get(key, 0) for key, value in after.items()} == {("permit",): 2, ("deny",): 2}


async def test_open_requests_are_counted_by_right_and_deadline(api: Api, fresh: Api) -> None:
    await noon_of(api, "2026-03-02")
    await register(api)
    await api.member("M-1").post("/v1/requests/erasure", erasure())
    await noon_of(api, "2026-03-30")
    await api.member("M-1").post("/v1/requests/objection", objection())
    found = await figures(fresh, "sitthi_rights_requests")
    assert found["erasure", "open"] == 1
    assert found["erasure", "due_soon"] == 1
    assert found["erasure", "overdue"] == 0
    assert found["objection", "open"] == 1
    assert found["objection", "due_soon"] == 0
    assert found["access", "open"] == 0


async def test_how_long_the_first_of_what_is_due_has_waited(api: Api, fresh: Api, database: Database) -> None:
    assert await figures(fresh, "sitthi_database_up") == {(): 1}
    await register(api)
    await given(api, expires_on="2026-12-31")
    await database.execute("UPDATE sandbox SET clock_offset = timestamptz '2027-01-02 00:00+07' - now()")
    async with Api.over(create_app(fresh.process, PROBES), fresh.process) as later:
        lag = await figures(later, "sitthi_worker_lag_seconds")
    assert lag["identity_lapse",] == 0
    assert 86_400 <= lag["consent_expiry",] < 87_000


async def test_what_failed_and_is_set_aside_is_told_of_and_holds_up_nothing_any_more(
    api: Api, fresh: Api, database: Database
) -> None:
    aside = await figures(fresh, "sitthi_worker_set_aside")
    assert set(aside.values()) == {0}
    assert {("reminder",), ("outgoing_message",)} <= aside.keys()
    await register(api)
    consent = await given(api, expires_on="2026-12-31")
    await database.execute("UPDATE sandbox SET clock_offset = timestamptz '2027-01-02 00:00+07' - now()")
    await database.execute(
        "INSERT INTO set_aside VALUES ('consent_expiry', $1, now(), 1, now() + interval '1 minute', 'KeyError')",
        consent["id"],
    )
    async with Api.over(create_app(fresh.process, PROBES), fresh.process) as later:
        assert (await figures(later, "sitthi_worker_set_aside"))["consent_expiry",] == 1
        assert (await figures(later, "sitthi_worker_lag_seconds"))["consent_expiry",] == 0


async def test_a_scrape_asks_the_database_once_in_a_while(api: Api, fresh: Api, database: Database) -> None:
    before = await figures(fresh, "sitthi_rights_requests")
    await register(api)
    await api.member("M-1").post("/v1/requests/erasure", erasure())
    assert await figures(fresh, "sitthi_rights_requests") == before


async def test_without_the_database_what_the_process_knows_is_told(process: Process) -> None:
    engine, lane = create_engine(NOBODY_THERE, name="tests"), Lane(NOBODY_THERE, name="tests")
    lost = replace(process, works=replace(process.works, engine=engine, lane=lane))
    async with Api.over(create_app(lost, PROBES), lost) as cut_off:
        told = (await scrape(cut_off)).text
        assert await figures(cut_off, "sitthi_database_up") == {(): 0}
    assert "sitthi_build_info" in told
    assert "sitthi_http_requests_total" in told
    assert "sitthi_worker_lag_seconds{" not in told
    assert "sitthi_worker_set_aside{" not in told
    assert "sitthi_rights_requests{" not in told
    await engine.dispose()


@asynccontextmanager
async def from_address(process: Process, address: str, *allowed: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller at an address, of a service whose figures these networks may read."""
    watchers = {"metrics_allow": tuple(map(ip_network, allowed))} if allowed else {}
    mine = replace(process, settings=process.settings.model_copy(update=watchers))
    transport = httpx.ASGITransport(create_app(mine, PROBES), client=(address, 4711))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://sitthi.test") as http:
        yield http


@pytest.mark.parametrize(
    ("address", "allowed", "seen"),
    [
        ("127.0.0.1", [], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        ("10.0.0.7", [], False),
        ("10.0.0.7", ["10.0.0.0/24"], True),
        ("::ffff:10.0.0.7", ["10.0.0.0/24"], True),
        ("10.0.1.7", ["10.0.0.0/24"], False),
        ("127.0.0.1", ["10.0.0.0/24"], False),
        ("not-an-address", [], False),
    ],
)
async def test_only_listed_addresses_find_it(process: Process, address: str, allowed: list[str], seen: bool) -> None:
    async with from_address(process, address, *allowed) as http:
        answer = await http.get("/metrics")
        nowhere = await http.get("/nowhere")
    assert answer.status_code == (200 if seen else 404)
    if not seen:
        assert problem(answer) == problem(nowhere), "as if it were not there"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_who_comes_through_a_proxy_does_not_find_it(api: Api, header: str) -> None:
    assert problem(await api.get("/metrics", headers={header: "127.0.0.1"})) == (404, "not_found")


async def test_nobody_is_in_it(api: Api, fresh: Api) -> None:
    await register(api)
    await api.member("M-1").post("/v1/requests/erasure", erasure())
    await given(api)
    await api.core.post(ONE, question())
    told = (await scrape(fresh)).text
    contacts: dict[str, Any] = particulars()["contacts"]
    for private in ("M-1", *contacts.values()):
        assert str(private) not in told


def test_a_label_s_values_are_remembered_only_where_they_are_few() -> None:
    before = len(metrics._requests)
    for number in range(1000):
        metrics.count_request(f"METHOD{number}", None, 405, 0.001)
    assert len(metrics._requests) == before
