"""What comes about by itself on its day: ends of representations, majority, deferred erasures; each is told once."""

from typing import Any

import pytest

from app.core.work import SYSTEM
from app.main import Process
from app.services.due import DUE
from tests.support.api import Api
from tests.support.clock import noon_of, set_to
from tests.support.database import Database
from tests.support.holds import placed, release
from tests.support.members import push, record, register
from tests.support.reminding import told_of
from tests.support.representatives import approved, path, registered
from tests.support.requests import decide, submit

CHILD: dict[str, Any] = {"kind": "beneficiary", "born_on": "2007-02-28", "membership": None}
AT = "SELECT occurred_at FROM outgoing_event WHERE type = $1 ORDER BY id"


async def at(database: Database, event: str) -> list[str]:
    return [row["occurred_at"].isoformat() for row in await database.fetch(AT, event)]


async def test_the_end_of_a_representation_is_told_once_after_its_last_day(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    await approved(api, valid_until="2026-12-15")
    await registered(api, "M-1", "P-2", valid_until="2026-12-15")
    for day in ("2026-12-15", "2026-12-17", "2026-12-01", "2027-01-05"):
        await noon_of(api, day)
    assert await told_of(database, "representation.ended") == [
        {"subject_ref": "M-1", "representative_ref": "P-1", "relation": "attorney"}
    ]
    assert await at(database, "representation.ended") == ["2026-12-15T17:00:00+00:00"]


async def test_one_that_is_ended_by_staff_is_told_too_and_one_that_is_made_anew_ends_anew(
    api: Api, database: Database
) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    await approved(api)
    assert (await api.staff.call("DELETE", path())).status_code == 200
    await noon_of(api, "2026-12-02")
    await approved(api, valid_until="2026-12-10")
    await noon_of(api, "2026-12-20")
    assert len(await told_of(database, "representation.ended")) == 2


async def test_who_comes_of_age_is_told_once_and_no_parent_stands_for_them_any_more(
    api: Api, database: Database
) -> None:
    await noon_of(api, "2026-12-01")
    await register(api, **CHILD)
    await approved(api, relation="parent")
    await approved(api, "M-1", "P-2", relation="attorney")
    await noon_of(api, "2027-02-27")
    assert await told_of(database, "subject.came_of_age") == []
    await noon_of(api, "2027-02-28")
    await register(api, **CHILD)
    await noon_of(api, "2027-03-05")
    assert await told_of(database, "subject.came_of_age") == [{"subject_ref": "M-1"}]
    assert await at(database, "subject.came_of_age") == ["2027-02-27T17:00:00+00:00"]
    [ended] = await told_of(database, "representation.ended")
    assert (ended["representative_ref"], ended["relation"]) == ("P-1", "parent")


@pytest.mark.parametrize(
    ("changes", "when"),
    [
        ({"born_on": "1970-05-17"}, None),
        ({**CHILD, "born_on": None}, None),
        ({**CHILD, "deceased_on": "2026-11-01"}, None),
        ({**CHILD, "born_on": "2007"}, "2026-12-31T17:00:00+00:00"),
        ({**CHILD, "born_on": "2009-06-01", "married_on": "2027-01-10"}, "2027-01-09T17:00:00+00:00"),
    ],
)
async def test_majority_is_the_twentieth_birthday_or_an_earlier_marriage(
    api: Api, database: Database, changes: dict[str, Any], when: str | None
) -> None:
    await noon_of(api, "2026-12-01")
    await register(api, **changes)
    await noon_of(api, "2027-04-01")
    assert await at(database, "subject.came_of_age") == ([when] if when else [])


@pytest.fixture
async def put_off(api: Api) -> str:
    """The request whose record is kept by a period until 2 March 2034, as storage only."""
    await noon_of(api, "2033-10-01")
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", record("D-new", events={"deposit_made": "2024-03-02"}))
    request = await submit(api)
    assert (await decide(api, request["id"], "refused")).status_code == 200
    request_id: str = request["id"]
    return request_id


async def deferred(database: Database) -> tuple[str, str, bool]:
    [row] = await database.fetch("SELECT until, evaluate_on, due_at FROM deferred_erasure")
    return row["until"].isoformat(), row["evaluate_on"].isoformat(), row["due_at"] is not None


async def test_a_deferred_erasure_is_proposed_once_when_nothing_keeps_the_record_any_more(
    api: Api, database: Database, put_off: str
) -> None:
    until, evaluate_on, _ = await deferred(database)
    assert (until, evaluate_on) == ("2034-03-02", "2034-03-03")
    await noon_of(api, until)
    assert await told_of(database, "disposal.due") == []
    for day in ("2034-03-03", "2034-03-01", "2034-09-01"):
        await noon_of(api, day)
    assert await told_of(database, "disposal.due") == [
        {"subject_ref": "M-1", "record_ref": "D-new", "request_id": put_off, "method": "erase", "until": until}
    ]
    assert await at(database, "disposal.due") == ["2034-03-02T17:00:00+00:00"]


async def test_what_is_still_kept_waits_for_its_new_day(api: Api, database: Database, put_off: str) -> None:
    await push(api, "M-1", record("D-new", events={"deposit_made": "2024-06-30"}))
    await noon_of(api, "2034-03-04")
    assert await deferred(database) == ("2034-06-30", "2034-07-01", False)
    await noon_of(api, "2034-07-02")
    assert len(await told_of(database, "disposal.due")) == 1


async def test_what_is_kept_without_a_known_end_is_looked_at_again_after_thirty_days(
    api: Api, database: Database, put_off: str
) -> None:
    hold = await placed(api, record_refs=["D-new"])
    await noon_of(api, "2034-03-04")
    assert await deferred(database) == ("2034-03-02", "2034-04-02", False)
    await release(api.dpo, hold["id"])
    await noon_of(api, "2034-04-02")
    assert await at(database, "disposal.due") == ["2034-04-01T17:00:00+00:00"]


async def test_what_was_erased_meanwhile_is_not_proposed(api: Api, database: Database, put_off: str) -> None:
    await database.execute("UPDATE held_record SET state = 'erased'")
    await noon_of(api, "2034-03-04")
    assert await told_of(database, "disposal.due") == []
    [row] = await database.fetch("SELECT ended_at FROM deferred_erasure")
    assert row["ended_at"] is not None


async def test_everything_that_falls_due_can_be_asked_for_and_does_nothing_where_nothing_is_due(
    api: Api, process: Process
) -> None:
    await set_to(api, "2026-12-01T12:00:00+07:00")
    for due in DUE:
        async with process.works.open(SYSTEM, "test") as work:
            at_ = await due.next_at(work)
            assert at_ is None or at_ > work.now, due.name
            assert not await due.happen(work), due.name
