"""Deliveries to a real receiver: signed, at least once, tried again, given up (RELIABILITY.md 5, promises 11, 12 and 13)."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError, webhooks

from app.core.clock import Clock
from app.core.outbound import AllowList
from app.core.webhook_signing import new_secret, signed_headers
from app.services.webhook_deliveries import BACK_OFF
from app.services.webhook_pauses import LONGEST_PAUSE
from tests.support.api import Api, problem
from tests.support.clock import advance
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.members import register
from tests.support.receiver import ACCEPTED, Got, Receiver, endless, hanging, http, redirection
from tests.support.webhooks import (
    PATH,
    delivered,
    deliveries,
    delivering,
    drained,
    events,
    names_of,
    registered,
    sequenced,
)

pytestmark = pytest.mark.faults
REFUSED = http(b"no", "500 Internal Server Error")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as receiver:
        yield receiver


async def consented(api: Api) -> str:
    """Something happened that endpoints are told of."""
    await register(api)
    consent_id: str = (await given(api))["id"]
    return consent_id


def verify(secret: str, got: Got) -> Any:
    """By the official library; raises where the signature does not hold."""
    return Webhook(secret).verify(got.body, got.headers)


async def change(api: Api, made: dict[str, Any], **fields: Any) -> None:
    answer = await api.core.call("PATCH", f"{PATH}/{made['id']}", json=fields)
    assert answer.status_code == 200, answer.text


async def test_an_event_is_delivered_once_with_a_signature_that_the_official_library_accepts(
    api: Api, receiver: Receiver
) -> None:
    made = await registered(api.core, receiver.url + "?to=sitthi")
    consent_id = await consented(api)
    await delivered(api.process)
    await delivered(api.process)
    [got] = receiver.got
    [event], _ = await events(api.core)
    assert verify(made["secret"], got) == {
        "type": "consent.granted",
        "timestamp": event["occurred_at"].replace("Z", "+00:00"),
        "data": event["data"],
    }
    assert event["data"]["consent_id"] == consent_id
    assert got.path == "/hooks?to=sitthi"
    assert got.headers["webhook-id"] == event["id"]
    assert got.headers["content-type"] == "application/json"
    [delivery] = await deliveries(api.core, made["id"])
    assert (delivery["status"], delivery["event_id"], delivery["next_attempt_at"]) == ("delivered", event["id"], None)
    [attempt] = delivery["attempts"]
    assert (attempt["status_code"], attempt["failure"]) == (204, None)


def mutated(got: Got) -> list[Got]:
    """A call, altered in twelve ways."""
    headers, signatures = got.headers, got.headers["webhook-signature"].split(" ")
    moved = [str(int(headers["webhook-timestamp"]) + seconds) for seconds in (-360, 360, 1)]
    flipped = []
    for signature in signatures:
        first, *rest = base64.b64decode(signature.removeprefix("v1,"))
        flipped.append("v1," + base64.b64encode(bytes([first ^ 1, *rest])).decode())
    mutations = [
        Got(got.path, headers, got.body + b" "),
        Got(got.path, headers, got.body[:-1]),
        Got(got.path, headers, got.body.replace(b"consent", b"Consent", 1)),
        Got(got.path, headers, json.dumps(json.loads(got.body)).encode()),
        *(Got(got.path, {**headers, "webhook-timestamp": one}, got.body) for one in moved),
        Got(got.path, {**headers, "webhook-id": headers["webhook-id"][::-1]}, got.body),
        Got(got.path, {**headers, "webhook-signature": " ".join(flipped)}, got.body),
        Got(got.path, {**headers, "webhook-signature": " ".join(signatures).replace("v1,", "v2,")}, got.body),
        Got(got.path, {**headers, "webhook-signature": ""}, got.body),
        Got(got.path, {name: value for name, value in headers.items() if name != "webhook-id"}, got.body),
    ]
    assert len(mutations) == 12
    return mutations


async def test_no_mutation_of_a_call_is_accepted_under_either_secret_in_rotation(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    await withdraw(api.member("M-1"), await consented(api))
    rotated = (await api.core.post(f"{PATH}/{made['id']}/secret-rotation")).json()["secret"]
    other = await registered(api.core)
    await delivered(api.process)
    assert len(receiver.got) == 2
    for got in receiver.got:
        for secret in (made["secret"], rotated):
            verify(secret, got)
            for mutation in mutated(got):
                with pytest.raises(WebhookVerificationError):
                    verify(secret, mutation)
        with pytest.raises(WebhookVerificationError):
            verify(other["secret"], got)
    assert not [one for one in receiver.ids if "." in one], "it would move the boundary of what is signed"


@pytest.mark.parametrize(("minutes", "taken"), [(-6, False), (-4, True), (4, True), (6, False)])
async def test_a_receiver_whose_clock_is_wrong_by_more_than_five_minutes_takes_nothing(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, minutes: int, taken: bool
) -> None:
    made = await registered(api.core, receiver.url)
    await consented(api)
    await delivered(api.process)
    [got] = receiver.got
    wrong = Clock().now() + timedelta(minutes=minutes)

    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "WrongClock":
            return cls.fromtimestamp(wrong.timestamp(), tz)

    monkeypatch.setattr(webhooks, "datetime", WrongClock)
    if taken:
        verify(made["secret"], got)
        return
    with pytest.raises(WebhookVerificationError, match="timestamp"):
        verify(made["secret"], got)


def test_an_id_with_a_dot_is_not_signed() -> None:
    """What is signed is `id.timestamp.body`: the dot would let the same signature hold for another id and timestamp."""
    secret, at, body = new_secret(), Clock().now(), b'{"type":"consent.granted"}'
    stamp = str(int(at.timestamp()))
    for message_id in ("evt.1", f"evt.{stamp}", ".", "evt."):
        with pytest.raises(ValueError, match="dot"):
            signed_headers([secret], message_id, at, body)
    assert verify(secret, Got("/", dict(signed_headers([secret], "evt_1", at, body)), body))


async def test_after_a_rotation_both_secrets_sign_for_a_day(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    consent_id = await consented(api)
    rotated = (await api.core.post(f"{PATH}/{made['id']}/secret-rotation")).json()["secret"]
    await delivered(api.process)
    for secret in (made["secret"], rotated):
        verify(secret, receiver.got[0])
    await advance(api, "PT23H59M")
    await withdraw(api.member("M-1"), consent_id)
    await delivered(api.process)
    verify(made["secret"], receiver.got[1])
    await advance(api, "PT2M")
    await given(api)
    await delivered(api.process)
    verify(rotated, receiver.got[2])
    with pytest.raises(WebhookVerificationError):
        verify(made["secret"], receiver.got[2])


async def test_the_timestamp_is_the_real_time_of_the_attempt_whatever_the_sandbox_s_clock_says(
    api: Api, receiver: Receiver
) -> None:
    await registered(api.core, receiver.url)
    await advance(api, "P400D")
    await consented(api)
    await delivered(api.process)
    [got] = receiver.got
    assert abs(int(got.headers["webhook-timestamp"]) - Clock().now().timestamp()) < 60
    assert json.loads(got.body)["timestamp"] > "2027-12"


async def test_only_what_an_endpoint_wants_since_it_is_there_is_sent_to_it(api: Api, receiver: Receiver) -> None:
    consent_id = await consented(api)
    await sequenced(api.process)
    await registered(api.core, receiver.url, event_types=["consent.withdrawn"])
    await withdraw(api.member("M-1"), consent_id)
    await given(api)
    await delivered(api.process)
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["consent.withdrawn"]


async def test_what_fails_is_tried_again_later_under_the_same_id_until_it_is_accepted(
    api: Api, receiver: Receiver
) -> None:
    made = await registered(api.core, receiver.url)
    receiver.answers.extend([REFUSED, http(b"", "400 Bad Request"), redirection(receiver.url)])
    await consented(api)
    await delivered(api.process)
    await delivered(api.process)
    assert len(receiver.got) == 1, "not before its time"
    for pause in BACK_OFF[:3]:
        await advance(api, pause * 1.2)
        await delivered(api.process)
    await advance(api, "P30D")
    await delivered(api.process)
    assert len(receiver.got) == 4
    assert len(set(receiver.ids)) == 1
    assert len({got.body for got in receiver.got}) == 1, "to the byte"
    for got in receiver.got:
        verify(made["secret"], got)
    answer = await api.core.get(f"{PATH}/{made['id']}/deliveries")
    assert answer.json()["items"] == [], "delivered thirty days ago"


async def test_a_receiver_that_was_down_for_two_days_gets_everything(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    receiver.usual = REFUSED
    consent_id = await consented(api)
    await delivered(api.process)
    for _ in range(8):
        await advance(api, "PT6H")
        await delivered(api.process)
    await withdraw(api.member("M-1"), consent_id)
    receiver.usual, before = ACCEPTED, len(receiver.got)
    await advance(api, "P1D")
    await delivered(api.process)
    assert before > 5
    types = sorted(json.loads(got.body)["type"] for got in receiver.got[before:])
    assert types == ["consent.granted", "consent.withdrawn"]
    assert {one["status"] for one in await deliveries(api.core, made["id"])} == {"delivered"}


async def test_an_endpoint_that_took_nothing_for_three_days_is_disabled_and_that_is_told(
    api: Api, receiver: Receiver, database: Database
) -> None:
    made = await registered(api.core, receiver.url)
    receiver.usual = REFUSED
    consent_id = await consented(api)
    await delivered(api.process)
    for pause in BACK_OFF:
        await advance(api, pause * 1.2)
        await delivered(api.process)
    read = (await api.core.get(f"{PATH}/{made['id']}")).json()
    assert (read["status"], read["disabled_reason"], read["version"]) == ("disabled", "failing", 2)
    [delivery] = await deliveries(api.core, made["id"])
    assert (delivery["status"], len(delivery["attempts"])) == ("failed", len(BACK_OFF) + 1)
    assert {attempt["status_code"] for attempt in delivery["attempts"]} == {500}
    [told], _ = await events(api.core, type="webhook_endpoint.disabled")
    assert told["data"] == {"endpoint_id": made["id"], "reason": "failing"}
    assert await database.fetch("SELECT 1 FROM audit_entry WHERE action = 'webhook_endpoint.disabled'")
    calls = len(receiver.got)
    await withdraw(api.member("M-1"), consent_id)
    consent_id = (await given(api))["id"]
    await advance(api, "P10D")
    await delivered(api.process)
    assert len(receiver.got) == calls
    receiver.usual = ACCEPTED
    await change(api, made, status="enabled")
    await withdraw(api.member("M-1"), consent_id)
    await delivered(api.process)
    assert [json.loads(got.body)["type"] for got in receiver.got[calls:]] == ["consent.withdrawn"]


async def test_one_success_begins_the_three_days_anew(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    consent_id = await consented(api)
    refusing = {"consent.granted"}

    async def by_type(writer: asyncio.StreamWriter) -> None:
        await (REFUSED if json.loads(receiver.got[-1].body)["type"] in refusing else ACCEPTED)(writer)

    receiver.usual = by_type
    await delivered(api.process)
    for pause in BACK_OFF[:-1]:
        await advance(api, pause * 1.2)
        await delivered(api.process)
    await withdraw(api.member("M-1"), consent_id)
    await advance(api, LONGEST_PAUSE)
    await delivered(api.process)
    await advance(api, BACK_OFF[-1] * 1.2)
    await delivered(api.process)
    assert [one["status"] for one in await deliveries(api.core, made["id"])] == ["delivered", "failed"]
    assert (await api.core.get(f"{PATH}/{made['id']}")).json()["status"] == "enabled"


async def test_gone_disables_at_once_and_gives_up_the_rest(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    receiver.usual = http(b"", "410 Gone")
    await withdraw(api.member("M-1"), await consented(api))
    await delivered(api.process)
    await advance(api, "P1D")
    await delivered(api.process)
    assert len(receiver.got) == 1
    assert (await api.core.get(f"{PATH}/{made['id']}")).json()["disabled_reason"] == "gone"
    assert sorted(one["status"] for one in await deliveries(api.core, made["id"])) == ["cancelled", "failed"]
    [told], _ = await events(api.core, type="webhook_endpoint.disabled")
    assert told["data"]["reason"] == "gone"


async def test_an_endpoint_whose_secret_is_lost_is_disabled_and_stands_in_nobody_s_way(
    api: Api, receiver: Receiver, database: Database
) -> None:
    lost = await registered(api.core, receiver.url)
    await database.execute("UPDATE webhook_endpoint SET master_key = 'gone'")
    consent_id = await consented(api)
    await sequenced(api.process)
    sound = await registered(api.core, receiver.url)
    await withdraw(api.member("M-1"), consent_id)
    await delivered(api.process)
    [got] = receiver.got
    verify(sound["secret"], got)
    seen = (await api.core.get(f"{PATH}/{lost['id']}")).json()
    assert (seen["status"], seen["disabled_reason"]) == ("disabled", "unreadable")
    rotated = (await api.core.post(f"{PATH}/{lost['id']}/secret-rotation")).json()["secret"]
    await change(api, lost, status="enabled")
    await change(api, sound, status="disabled")
    await given(api)
    await delivered(api.process)
    assert len(receiver.got) == 2
    verify(rotated, receiver.got[1])


@pytest.mark.parametrize(
    ("status", "asked", "least", "most"),
    [
        ("503 Service Unavailable", "3600", 3600, 3600),
        ("429 Too Many Requests", "7200", 7200, 7200),
        ("429 Too Many Requests", "1", 5, 6),
        ("503 Service Unavailable", "999999999999", 86_400, 86_400),
        ("503 Service Unavailable", "Fri, 31 Dec 2199 23:59:59 GMT", 86_400, 86_400),
        ("503 Service Unavailable", "Fri, 31 Dec 1999 23:59:59 GMT", 5, 6),
        ("503 Service Unavailable", "soon", 5, 6),
        ("503 Service Unavailable", "Fri, 31 Dec 2026 23:59:59 +99999999999999999999", 5, 6),
        ("429 Too Many Requests", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT", 5, 6),
        ("503 Service Unavailable", "-5", 5, 6),
        ("500 Internal Server Error", "3600", 5, 6),
    ],
)
async def test_retry_after_is_heeded_within_bounds(
    api: Api, receiver: Receiver, database: Database, status: str, asked: str, least: float, most: float
) -> None:
    await registered(api.core, receiver.url)
    receiver.usual = http(b"", status, retry_after=asked)
    await consented(api)
    await delivered(api.process)
    [row] = await database.fetch("SELECT not_before, created_at FROM webhook_delivery")
    waits = (row["not_before"] - row["created_at"]).total_seconds()
    assert least <= waits < most + 60, "from the attempt on, which was a moment after it was made"


async def test_a_redirection_is_a_failure_and_leads_nowhere(api: Api, receiver: Receiver) -> None:
    async with Receiver.running() as inside:
        receiver.usual = redirection(inside.url)
        made = await registered(api.core, receiver.url)
        await consented(api)
        await delivered(api.process)
        assert inside.connections == 0
    [delivery] = await deliveries(api.core, made["id"])
    assert (delivery["status"], delivery["attempts"][0]["status_code"]) == ("pending", 307)


async def test_a_name_that_has_moved_inside_since_it_was_registered_is_not_called(api: Api, receiver: Receiver) -> None:
    names = names_of(api)
    strict = replace(api.process, outbound=replace(api.process.outbound, allowed=AllowList()))
    made = [await registered(api.as_role("partner", sub="literal"), receiver.url)]
    for number, inside in enumerate(["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:7f00:1", "fd00::1"]):
        names.point(f"moved{number}.example", ["93.184.215.14"], ["93.184.215.14", inside])
        caller = api.as_role("partner", sub=f"moved{number}")
        made.append(await registered(caller, f"https://moved{number}.example/"))
    await consented(api)
    await delivered(strict)
    for one in made:
        [delivery] = await deliveries(api.dpo, one["id"])
        assert [attempt["failure"] for attempt in delivery["attempts"]] == ["not_allowed"]
    assert receiver.connections == 0


async def test_a_redelivery_sends_again_what_was_accepted_under_the_same_id(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    await consented(api)
    await delivered(api.process)
    [delivery] = await deliveries(api.core, made["id"])
    path = f"{PATH}/{made['id']}/deliveries/{delivery['id']}/redelivery"
    asked = await api.core.post(path)
    assert (asked.status_code, asked.json()["status"]) == (200, "pending")
    await delivered(api.process)
    await delivered(api.process)
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1
    [again] = await deliveries(api.core, made["id"])
    assert (again["id"], again["status"], len(again["attempts"])) == (delivery["id"], "delivered", 2)
    other = await registered(api.core, receiver.url)
    assert problem(await api.core.post(path.replace(made["id"], other["id"]))) == (404, "not_found")
    await change(api, made, status="disabled")
    assert problem(await api.core.post(path)) == (409, "endpoint_disabled")


async def test_disabling_gives_up_what_waits_and_removing_takes_it_along(
    api: Api, receiver: Receiver, database: Database
) -> None:
    made = await registered(api.core, receiver.url)
    await consented(api)
    await sequenced(api.process)
    await change(api, made, status="disabled")
    assert [one["status"] for one in await deliveries(api.core, made["id"], status="cancelled")] == ["cancelled"]
    await change(api, made, status="enabled")
    await delivered(api.process)
    assert receiver.got == []
    await api.core.call("DELETE", f"{PATH}/{made['id']}")
    assert not await database.fetch("SELECT 1 FROM webhook_delivery")
    await delivered(api.process)
    assert receiver.connections == 0


async def test_pages_of_deliveries_follow_one_another(api: Api, receiver: Receiver) -> None:
    made = await registered(api.core, receiver.url)
    await withdraw(api.member("M-1"), await consented(api))
    await sequenced(api.process)
    path = f"{PATH}/{made['id']}/deliveries"
    first = (await api.core.get(path, params={"limit": 1})).json()
    second = (await api.core.get(path, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert first["items"] + second["items"] == await deliveries(api.core, made["id"])
    wrong = {"cursor": first["next_cursor"], "status": "pending"}
    assert problem(await api.core.get(path, params=wrong)) == (422, "bad_cursor")
    assert problem(await api.core.get(path, params={"status": "lost"})) == (422, "not_allowed")


async def test_what_the_receiver_answers_is_kept_nowhere(api: Api, receiver: Receiver, database: Database) -> None:
    await registered(api.core, receiver.url)
    receiver.answers.extend(
        [http(b"canary" * 100_000, "500 canary", x_canary="canary"), http(b"canary", retry_after="canary")]
    )
    await consented(api)
    await delivered(api.process)
    await advance(api, "PT10S")
    await delivered(api.process)
    assert len(receiver.got) == 2
    for table in ("webhook_delivery", "webhook_endpoint", "audit_entry", "outgoing_event"):
        assert not [row for row in await database.fetch(f"SELECT t::text FROM {table} t") if "canary" in row[0]]


async def test_one_that_hangs_holds_up_no_other_and_takes_two_lanes_at_most(api: Api, receiver: Receiver) -> None:
    async with Receiver.running() as slow:
        slow.usual = hanging
        await registered(api.core, slow.url)
        await registered(api.core, receiver.url)
        consent_id = await consented(api)
        for _ in range(4):
            await withdraw(api.member("M-1"), consent_id)
            consent_id = (await given(api))["id"]
        await sequenced(api.process)
        lanes = [asyncio.create_task(delivering(api.process, lane)) for lane in range(1, 9)]
        while len(receiver.got) < 9 or len(slow.got) < 2:  # noqa: ASYNC110  (a receiver tells nobody)
            await asyncio.sleep(0.01)
        assert slow.connections == 2
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)


async def test_half_of_the_lanes_call_none_that_fails_so_that_many_that_hang_hold_up_no_other(
    api: Api, receiver: Receiver, database: Database
) -> None:
    hurried = replace(api.process, outbound=replace(api.process.outbound, patience=0.3))
    async with Receiver.running() as slow:
        slow.usual = hanging
        await registered(api.core, slow.url)
        consent_id = await consented(api)
        await sequenced(api.process)
        await database.execute("UPDATE webhook_endpoint SET failing_since = created_at")
        await registered(api.core, receiver.url)
        await withdraw(api.member("M-1"), consent_id)
        await sequenced(api.process)
        for lane in range(5, 9):
            await drained(hurried, lane)
        assert (len(receiver.got), slow.connections) == (1, 0)
        for lane in range(1, 5):
            await drained(hurried, lane)
        assert slow.connections > 0


async def test_who_drips_is_left_and_counts_as_failed(api: Api, receiver: Receiver) -> None:
    hurried = replace(api.process, outbound=replace(api.process.outbound, patience=0.3))
    made = await registered(api.core, receiver.url)
    receiver.usual = endless(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.01)
    await consented(api)
    await delivered(hurried)
    [delivery] = await deliveries(api.core, made["id"])
    assert [one["failure"] for one in delivery["attempts"]] == ["timeout"]


async def test_ended_deliveries_are_removed_after_thirty_days_at_their_own_instant(
    api: Api, receiver: Receiver, database: Database
) -> None:
    made = await registered(api.core, receiver.url)
    await consented(api)
    await delivered(api.process)
    await advance(api, timedelta(days=29, hours=23))
    assert len(await deliveries(api.core, made["id"])) == 1
    await advance(api, "PT2H")
    assert await deliveries(api.core, made["id"]) == []
    assert await database.fetch("SELECT 1 FROM outgoing_event"), "the event itself stays"


def test_the_schedule_lasts_three_days() -> None:
    assert timedelta(days=3) <= sum(BACK_OFF, timedelta()) <= timedelta(days=4)
    assert datetime(2026, 1, 1) + sum(BACK_OFF, timedelta()) * 1.2 < datetime(2026, 1, 5)  # noqa: DTZ001  (a span)
