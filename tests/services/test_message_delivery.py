"""Messages leave, at least once, or are given up: against a real mail server and a real gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.core.notifying import Failure, Via
from tests.support.api import Api, problem
from tests.support.clock import set_to
from tests.support.database import Database
from tests.support.delivery import Delivery, delivering
from tests.support.faults import failing
from tests.support.key_server import http
from tests.support.members import EMAIL, PHONE, register
from tests.support.requests import code_for, decide, erasure, submit

START = "2026-03-02T03:00:00+00:00"
LEFT = {"membership": {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}}
LEASE_IS_OVER = "UPDATE outgoing_message SET lease_until = now() - interval '1 second'"


@pytest.fixture
async def delivery(api: Api, app: Any, database: Database) -> AsyncIterator[Delivery]:
    """A sandbox with a mail server and a gateway, at a known instant."""
    async with delivering(app, api, database, *Via) as delivery:
        await set_to(api, START)
        yield delivery


async def asked(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    """A request about which the member was asked something: one message waits."""
    await register(delivery.api, **changes)
    request = await submit(delivery.api)
    path = f"/v1/requests/{request['id']}/information-requests"
    assert (await delivery.api.staff.post(path, {"question": "Which loan?"})).status_code == 200
    return request


async def coded(delivery: Delivery, via: str = "sms") -> str:
    """An unproven request for which a code waits; returns its path."""
    await register(delivery.api)
    body = erasure(channel="counter", scope={"record_refs": ["D-1"]})
    answer = await delivery.api.staff.post("/v1/requests/erasure", body)
    path = f"/v1/requests/{answer.json()['id']}"
    assert (await delivery.api.staff.post(f"{path}/identity/challenges", {"via": via})).status_code == 201
    return path


async def test_a_message_leaves_in_the_member_s_language_and_its_address_is_forgotten(delivery: Delivery) -> None:
    request = await asked(delivery)
    [waiting] = await delivery.rows()
    assert (waiting["state"], waiting["address"] is not None) == ("waiting", True)
    assert await delivery.round()
    assert delivery.office.recipients == [EMAIL]
    assert delivery.office.texts[0].startswith(f"สหกรณ์มีคำถามเกี่ยวกับคำขอ {request['reference']} ")
    [sent] = await delivery.rows()
    assert (sent["state"], sent["address"], sent["lease_until"]) == ("sent", None, None)
    assert not await delivery.round(), "and it leaves once"
    [entry] = await delivery.database.fetch(
        "SELECT subject_ref, details FROM audit_entry WHERE action = 'message.sent'"
    )
    assert (entry["subject_ref"], json.loads(entry["details"])) == (
        "M-1",
        {"kind": "question", "via": "email", "attempts": 1},
    )


async def test_the_outbox_of_a_sandbox_shows_what_notifiers_deliver_too(delivery: Delivery) -> None:
    await asked(delivery)
    [shown] = (await delivery.api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert (shown["kind"], shown["via"], shown["to"]) == ("question", "email", "s•••@member.example")


async def test_a_code_goes_by_the_channel_that_was_asked_for_and_proves_identity(delivery: Delivery) -> None:
    path = await coded(delivery)
    assert await delivery.round()
    body = json.loads(delivery.gateway.posted[0].body)
    code = await code_for(delivery.api)
    assert body["to"] == PHONE
    assert code in body["text"]
    [challenge] = await delivery.database.fetch("SELECT id FROM identity_challenge")
    proof = {"challenge_id": str(challenge["id"]), "code": code}
    assert (await delivery.api.staff.post(f"{path}/identity/verifications", proof)).status_code == 200


async def test_codes_do_not_wait_behind_letters(delivery: Delivery) -> None:
    await asked(delivery)
    await coded(delivery, "email")
    assert (await delivery.claim(Via.EMAIL, codes=True)).envelope is not None
    assert [row["kind"] for row in await delivery.rows() if row["lease_until"]] == ["identity_code"]


async def test_greylisted_it_is_tried_again_later_as_the_same_e_mail(delivery: Delivery) -> None:
    await asked(delivery)
    delivery.office.data = "451 come again"
    assert await delivery.round()
    [row] = await delivery.rows()
    assert (row["state"], row["failure"], row["attempts"]) == ("failed", "smtp_451", 1)
    assert not await delivery.round(), "not before its time"
    delivery.office.data = "250 OK"
    await delivery.until_due()
    assert await delivery.round()
    assert await delivery.states() == [("question", "sent")]
    assert len(delivery.office.ids) == 2
    assert len(set(delivery.office.ids)) == 1


async def test_tried_ever_more_rarely_for_about_a_day_and_then_given_up_and_told_without_the_address(
    delivery: Delivery,
) -> None:
    await asked(delivery)
    delivery.office.data = "451 come again"
    instants = []
    while await delivery.round():
        [row] = await delivery.rows()
        if row["address"] is not None:
            instants.append(row["not_before"])
            await delivery.until_due()
    minutes = [round((later - earlier) / timedelta(minutes=1)) for earlier, later in pairwise(instants)]
    assert minutes == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert await delivery.states() == [("question", "given_up")]
    assert len(delivery.office.ids) == len(instants) + 1 == 12
    assert await delivery.given_up() == [("question", "smtp_451")]
    told = await delivery.database.fetch(
        "SELECT data::text AS text FROM outgoing_event UNION ALL SELECT details::text FROM audit_entry"
    )
    assert not any(EMAIL in row["text"] or "•" in row["text"] for row in told)


async def test_refused_for_good_it_is_given_up_at_once(delivery: Delivery) -> None:
    await asked(delivery)
    delivery.office.rcpt = f"550 no such user {EMAIL}"
    assert await delivery.round()
    assert await delivery.given_up() == [("question", "smtp_550")]
    assert [row["address"] for row in await delivery.rows()] == [None]


async def test_a_gateway_that_asks_for_time_gets_it(delivery: Delivery) -> None:
    await asked(delivery, contacts={"phone": PHONE})
    delivery.gateway.answer = http(b"", "429 Slow down", retry_after="1800")
    assert await delivery.round()
    [row] = await delivery.rows()
    assert row["state"] == "failed"
    assert (row["not_before"] - row["at"]).total_seconds() == pytest.approx(1800, abs=60)


async def test_a_code_is_tried_within_its_minutes_and_never_sent_after_them(delivery: Delivery) -> None:
    await coded(delivery)
    delivery.gateway.answer = http(b"", "503 Down")
    attempts = 0
    while await delivery.round():
        attempts += 1
        [row] = await delivery.rows()
        if row["address"] is not None:
            assert (row["not_before"] - row["at"]).total_seconds() < 600
            await delivery.until_due()
    assert attempts == 6
    assert await delivery.given_up() == [("identity_code", "http_503")]


async def test_what_is_too_old_when_a_worker_comes_is_given_up_and_not_sent(delivery: Delivery) -> None:
    await coded(delivery)
    await asked(delivery)
    await delivery.api.post("/sandbox/clock", {"advance": "PT10M"})
    assert await delivery.given_up() == [("identity_code", "too_old")]
    await delivery.api.post("/sandbox/clock", {"advance": "P1D"})
    assert await delivery.given_up() == [("identity_code", "too_old"), ("question", "too_old")]
    assert not await delivery.round()
    assert (delivery.gateway.posted, delivery.office.received) == ([], [])


async def test_after_a_crash_between_sending_and_settling_the_same_e_mail_leaves_again(delivery: Delivery) -> None:
    await asked(delivery)
    lost = await delivery.claim(Via.EMAIL)
    assert lost.envelope is not None
    assert await delivery.works.channels.notifiers[Via.EMAIL].send(lost.envelope) is None
    assert not await delivery.round(), "the lease holds"
    await delivery.database.execute(LEASE_IS_OVER)
    assert await delivery.round()
    assert len(delivery.office.ids) == 2
    assert len(set(delivery.office.ids)) == 1
    assert await delivery.states() == [("question", "sent")]


async def test_who_lost_the_lease_has_no_say_any_more(delivery: Delivery) -> None:
    await asked(delivery)
    stale = await delivery.claim(Via.EMAIL)
    await delivery.database.execute(LEASE_IS_OVER)
    fresh = await delivery.claim(Via.EMAIL)
    for outcome in (None, Failure("smtp_550", permanent=True), Failure("timeout")):
        await delivery.settle(stale, outcome)
        assert await delivery.states() == [("question", "waiting")]
    await delivery.settle(fresh)
    await delivery.settle(fresh, Failure("smtp_550", permanent=True))
    assert await delivery.states() == [("question", "sent")]


async def test_what_was_given_up_in_somebody_s_hands_stays_given_up(delivery: Delivery) -> None:
    await coded(delivery)
    held = await delivery.claim(Via.SMS, codes=True)
    await delivery.api.post("/sandbox/clock", {"advance": "PT11M"})
    assert await delivery.states() == [("identity_code", "waiting")], "while the lease lasts it may yet be sent"
    await delivery.database.execute(LEASE_IS_OVER)
    await delivery.api.post("/sandbox/clock", {"advance": "PT1M"})
    await delivery.settle(held)
    assert await delivery.states() == [("identity_code", "given_up")]


async def test_what_can_not_be_settled_is_done_again(delivery: Delivery) -> None:
    await asked(delivery)
    async with failing(delivery.database, "audit_entry"):
        with pytest.raises(Exception, match="injected"):
            await delivery.round()
    assert await delivery.states() == [("question", "waiting")]
    await delivery.database.execute(LEASE_IS_OVER)
    assert await delivery.round()
    assert await delivery.states() == [("question", "sent")]


async def test_several_workers_send_each_once(delivery: Delivery) -> None:
    for number in range(6):
        await register(delivery.api, f"M-{number}")
        await decide(delivery.api, (await submit(delivery.api, f"M-{number}"))["id"], "granted")
    while any(await asyncio.gather(*(delivery.round() for _ in range(3)))):
        pass
    assert len(delivery.office.ids) == len(set(delivery.office.ids)) == len(await delivery.rows())
    assert {state for _, state in await delivery.states()} == {"sent"}


async def test_the_last_notice_of_an_erasure_leaves_after_the_profile_s_key_died_and_takes_its_own_along(
    delivery: Delivery,
) -> None:
    await register(delivery.api, **LEFT)
    await decide(delivery.api, (await submit(delivery.api))["id"], "granted")
    assert await delivery.keys() == {"evidence", "notice"}
    first, second = await delivery.claim(Via.EMAIL), await delivery.claim(Via.EMAIL)
    assert first.envelope is not None
    await asyncio.gather(delivery.settle(first), delivery.settle(second, Failure("smtp_550", permanent=True)))
    assert await delivery.keys() == {"evidence"}
    assert await delivery.states() == [("decision", "sent"), ("completion", "given_up")]


async def test_a_notice_that_fails_for_now_keeps_the_key_of_an_erased_person_s_address(delivery: Delivery) -> None:
    await register(delivery.api, **LEFT)
    await decide(delivery.api, (await submit(delivery.api))["id"], "granted")
    delivery.office.data = "451 come again"
    await delivery.round()
    await delivery.round()
    assert "notice" in await delivery.keys()
    await delivery.api.post("/sandbox/clock", {"advance": "P2D"})
    assert await delivery.keys() == {"evidence"}


async def test_a_key_of_addresses_stays_with_whoever_is_not_erased(delivery: Delivery) -> None:
    await asked(delivery)
    await delivery.round()
    assert await delivery.keys() == {"profile", "evidence", "notice"}


@pytest.mark.parametrize(
    "spoil",
    [
        "DELETE FROM keys.subject_key WHERE purpose = 'notice'",
        "UPDATE outgoing_message SET address = set_byte(address, 20, 255 - get_byte(address, 20))",
        "UPDATE outgoing_message SET content = set_byte(content, 20, 255 - get_byte(content, 20))",
    ],
)
async def test_what_no_key_opens_any_more_is_given_up_and_stops_nobody(delivery: Delivery, spoil: str) -> None:
    await asked(delivery)
    await delivery.database.execute(spoil)
    await delivery.round()
    assert await delivery.given_up() == [("question", "unreadable")]


@pytest.mark.parametrize(
    ("vias", "contacts", "states", "reached"),
    [
        ((Via.EMAIL, Via.SMS), {"phone": PHONE, "email": EMAIL}, [("question", "waiting")], "email"),
        ((Via.SMS,), {"phone": PHONE, "email": EMAIL}, [("question", "waiting")], "sms"),
        ((Via.SMS,), {"email": EMAIL}, [("question", "given_up")], "email"),
        ((), {"phone": PHONE, "email": EMAIL}, [("question", "given_up")], "email"),
        ((), None, [], None),
    ],
)
async def test_in_production_a_message_takes_whichever_channel_there_is_or_is_given_up_at_once(
    vias: tuple[Via, ...],
    contacts: dict[str, str] | None,
    states: list[tuple[str, str]],
    reached: str | None,
    app: Any,
    api: Api,
    database: Database,
) -> None:
    async with delivering(app, api, database, *vias, outbox=False) as delivery:
        await asked(delivery, contacts=contacts)
        assert await delivery.states() == states
        assert [row["via"] for row in await delivery.rows()] == [reached][: len(states)]
        lost = [("question", "no_channel")] if states == [("question", "given_up")] else []
        assert await delivery.given_up() == lost


async def test_in_production_no_code_is_promised_over_a_channel_that_leads_nowhere(
    app: Any, api: Api, database: Database
) -> None:
    async with delivering(app, api, database, Via.SMS, outbox=False) as delivery:
        path = await coded(delivery)
        refused = await api.staff.post(f"{path}/identity/challenges", {"via": "email"})
        assert problem(refused) == (422, "contact_missing")
        [waiting] = await delivery.rows()
        assert waiting["content"] is not None
        await delivery.round()
        assert len(delivery.gateway.posted) == 1
        [sent] = await delivery.rows()
        assert (sent["state"], sent["content"]) == ("sent", None), "of a code that has left only the hash is kept"


async def test_without_notifiers_the_sandbox_s_outbox_has_everything_at_once(api: Api, database: Database) -> None:
    await register(api, **LEFT)
    await decide(api, (await submit(api))["id"], "granted")
    rows = await database.fetch("SELECT state, address, ended_at FROM outgoing_message")
    assert [(row["state"], row["address"], row["ended_at"] is None) for row in rows] == [("sent", None, False)] * 2
    assert await database.fetch("SELECT 1 FROM keys.subject_key WHERE purpose <> 'evidence'") == []
