"""What is outside hangs, and everything else goes on (RELIABILITY.md 5, promise 33): a gateway, a receiver of webhooks,
another controller. One process does all the jobs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.notifying import Via
from app.workers import jobs, loop, messages, transfers
from tests.support.api import Api
from tests.support.clock import advance
from tests.support.controllers import entered
from tests.support.database import Database
from tests.support.delivery import Delivery, delivering
from tests.support.faults import gate
from tests.support.gateway import TAKEN
from tests.support.loops import running
from tests.support.members import push, record, register
from tests.support.packages import asked, built
from tests.support.receiver import Receiver, hanging, http
from tests.support.requests import erasure, finish_tasks, submit
from tests.support.transfers import acknowledging, sent
from tests.support.webhooks import registered

pytestmark = pytest.mark.faults
GIVEN = record("D-1", provided_by_subject=True, lawful_basis="contract", events={"deposit_made": "2024-03-02"})
MESSAGES, TRANSFERS = 6, 3
SMS_JOBS = ("codes_by_sms", "messages_by_sms")
TYPES = ["request.completed", "request.due_soon"]


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Returns once it is so."""
    async with asyncio.timeout(60):
        while not await ready():  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(0.05)


async def test_what_hangs_outside_holds_up_nothing_else(api: Api, app: Any, database: Database) -> None:
    over = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await over.wait()

    async with (
        delivering(app, api, database, Via.SMS) as delivery,
        Receiver.running() as stuck,
        Receiver.running() as taking,
        Receiver.running() as controller,
    ):
        delivery.gateway.answer = stuck.usual = controller.usual = hang
        await registered(api.core, stuck.url, event_types=TYPES)
        await registered(api.dpo, taking.url, event_types=TYPES)
        await entered(api, endpoint=controller.url)
        await register(api, contacts={"phone": "0812345678"})
        await push(api, "M-1", GIVEN)
        await asked(api, "portability", transfer_to={"controller": "other_coop"})
        await finish_tasks(api)
        doing = (*jobs.of(api.process.settings, api.process.outbound), *messages.jobs(delivery.works.channels))
        async with running(delivery.works, *doing):
            await until(lambda: _all_hang(delivery.gateway.posted, stuck.got, controller.got))
            path = await asked(api, "access", categories=["financial"])
            await finish_tasks(api)
            await register(api, "M-2")
            await submit(api, "M-2", kind="access")
            await advance(api, "P26D")
            await until(lambda: _is_ready(api, path))
            await until(lambda: _told(taking, 3))
            over.set()


async def _all_hang(*called: list[Any]) -> bool:
    return all(called)


async def _is_ready(api: Api, path: str) -> bool:
    package = await api.member("M-1").get(f"{path}/package")
    return bool(package.json()["state"] == "ready")


async def _told(receiver: Receiver, calls: int) -> bool:
    return len(set(receiver.ids)) >= calls


async def asked_a_question(api: Api, subject_ref: str, **contacts: str) -> None:
    """One message waits for a member."""
    await register(api, subject_ref, contacts=contacts)
    request = await submit(api, subject_ref)
    path = f"/v1/requests/{request['id']}/information-requests"
    assert (await api.staff.post(path, {"question": "Which loan?"})).status_code == 200


async def sent_by(delivery: Delivery, via: Via, wanted: int) -> bool:
    rows = [row for row in await delivery.rows() if row["via"] == via]
    assert len(rows) == wanted
    return all(row["state"] == "sent" for row in rows)


async def test_a_gateway_that_is_down_is_asked_once_in_a_while_and_told_once_and_then_gets_everything_once(
    api: Api, app: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with delivering(app, api, database, *Via) as delivery:
        for number in range(MESSAGES):
            await asked_a_question(api, f"S-{number}", phone=f"081234{number:04}")
            await asked_a_question(api, f"E-{number}", email=f"e{number}@member.example")
        delivery.gateway.answer = http(b"", "503 Down")
        doing = messages.jobs(delivery.works.channels)
        monkeypatch.setattr(loop, "IDLE_SECONDS", 3_600.0)
        with capture_logs() as logs:
            async with running(delivery.works, *doing) as at_work:
                await until(lambda: sent_by(delivery, Via.EMAIL, MESSAGES))
                await until(lambda: _all_hang(delivery.gateway.posted))
                at_work.wake()
        assert len(delivery.gateway.posted) == 1, f"{MESSAGES} wait, and the pause lasts as long as this test"
        told = [(line["event"], line["job"], line["reason"]) for line in logs]
        assert told == [("job_refused", "messages_by_sms", "http_503")]
        delivery.gateway.answer = TAKEN
        monkeypatch.setattr(loop, "IDLE_SECONDS", 0.05)
        await advance(api, "PT2M")
        async with running(delivery.works, *doing):
            await until(lambda: sent_by(delivery, Via.SMS, MESSAGES))
        assert len(delivery.gateway.posted) == 1 + MESSAGES
        assert len(delivery.office.ids) == len(set(delivery.office.ids)) == MESSAGES


async def test_a_gateway_that_is_back_is_used_again_without_a_restart_and_codes_come_in_time(
    api: Api, app: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.05)
    async with delivering(app, api, database, Via.SMS) as delivery:
        await asked_a_question(api, "M-1", phone="0812345678")
        await register(api, "M-2", contacts={"phone": "0812345679"})
        challenged = await api.staff.post("/v1/requests/erasure", erasure("M-2", channel="counter"))
        path = f"/v1/requests/{challenged.json()['id']}/identity/challenges"
        assert (await api.staff.post(path, {"via": "sms"})).status_code == 201
        delivery.gateway.answer = http(b"", "503 Down")
        with capture_logs() as logs:
            async with running(delivery.works, *messages.jobs(delivery.works.channels)):
                await until(lambda: _posted(delivery, 2))
                delivery.gateway.answer = TAKEN
                await advance(api, "PT1M")
                await until(lambda: sent_by(delivery, Via.SMS, 2))
        told = sorted((line["event"], line["job"]) for line in logs if line["event"].startswith("job_"))
        assert told == [(event, job) for event in ("job_recovered", "job_refused") for job in SMS_JOBS]


async def _posted(delivery: Delivery, calls: int) -> bool:
    return len(delivery.gateway.posted) >= calls


async def test_a_number_that_no_gateway_takes_holds_up_no_other(
    api: Api, app: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 3_600.0)
    async with delivering(app, api, database, Via.SMS) as delivery:

        async def by_number(writer: asyncio.StreamWriter) -> None:
            bad = b"9999" in delivery.gateway.posted[-1].body
            await (http(b"", "400 No such number") if bad else TAKEN)(writer)

        delivery.gateway.answer = by_number
        for number in ("9999", "9999", "5678"):
            await asked_a_question(api, f"M-{len(await delivery.rows())}", phone=f"081234{number}")
        async with running(delivery.works, *messages.jobs(delivery.works.channels)):
            await until(lambda: _posted(delivery, 3))
        assert sorted(row["state"] for row in await delivery.rows()) == ["given_up", "given_up", "sent"]


async def test_a_mailbox_that_takes_nothing_now_holds_up_no_other(
    api: Api, app: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 3_600.0)
    async with delivering(app, api, database, Via.EMAIL) as delivery:
        delivery.office.full = "full@member.example"
        for name in ("full", "full", "m-3"):
            await asked_a_question(api, f"M-{len(await delivery.rows())}", email=f"{name}@member.example")
        with capture_logs() as logs:
            async with running(delivery.works, *messages.jobs(delivery.works.channels)):
                await until(lambda: _received(delivery, 1))
        assert sorted(row["state"] for row in await delivery.rows()) == ["failed", "failed", "sent"]
        told = [(line["event"], line["reason"]) for line in logs if line["event"] != "request"]
        assert told == [("message_not_taken", "smtp_452")] * 2


async def _received(delivery: Delivery, mails: int) -> bool:
    return len(delivery.office.received) >= mails


async def to_be_transferred(api: Api, subject_ref: str, controller: str) -> str:
    """The path of a request whose package is ready for another controller."""
    await register(api, subject_ref)
    await push(api, subject_ref, {**GIVEN, "record_ref": f"D-{subject_ref}"})
    path = await asked(api, "portability", subject_ref, transfer_to={"controller": controller})
    await finish_tasks(api)
    assert await built(api)
    return path


async def is_sent(api: Api, subject_ref: str, path: str) -> bool:
    transfer = (await api.member(subject_ref).get(path)).json()["transfer"]
    return bool(transfer["state"] == "sent")


async def test_controllers_that_hang_or_fail_hold_up_no_other_however_much_is_for_them(api: Api) -> None:
    async with Receiver.running() as hanging_one, Receiver.running() as failing, Receiver.running() as sound:
        hanging_one.usual, failing.usual, sound.usual = hanging, http(b"", "503 Down"), acknowledging(sound)
        for code, receiver in (("a", hanging_one), ("b", failing), ("c", sound)):
            await entered(api, code, endpoint=receiver.url)
        for number in range(TRANSFERS):
            await to_be_transferred(api, f"A-{number}", "a")
            await to_be_transferred(api, f"B-{number}", "b")
        path = await to_be_transferred(api, "C-1", "c")
        async with running(api.process.works, *transfers.jobs(api.process.outbound)) as at_work:
            await until(lambda: is_sent(api, "C-1", path))
            await until(lambda: _all_hang(hanging_one.got))
            assert (len(hanging_one.got), len(failing.got)) == (1, 1), "one to each; what else is for them waits"
            at_work.stop(at_once=True)


async def test_of_workers_that_claim_at_the_same_time_one_sends_to_a_controller(api: Api, database: Database) -> None:
    async with Receiver.running() as other:
        other.usual = hanging
        await entered(api, endpoint=other.url)
        for number in range(2):
            await to_be_transferred(api, f"A-{number}", "other_coop")
        async with gate(database, "transfer") as held:
            lanes = [asyncio.create_task(job.run(api.process.works)) for job in transfers.jobs(api.process.outbound)]
            await held.waiting(2)
            await held.open()
            [done], [hangs] = await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        assert done.result() is False
        await until(lambda: _all_hang(other.got))
        hangs.cancel()
        await asyncio.gather(hangs, return_exceptions=True)
        assert len(other.got) == 1


async def test_what_waited_for_a_controller_that_failed_is_sent_once_it_takes_it(
    api: Api,
) -> None:
    async with Receiver.running() as other:
        await entered(api, endpoint=other.url)
        paths = {
            f"A-{number}": await to_be_transferred(api, f"A-{number}", "other_coop") for number in range(TRANSFERS)
        }
        other.usual = http(b"", "503 Down")
        while await sent(api):
            pass
        assert len(other.got) == 1
        other.usual = acknowledging(other)
        await advance(api, "PT2M")
        while await sent(api):
            pass
        assert len(other.got) == 1 + TRANSFERS
        assert all([await is_sent(api, member, path) for member, path in paths.items()])
