"""The clock stands still while the subject is asked, under a pack that lets it: both shipped packs let nothing stop it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core.work import SYSTEM
from app.domain.policy import PolicyPack
from app.main import Process, create_app
from app.policies.loader import restore_pack
from app.services import sla as registers
from tests.policies.editing import PackCopy
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.holidays import announced
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS
from tests.support.policies import under
from tests.support.reminding import reminders_told, told_of
from tests.support.requests import decide, submit

ROW = "SELECT paused_on, paused_days, due_on, decide_by, next_reminder_at, reschedule_at FROM rights_request"


@pytest.fixture(scope="module")
def patient_pack(tmp_path_factory: pytest.TempPathFactory) -> PolicyPack:
    """A pack that stops the clock of erasures for a question, and allows them 30 days more."""
    copy = PackCopy(tmp_path_factory.mktemp("packs") / "patient")
    copy.edit(
        "common/rights.yaml", "extension_days: 0", "extension_days: 30\n    pause_for_information: true", "erasure"
    )
    return copy.load()


@pytest.fixture(scope="module")
def application(process: Process, patient_pack: PolicyPack) -> tuple[object, Process]:
    """The service under that pack."""
    other = under(process, patient_pack)
    return create_app(other), other


@pytest.fixture
async def patient(database: Database, application: tuple[object, Process]) -> AsyncIterator[Api]:
    """The same, on 1 December 2026."""
    await database.reset()
    async with Api.over(*application) as api:
        await noon_of(api, "2026-12-01")
        await register(api)
        yield api


async def asked(api: Api, request: dict[str, Any], on: str) -> dict[str, Any]:
    """The clock of a request after its subject was asked on a day."""
    await noon_of(api, on)
    return await _moved(api.staff, request, "information-requests", {"question": "Which account?"})


async def answered(api: Api, request: dict[str, Any], on: str) -> dict[str, Any]:
    """The clock of a request after its subject answered on a day."""
    await noon_of(api, on)
    return await _moved(api.member("M-1"), request, "information", {"answer": "The old one"})


async def _moved(caller: Api, request: dict[str, Any], move: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.post(f"/v1/requests/{request['id']}/{move}", body)
    assert answer.status_code == 200, answer.text
    clock: dict[str, Any] = answer.json()["sla"]
    return clock


def dates(clock: dict[str, Any]) -> tuple[str, str, str]:
    return clock["decide_by"], clock["decide_by_internal"], clock["complete_by"]


async def test_the_answer_lets_it_go_on_with_what_was_left(patient: Api, database: Database) -> None:
    request = await submit(patient)
    assert dates(request["sla"]) == ("2027-01-04", "2026-12-30", "2027-03-01")
    stopped = await asked(patient, request, "2026-12-24")
    assert stopped == {**request["sla"], "paused": True, "days_left": 11}
    clock = await answered(patient, request, "2027-01-20")
    assert dates(clock) == ("2027-01-27", "2027-01-27", "2027-03-29")
    assert (clock["paused"], clock["days_left"], clock["state"]) == (False, 7, "due_soon")
    [event] = await told_of(database, "request.rescheduled")
    assert (event["before"]["decide_by"], event["after"]["decide_by"]) == ("2027-01-04", "2027-01-27")
    timeline = (await patient.staff.get(f"/v1/requests/{request['id']}/timeline")).json()["items"]
    told = [(step["event"], step["detail"].get("paused")) for step in timeline]
    assert ("request.information_requested", True) in told
    assert ("request.rescheduled", None) in told
    [queued] = (await patient.staff.get("/v1/requests", params={"due_before": "2027-01-28"})).json()["items"]
    assert queued["id"] == request["id"]


async def test_nothing_falls_due_meanwhile_and_what_was_reminded_of_is_not_again(
    patient: Api, database: Database
) -> None:
    request = await submit(patient)
    await asked(patient, request, "2026-12-24")
    await noon_of(patient, "2027-01-20")
    assert [(day, mark) for day, _, mark in await reminders_told(database)] == [("2026-12-23", -7)]
    await answered(patient, request, "2027-01-20")
    await noon_of(patient, "2027-01-28")
    assert [(day, mark) for day, _, mark in await reminders_told(database)][1:] == [
        ("2027-01-24", -3),
        ("2027-01-26", -1),
        ("2027-01-27", 0),
        ("2027-01-28", 1),
    ]


async def test_a_stopped_clock_is_neither_due_nor_overdue_wherever_that_is_counted(patient: Api) -> None:
    request = await submit(patient)
    await asked(patient, request, "2026-12-30")
    for day in ("2026-12-31", "2027-02-01"):
        await noon_of(patient, day)
        [shown] = (await patient.staff.get("/v1/requests", params={"overdue": "false"})).json()["items"]
        assert (shown["sla"]["state"], shown["sla"]["paused"], shown["sla"]["days_left"]) == ("on_track", True, 5)
        assert (await patient.staff.get("/v1/requests", params={"overdue": "true"})).json()["items"] == []
        assert (await patient.staff.get("/v1/requests", params={"due_before": "2099-01-01"})).json()["items"] == []
        [figures] = (await patient.dpo.get("/v1/registers/sla")).json()["items"]
        assert (figures["open"], figures["overdue"]) == (1, 0)
        async with patient.process.works.open(SYSTEM, "test") as work:
            [gauge] = [one for one in await registers.gauges(work) if one.kind == "erasure"]
        assert tuple(gauge)[1:] == (1, 0, 0)
    everything = await patient.staff.get("/v1/requests", params={"limit": 1})
    assert [one["id"] for one in everything.json()["items"]] == [request["id"]]


async def test_several_pauses_add_up_and_the_dates_stay_where_no_day_was_waited(
    patient: Api, database: Database
) -> None:
    request = await submit(patient)
    await asked(patient, request, "2026-12-03")
    assert (await answered(patient, request, "2026-12-03")) == request["sla"] | {"days_left": 32}
    assert await told_of(database, "request.rescheduled") == []
    [row] = await database.fetch(ROW)
    assert row["next_reminder_at"] is not None
    assert row["due_on"] == row["decide_by"]
    for asking, answering in (("2026-12-03", "2026-12-08"), ("2026-12-10", "2026-12-12")):
        await asked(patient, request, asking)
        clock = await answered(patient, request, answering)
    assert dates(clock) == ("2027-01-07", "2027-01-07", "2027-03-08")


async def test_an_extension_and_an_announced_holiday_keep_what_was_waited(patient: Api, database: Database) -> None:
    request = await submit(patient)
    await asked(patient, request, "2026-12-03")
    await answered(patient, request, "2026-12-10")
    extended = await _moved(patient.dpo, request, "extension", {"reason": "Many records"})
    assert dates(extended)[0] == "2027-02-08"  # the 67th day is a Saturday
    await asked(patient, request, "2026-12-10")
    await announced(patient, "2027-02-08")
    shown = (await patient.staff.get(f"/v1/requests/{request['id']}")).json()["sla"]
    assert (dates(shown)[0], shown["paused"]) == ("2027-02-09", True)
    [row] = await database.fetch(ROW)
    assert row["next_reminder_at"] is None
    assert row["due_on"].year == 9999
    assert dates(await answered(patient, request, "2026-12-13"))[:2] == ("2027-02-09", "2027-02-09")


async def test_holidays_announced_while_the_answer_comes_are_looked_for_once_more(
    patient: Api, database: Database
) -> None:
    request = await submit(patient)
    await asked(patient, request, "2026-12-24")
    await announced(patient, "2027-01-27")
    assert dates(await answered(patient, request, "2027-01-20"))[:2] == ("2027-01-28", "2027-01-26")
    [row] = await database.fetch(ROW)
    assert row["reschedule_at"] is not None
    await noon_of(patient, "2027-01-21")
    [row] = await database.fetch(ROW)
    assert row["reschedule_at"] is None
    assert len(await told_of(database, "request.rescheduled")) == 1


async def test_a_decision_ends_it_and_is_measured_by_the_new_date(patient: Api, database: Database) -> None:
    request = await submit(patient)
    await push(patient, "M-1", record("D-old", events={"deposit_made": "2014-03-02"}))
    await asked(patient, request, "2026-12-24")
    await noon_of(patient, "2027-01-20")
    decided = (await decide(patient, request["id"], "granted")).json()
    assert dates(decided["sla"]) == ("2027-01-27", "2027-01-27", "2027-03-29")
    assert (decided["sla"]["paused"], decided["status"]) == (False, "in_fulfilment")
    [figures] = (await patient.dpo.get("/v1/registers/sla")).json()["items"]
    assert (figures["decided_in_time"], figures["decided_late"]) == (1, 0)
    await noon_of(patient, "2027-03-29")
    assert [mark for _, kind, mark in await reminders_told(database) if kind == "complete"] == [-7, -3, -1, 0]


async def test_a_cancellation_ends_it_in_time(patient: Api, database: Database) -> None:
    request = await submit(patient)
    await asked(patient, request, "2026-12-24")
    await noon_of(patient, "2027-01-20")
    path = f"/v1/requests/{request['id']}"
    cancelled = (await patient.member("M-1").post(f"{path}/cancellation")).json()["sla"]
    assert (cancelled["state"], cancelled["paused"], cancelled["decide_by"]) == ("met", False, "2027-01-27")
    await noon_of(patient, "2027-02-20")
    assert len(await reminders_told(database)) == 1


async def test_who_asks_in_the_days_off_before_the_legal_date_has_time_left_after_the_answer(patient: Api) -> None:
    request = await submit(patient)
    assert (await asked(patient, request, "2027-01-03"))["paused"] is True
    clock = await answered(patient, request, "2027-01-20")
    assert (clock["decide_by"], clock["days_left"], clock["state"]) == ("2027-01-20", 0, "due_soon")


async def test_what_is_overdue_stays_so(patient: Api, database: Database) -> None:
    request = await submit(patient)
    late = await asked(patient, request, "2027-01-05")
    assert (late["paused"], late["state"], late["days_left"]) == (False, "overdue", -1)
    late = await answered(patient, request, "2027-01-10")
    assert (late["decide_by"], late["days_left"]) == ("2027-01-04", -6)
    assert [mark for _, _, mark in await reminders_told(database)][-1] == 6


async def test_another_right_of_the_same_pack_is_not_paused(patient: Api) -> None:
    request = await submit(patient, kind="access")
    assert (await asked(patient, request, "2026-12-03"))["paused"] is False


async def test_the_subject_is_told_that_the_clock_stands_still(patient: Api) -> None:
    request = await submit(patient, language="en")
    await asked(patient, request, "2026-12-03")
    outbox = (await patient.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert "stands still until then" in outbox[0]["text"]
    letter = f"/v1/requests/{request['id']}/letter?kind=information&language=en&format=html"
    assert "From today the time to decide stands still" in (await patient.member("M-1").get(letter)).text


@pytest.mark.packs(*SHIPPED_PACKS)
async def test_without_the_pack_s_leave_nothing_changes(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    request = await submit(api)
    assert await asked(api, request, "2026-12-03") == request["sla"] | {"days_left": 32}
    [row] = await database.fetch(ROW)
    assert (row["paused_on"], row["paused_days"], row["reschedule_at"]) == (None, 0, None)
    assert row["due_on"] == row["decide_by"]
    await noon_of(api, "2026-12-23")
    assert [mark for _, _, mark in await reminders_told(database)] == [-7]
    assert await answered(api, request, "2027-01-05") == request["sla"] | {"days_left": -1, "state": "overdue"}
    assert await told_of(database, "request.rescheduled") == []
    timeline = (await api.staff.get(f"/v1/requests/{request['id']}/timeline")).json()["items"]
    assert [step["detail"] for step in timeline if step["event"].startswith("request.information")] == [{}, {}]


def test_the_leave_is_part_of_the_policy_that_is_kept(patient_pack: PolicyPack) -> None:
    kept = restore_pack(patient_pack.canonical)
    assert {right for right, rule in kept.rights.items() if rule.pause_for_information} == {"erasure"}
