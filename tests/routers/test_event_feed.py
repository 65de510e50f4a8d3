"""The feed of events: complete, in order, and never null once there was one."""

import asyncpg

from app.contract.webhooks import TOLD
from app.services.events import EventType
from tests.support.api import Api, problem
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.members import register
from tests.support.requests import restriction, submit
from tests.support.webhooks import events

INSERT = "INSERT INTO outgoing_event (id, type, occurred_at, data) VALUES ($1, $2, now(), $3::text::jsonb)"


async def test_a_reader_finds_what_has_just_happened_and_goes_on_from_there(api: Api) -> None:
    assert await events(api.core) == ([], None)
    await register(api)
    granted = await given(api)
    [event], after = await events(api.core)
    assert event["type"] == "consent.granted"
    assert event["data"] == {"consent_id": granted["id"], "subject_ref": "M-1", "purpose": granted["purpose"]}
    assert await events(api.core, after=after) == ([], after), "never null again"
    await withdraw(api.member("M-1"), granted["id"])
    found, later = await events(api.core, after=after)
    assert [one["type"] for one in found] == ["consent.withdrawn"]
    assert later not in {None, after}
    assert [one["type"] for one in (await events(api.core))[0]] == ["consent.granted", "consent.withdrawn"]


async def test_it_is_read_page_by_page_and_by_type_with_one_cursor(api: Api) -> None:
    await register(api)
    for _ in range(3):
        await withdraw(api.member("M-1"), (await given(api))["id"])
    everything, _ = await events(api.core)
    read: list[object] = []
    after: dict[str, str] = {}
    for _ in range(3):
        found, told = await events(api.core, limit=2, **after)
        read += found
        after = {"after": str(told)}
    assert read == everything
    assert len(read) == 6
    granted, end = await events(api.core, type="consent.granted")
    assert granted == [one for one in everything if one["type"] == "consent.granted"]
    assert await events(api.core, after=end) == ([], end), "the end of the feed, whatever the type"
    assert (await events(api.core, type="task.created"))[1] == end
    some, middle = await events(api.core, type="consent.granted", limit=1)
    rest, _ = await events(api.core, type="consent.granted", after=middle)
    assert some + rest == granted


async def test_a_foreign_cursor_and_an_unknown_type_are_refused(api: Api, database: Database) -> None:
    await register(api)
    await given(api)
    _, after = await events(api.core)
    for wrong in (f"{after}x", "x", str(after)[:-1]):
        assert problem(await api.core.get("/v1/events", params={"after": wrong})) == (422, "bad_cursor")
    assert problem(await api.core.get("/v1/events", params={"type": "no.such"})) == (422, "not_allowed")
    await database.reset()
    assert problem(await api.core.get("/v1/events", params={"after": after})) == (422, "bad_cursor"), "it leads nowhere"
    await register(api)
    await withdraw(api.member("M-1"), (await given(api))["id"])
    refused = await api.core.get("/v1/events", params={"after": after})
    assert problem(refused) == (422, "bad_cursor"), "another event stands there: those before it were never read"


async def test_an_event_that_commits_late_is_not_passed_over(api: Api, database: Database) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        holding = connection.transaction()
        await holding.start()
        await connection.execute(INSERT, "00000000-0000-7000-8000-000000000001", "task.created", '{"task_id": "late"}')
        await database.execute(
            "INSERT INTO outgoing_event (id, type, occurred_at, data) "
            "SELECT gen_random_uuid(), 'task.created', now(), jsonb_build_object('task_id', n) FROM generate_series(1, 500) n"
        )
        early, after = await events(api.core, limit=200)
        more, after = await events(api.core, limit=200, after=after)
        rest, after = await events(api.core, limit=200, after=after)
        assert len(early + more + rest) == 500
        await holding.commit()
    finally:
        await connection.close()
    [late], _ = await events(api.core, after=after)
    assert late["data"] == {"task_id": "late"}


async def test_events_hold_what_the_contract_says_of_them(api: Api) -> None:
    await register(api)
    await withdraw(api.member("M-1"), (await given(api))["id"])
    request = (await api.member("M-1").post("/v1/requests/restriction", restriction())).json()
    await api.staff.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
    await submit(api, kind="objection")
    found, _ = await events(api.core)
    told = {EventType(event["type"]): event["data"] for event in found}
    documented = told.keys() & TOLD.keys()
    assert len(documented) >= 7
    for event in documented:
        assert set(told[event]) == set(TOLD[event][1]), event
