"""Calls that meet: whichever comes first, the other sees what it did (RELIABILITY.md 5, promises 21 and 45; HOUSE, lock order)."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from tests.routers.requests.test_identity import challenge, pending, verify, wrong
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import gate
from tests.support.holds import hold
from tests.support.limits import standing
from tests.support.members import particulars, push, record, register
from tests.support.requests import PROOF, code_for, decide, erasure, finish_tasks, objection, submit

OLD = record("D-old", events={"deposit_made": "2014-03-02"})
NEW = record("D-new", events={"deposit_made": "2024-03-02"})
LEFT = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
Call = Callable[[], Awaitable[httpx.Response]]


async def signed(api: Api) -> str:
    """A request about everything, assessed and signed."""
    await register(api, membership=LEFT)
    await push(api, "M-1", OLD)
    path = f"/v1/requests/{(await submit(api))['id']}"
    assert (await api.staff.post(f"{path}/assessment")).status_code == 200
    return path


async def claimed(api: Api) -> tuple[str, dict[str, object]]:
    """The last task of a request that leaves nothing, claimed."""
    assert (await api.dpo.post(f"{await signed(api)}/decision", {"outcome": "granted"})).status_code == 200
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    return f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": PROOF}


async def second_waits(
    database: Database, table: str, first: Call, second: Call
) -> tuple[httpx.Response, httpx.Response]:
    """The answers to two calls; the second begins while the first writes to a table, and waits for its end."""
    async with gate(database, table) as held:
        one = asyncio.ensure_future(first())
        await held.waiting()
        two = asyncio.ensure_future(second())
        await held.waiting(2)
        await held.open()
        return await one, await two


async def states(api: Api) -> dict[str, str]:
    items = (await api.staff.get("/v1/subjects/M-1/records")).json()["items"]
    return {item["record_ref"]: item["state"] for item in items}


class TestDecisions:
    async def test_of_many_decisions_at_once_one_is_taken(self, api: Api, database: Database) -> None:
        path = await signed(api)
        answers = await asyncio.gather(*(api.dpo.post(f"{path}/decision", {"outcome": "granted"}) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        refused = {problem(answer) for answer in answers if answer.status_code != 200}
        assert refused == {(409, "illegal_transition")}
        counts = await database.counts()
        assert (counts["public.task"], counts["public.request_item"]) == (1, 1)

    async def test_a_decision_that_comes_first_leaves_nothing_to_cancel(self, api: Api, database: Database) -> None:
        path = await signed(api)
        decided, cancelled = await second_waits(
            database,
            "request_item",
            lambda: api.dpo.post(f"{path}/decision", {"outcome": "granted"}),
            lambda: api.member("M-1").post(f"{path}/cancellation"),
        )
        assert decided.status_code == 200
        assert problem(cancelled) == (409, "illegal_transition")
        assert cancelled.json()["allowed"] == []
        assert await states(api) == {"D-old": "locked"}

    async def test_a_cancellation_that_comes_first_leaves_nothing_to_decide(self, api: Api, database: Database) -> None:
        path = await signed(api)
        cancelled, decided = await second_waits(
            database,
            "request_message",
            lambda: api.member("M-1").post(f"{path}/cancellation", {"reason": "found it"}),
            lambda: api.dpo.post(f"{path}/decision", {"outcome": "granted"}),
        )
        assert cancelled.json()["status"] == "cancelled"
        assert problem(decided) == (409, "illegal_transition")
        assert await states(api) == {"D-old": "held"}
        assert (await database.counts())["public.task"] == 0

    async def test_of_the_same_submissions_at_once_one_is_received(self, api: Api) -> None:
        await register(api)
        answers = await asyncio.gather(*(api.member("M-1").post("/v1/requests/erasure", erasure()) for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1


class TestLimits:
    async def test_a_restriction_is_either_cancelled_or_decided(self, api: Api, database: Database) -> None:
        await register(api)
        path = f"/v1/requests/{(await submit(api, kind='restriction'))['id']}"
        cancelled, decided = await asyncio.gather(
            api.member("M-1").post(f"{path}/cancellation"),
            api.staff.post(f"{path}/decision", {"outcome": "granted"}),
        )
        assert sorted((cancelled.status_code, decided.status_code)) == [200, 409]
        assert [limit.final for limit in await standing(database)] == ([True] if decided.status_code == 200 else [])

    async def test_of_liftings_at_once_one_lifts(self, api: Api, database: Database) -> None:
        await register(api)
        await push(api, "M-1", OLD)
        request = await submit(api, kind="restriction", record_refs=["D-old"])
        await decide(api, request["id"], "granted")
        await finish_tasks(api)
        lift = f"/v1/requests/{request['id']}/lifting"
        answers = await asyncio.gather(*(api.staff.post(lift, {"reason": "it is over"}) for _ in range(6)))
        assert {answer.status_code for answer in answers} == {200}
        assert [task["kind"] for task in await finish_tasks(api)] == ["lift_restriction"]
        assert await standing(database) == []

    async def test_an_objection_that_is_submitted_twice_at_once_stops_once(self, api: Api, database: Database) -> None:
        await register(api)
        bodies = (objection(), objection(ground="direct_marketing"))
        answers = await asyncio.gather(*(api.member("M-1").post("/v1/requests/objection", body) for body in bodies))
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert len(await standing(database)) == 1


class TestPushes:
    async def test_a_decision_sees_what_a_push_brought_before_it(self, api: Api, database: Database) -> None:
        path = await signed(api)
        pushed, decided = await second_waits(
            database,
            "held_record",
            lambda: api.core.put("/v1/subjects/M-1/records", {"records": [NEW]}),
            lambda: api.dpo.post(f"{path}/decision", {"outcome": "granted"}),
        )
        assert pushed.json() == {"accepted": 1, "rejected": []}
        assert problem(decided) == (409, "assessment_stale")
        assert await states(api) == {"D-new": "held", "D-old": "held"}

    async def test_a_push_sees_what_a_decision_locked_before_it(self, api: Api, database: Database) -> None:
        path = await signed(api)
        decided, pushed = await second_waits(
            database,
            "request_item",
            lambda: api.dpo.post(f"{path}/decision", {"outcome": "granted"}),
            lambda: api.core.put("/v1/subjects/M-1/records", {"records": [OLD, NEW]}),
        )
        assert decided.status_code == 200
        assert pushed.json() == {"accepted": 1, "rejected": [{"record_ref": "D-old", "code": "record_erased"}]}
        assert await states(api) == {"D-new": "held", "D-old": "locked"}

    @pytest.mark.parametrize("path", ["/v1/subjects/M-1/records", "/v1/records"])
    async def test_what_is_pushed_before_the_last_task_is_done_keeps_the_subject(
        self, api: Api, database: Database, path: str
    ) -> None:
        task, done = await claimed(api)
        pushed, completed = await second_waits(
            database,
            "held_record",
            lambda: api.core.put(path, {"records": [NEW if "subjects" in path else {**NEW, "subject_ref": "M-1"}]}),
            lambda: api.core.post(task, done),
        )
        assert (pushed.json()["accepted"], completed.status_code) == (1, 200)
        assert await states(api) == {"D-new": "held", "D-old": "erased"}
        assert (await api.dpo.get("/v1/subjects/M-1")).json()["contacts"]["phone"] is not None

    async def test_what_is_pushed_after_it_finds_nobody(self, api: Api, database: Database) -> None:
        task, done = await claimed(api)
        completed, pushed = await second_waits(
            database,
            "erasure_ledger",
            lambda: api.core.post(task, done),
            lambda: api.core.put("/v1/subjects/M-1/records", {"records": [NEW]}),
        )
        assert completed.status_code == 200
        assert problem(pushed) == (409, "subject_erased")
        assert await states(api) == {"D-old": "erased"}

    async def test_nobody_is_registered_again_while_the_last_task_is_done(self, api: Api, database: Database) -> None:
        task, done = await claimed(api)
        completed, put = await second_waits(
            database,
            "erasure_ledger",
            lambda: api.core.post(task, done),
            lambda: api.core.put("/v1/subjects/M-1", particulars()),
        )
        assert completed.status_code == 200
        assert problem(put) == (409, "subject_erased")
        assert (await api.dpo.get("/v1/subjects/M-1")).json()["contacts"] == {"phone": None, "email": None}


class TestHolds:
    async def test_a_decision_sees_a_hold_that_was_placed_before_it(self, api: Api, database: Database) -> None:
        path = await signed(api)
        placed, decided = await second_waits(
            database,
            "legal_hold",
            lambda: api.dpo.post("/v1/legal-holds", hold()),
            lambda: api.dpo.post(f"{path}/decision", {"outcome": "granted"}),
        )
        assert placed.status_code == 201
        assert problem(decided) == (409, "assessment_stale")
        assert await states(api) == {"D-old": "held"}

    async def test_a_hold_that_comes_after_a_decision_stops_its_tasks(self, api: Api, database: Database) -> None:
        path = await signed(api)
        decided, placed = await second_waits(
            database,
            "request_item",
            lambda: api.dpo.post(f"{path}/decision", {"outcome": "granted"}),
            lambda: api.dpo.post("/v1/legal-holds", hold()),
        )
        assert (decided.status_code, placed.status_code) == (200, 201)
        assert (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json() == {"items": []}

    async def test_a_hold_that_comes_before_the_proof_stops_the_completion(self, api: Api, database: Database) -> None:
        task, done = await claimed(api)
        placed, completed = await second_waits(
            database,
            "legal_hold",
            lambda: api.dpo.post("/v1/legal-holds", hold()),
            lambda: api.core.post(task, done),
        )
        assert placed.status_code == 201
        assert completed.status_code == 409
        assert await states(api) == {"D-old": "locked"}

    async def test_a_hold_that_comes_after_the_last_proof_finds_nobody(self, api: Api, database: Database) -> None:
        task, done = await claimed(api)
        completed, placed = await second_waits(
            database,
            "erasure_ledger",
            lambda: api.core.post(task, done),
            lambda: api.dpo.post("/v1/legal-holds", hold()),
        )
        assert completed.status_code == 200
        assert problem(placed) == (409, "subject_erased")


class TestTasks:
    async def several(self, api: Api, tasks: int) -> None:
        """So many open tasks of the core banking system."""
        await register(api, membership=LEFT)
        refs = [f"D-{number}" for number in range(tasks)]
        await push(api, "M-1", *({**OLD, "record_ref": ref} for ref in refs))
        for ref in refs:
            request = await submit(api, scope={"record_refs": [ref]})
            assert (await decide(api, request["id"], "granted")).status_code == 200

    async def test_two_claims_never_share_a_task(self, api: Api) -> None:
        await self.several(api, 7)
        claim = {"system": "core_banking", "max": 2, "lease_seconds": 60}
        answers = await asyncio.gather(*(api.core.post("/v1/tasks/claims", claim) for _ in range(6)))
        taken = [task["id"] for answer in answers for task in answer.json()["items"]]
        rest = (await api.core.post("/v1/tasks/claims", {**claim, "max": 100})).json()["items"]
        assert len(taken) == len(set(taken))
        assert len(taken) + len(rest) == 7

    async def test_a_claim_takes_what_another_that_is_not_done_yet_left(self, api: Api, database: Database) -> None:
        await self.several(api, 3)
        claim = {"system": "core_banking", "max": 2}
        async with gate(database, "task") as held:
            first = asyncio.ensure_future(api.core.post("/v1/tasks/claims", claim))
            await held.waiting()
            second = asyncio.ensure_future(api.core.post("/v1/tasks/claims", claim))
            await held.waiting(2)
            await held.open()
            one, two = [{task["id"] for task in (await each).json()["items"]} for each in (first, second)]
        assert (len(one), len(two), one & two) == (2, 1, set())

    async def test_a_claim_does_not_wait_for_a_task_that_another_holds(self, api: Api, database: Database) -> None:
        await self.several(api, 3)
        other = await asyncpg.connect(database.owner)
        try:
            async with other.transaction():
                held = await other.fetchval("SELECT id FROM task ORDER BY id LIMIT 1 FOR UPDATE")
                answer = await api.core.post("/v1/tasks/claims", {"system": "core_banking", "max": 3})
            assert len(answer.json()["items"]) == 2
            assert str(held) not in answer.text
        finally:
            await other.close()

    async def test_who_lost_the_lease_to_another_completes_nothing(self, api: Api) -> None:
        path, done = await claimed(api)
        await api.post("/sandbox/clock", {"advance": "PT6M"})
        [again] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
        assert problem(await api.core.post(path, done)) == (409, "lease_lost")
        answers = await asyncio.gather(*(api.core.post(path, {**done, "lease": again["lease"]}) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4

    async def test_of_many_completions_at_once_one_counts(self, api: Api, database: Database) -> None:
        path, done = await claimed(api)
        answers = await asyncio.gather(*(api.core.post(path, done) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        counts = await database.counts()
        assert counts["public.erasure_ledger"] == 2, "one line for the record, one for the subject"


class TestCodes:
    async def test_twenty_wrong_codes_at_once_are_five_tries(self, api: Api, database: Database) -> None:
        path = await pending(api)
        sent, code = await challenge(api, path), wrong(await code_for(api))
        answers = await asyncio.gather(*(verify(api, path, sent, code) for _ in range(20)))
        said = [problem(answer) for answer in answers]
        assert said.count((422, "code_wrong")) == 4
        assert said.count((423, "identity_locked")) == 16
        assert sorted(a.json()["tries_left"] for a in answers if a.status_code == 422) == [1, 2, 3, 4]
        [tried] = await database.fetch("SELECT count(*) AS n FROM audit_entry WHERE action = 'identity.code_wrong'")
        assert tried["n"] == 5

    async def test_a_new_code_brings_no_new_tries(self, api: Api) -> None:
        path = await pending(api)
        left = []
        for _ in range(5):
            sent, code = await challenge(api, path), wrong(await code_for(api))
            left.append((await verify(api, path, sent, code)).json().get("tries_left"))
        assert left == [4, 3, 2, 1, None]

    async def test_the_right_code_counts_once(self, api: Api) -> None:
        path = await pending(api)
        sent, code = await challenge(api, path), await code_for(api)
        answers = await asyncio.gather(*(verify(api, path, sent, code) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
