"""`Idempotency-Key` as published (API 1; RELIABILITY.md 5, promise 26)."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core.idempotency import identify_call
from app.domain.errors import InvalidInput
from tests.support.api import Api, problem
from tests.support.consents import consent, given
from tests.support.database import Database
from tests.support.faults import failing, gate, watching
from tests.support.holds import hold
from tests.support.members import push, record, register
from tests.support.requests import code_for, decide, erasure, finish_tasks

KEY = {"Idempotency-Key": "only-once"}
SUBMIT = "/v1/requests/erasure"
HOLDS = "/v1/legal-holds"


async def ask(api: Api, key: str = "only-once", **changes: Any) -> httpx.Response:
    """A member's request under a key."""
    return await api.member("M-1").post(SUBMIT, erasure(**changes), headers={"Idempotency-Key": key})


def replayed(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("Idempotency-Replayed") == "true")


async def effects(database: Database) -> tuple[int, int, int]:
    """Requests, timeline entries and audit entries of submissions."""
    counts = await database.counts()
    [row] = await database.fetch("SELECT count(*) AS n FROM audit_entry WHERE action = 'request.submitted'")
    return counts["public.rights_request"], counts["public.request_event"], row["n"]


class TestReplay:
    async def test_a_repeated_call_is_answered_as_the_first_was_and_does_nothing(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        first = await ask(api)
        before = await effects(database)
        again = await ask(api)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
        assert (replayed(first), replayed(again)) == (False, True)
        assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
        assert await effects(database) == before == (1, 2, 1)

    async def test_a_replay_tells_what_was_answered_then_not_what_has_become_of_it(self, api: Api) -> None:
        await register(api)
        first = await ask(api)
        await api.member("M-1").post(f"/v1/requests/{first.json()['id']}/cancellation")
        assert (await ask(api)).json()["status"] == "in_review"

    async def test_the_same_json_spelled_otherwise_is_the_same_call(self, api: Api) -> None:
        await register(api)
        first = await ask(api)
        body = json.dumps(dict(reversed(erasure().items())), indent=4).encode()
        headers = {**KEY, "Content-Type": "application/json; charset=utf-8"}
        again = await api.member("M-1").call("POST", SUBMIT, content=body, headers=headers)
        assert (again.content, replayed(again)) == (first.content, True)

    async def test_a_replay_touches_its_row(self, api: Api, database: Database) -> None:
        await register(api)
        await ask(api)
        assert [row["replayed_at"] for row in await database.fetch("SELECT replayed_at FROM kept_answer")] == [None]
        await api.post("/sandbox/clock", {"advance": "P1D"})
        await ask(api)
        [row] = await database.fetch(
            "SELECT replayed_at - kept_at < interval '1 hour' AS by_the_real_clock FROM kept_answer"
        )
        assert row["by_the_real_clock"]

    async def test_a_call_without_fields_has_a_key_too(self, api: Api) -> None:
        await register(api)
        path = f"/v1/requests/{(await ask(api)).json()['id']}/assessment"
        first = await api.staff.post(path, headers=KEY)
        again = await api.staff.post(path, headers=KEY)
        assert (again.json(), replayed(again)) == (first.json(), True)

    async def test_reading_and_replacing_know_no_key(self, api: Api, database: Database) -> None:
        await register(api)
        for _ in range(2):
            assert not replayed(await api.core.get("/v1/subjects/M-1", headers=KEY))
            assert not replayed(await api.core.put("/v1/subjects/M-1", {"kind": "visitor"}, headers=KEY))
        assert (await database.counts())["public.kept_answer"] == 0


class TestScope:
    async def test_another_body_under_the_same_key_is_a_mismatch(self, api: Api, database: Database) -> None:
        await register(api)
        await ask(api)
        before = await effects(database)
        assert problem(await ask(api, note="and quickly")) == (422, "idempotency_mismatch")
        assert await effects(database) == before
        assert replayed(await ask(api)), "the first answer is still there"

    async def test_another_thing_under_the_same_key_is_a_mismatch(self, api: Api) -> None:
        await register(api)
        first, second = await given(api), await given(api, purpose="loan_application_assessment")
        withdrawal = {"channel": "app"}
        await api.member("M-1").post(f"/v1/consents/{first['id']}/withdrawal", withdrawal, headers=KEY)
        answer = await api.member("M-1").post(f"/v1/consents/{second['id']}/withdrawal", withdrawal, headers=KEY)
        assert problem(answer) == (422, "idempotency_mismatch")
        assert (await api.staff.get(f"/v1/consents/{second['id']}")).json()["status"] == "active"

    async def test_keys_belong_to_one_caller(self, api: Api) -> None:
        await register(api)
        officers = [api.as_role("dpo", sub=sub) for sub in ("dpo-1", "dpo-2")]
        answers = [await officer.post(HOLDS, hold(), headers=KEY) for officer in officers]
        assert [replayed(answer) for answer in answers] == [False, False]
        assert len({answer.json()["id"] for answer in answers}) == 2

    @pytest.mark.parametrize("claims", [{"subject_ref": "M-2"}, {"system": "loans"}])
    async def test_a_caller_is_who_the_token_stands_for_too(self, api: Api, claims: dict[str, str]) -> None:
        await register(api)
        first = await api.as_role("dpo", sub="s").post(HOLDS, hold(), headers=KEY)
        again = await api.as_role("dpo", sub="s", **claims).post(HOLDS, hold(), headers=KEY)
        assert first.json()["id"] != again.json()["id"]

    async def test_keys_belong_to_one_route(self, api: Api) -> None:
        await register(api)
        path = f"/v1/requests/{(await ask(api)).json()['id']}"
        asked = await api.staff.post(f"{path}/information-requests", {"question": "Which?"}, headers=KEY)
        assigned = await api.staff.post(f"{path}/assignment", {"assigned_to": "officer-7"}, headers=KEY)
        assert (asked.json()["status"], assigned.json()["assigned_to"]) == ("information_pending", "officer-7")

    async def test_different_keys_are_different_calls(self, api: Api) -> None:
        await register(api)
        answers = [
            await api.dpo.post(HOLDS, hold(), headers={"Idempotency-Key": key}) for key in ("a", "A", "a b", "a  b")
        ]
        assert len({answer.json()["id"] for answer in answers}) == len(answers)


class TestErrors:
    async def test_after_an_error_the_key_is_free(self, api: Api) -> None:
        assert problem(await ask(api)) == (404, "not_found")
        await register(api)
        assert problem(await ask(api, on_behalf_by="M-2")) == (403, "representative_required")
        assert problem(await ask(api, received_on="2026-01-01")) == (422, "not_allowed")
        answer = await ask(api)
        assert (answer.status_code, replayed(answer)) == (201, False)

    @pytest.mark.parametrize("how", [{}, {"at_commit": True}, {"sqlstate": "55P03"}])
    @pytest.mark.parametrize("table", ["rights_request", "kept_answer"])
    async def test_after_a_failure_the_key_is_free(
        self, api: Api, database: Database, table: str, how: dict[str, Any]
    ) -> None:
        await register(api)
        async with watching(database) as watch:
            async with failing(database, table, **how):
                assert (await ask(api)).status_code >= 500
            assert await watch.changes() == set()
        answer = await ask(api)
        assert (answer.status_code, replayed(answer)) == (201, False)

    async def test_a_recorded_refusal_is_not_replayed_but_made_again(self, api: Api) -> None:
        await register(api)
        request = (await api.staff.post(SUBMIT, erasure(channel="counter"))).json()
        path = f"/v1/requests/{request['id']}/identity"
        sent = (await api.staff.post(f"{path}/challenges", {"via": "sms"})).json()["challenge_id"]
        code = await code_for(api)
        wrong = {"challenge_id": sent, "code": str((int(code) + 1) % 10**6).zfill(6)}
        tries = [await api.staff.post(f"{path}/verifications", wrong, headers=KEY) for _ in range(2)]
        assert [answer.json()["tries_left"] for answer in tries] == [4, 3]
        right = await api.staff.post(f"{path}/verifications", {**wrong, "code": code}, headers=KEY)
        assert right.json()["status"] == "in_review"

    @pytest.mark.parametrize("key", ["", "x" * 256, "กุญแจ", "a\tb", "a\x7fb", "a\x00b", "\xe9"])
    async def test_a_key_is_1_to_255_printable_characters(self, api: Api, database: Database, key: str) -> None:
        await register(api)
        raw = key.encode("utf-8" if key == "กุญแจ" else "latin-1")
        answer = await api.member("M-1").post(SUBMIT, erasure(), headers={b"Idempotency-Key": raw})
        assert problem(answer) == (422, "bad_format")
        assert answer.json()["errors"] == [{"pointer": "/headers/Idempotency-Key", "code": "bad_format"}]
        assert (await effects(database))[0] == 0

    @pytest.mark.parametrize("key", ["!", "~" * 255, "a b", "../../etc/passwd", "'; DROP TABLE kept_answer; --"])
    async def test_any_printable_key_is_taken(self, api: Api, key: str) -> None:
        await register(api)
        assert [replayed(await ask(api, key)) for _ in range(2)] == [False, True]


class TestConcurrency:
    async def test_of_fifty_calls_at_once_one_takes_effect(self, api: Api, database: Database) -> None:
        await register(api)
        answers = await asyncio.gather(*(ask(api) for _ in range(50)))
        done = [answer for answer in answers if answer.status_code == 201]
        assert len({answer.content for answer in done}) == 1
        assert [replayed(answer) for answer in done].count(False) == 1
        refused = {problem(answer) for answer in answers if answer.status_code != 201}
        assert refused <= {(409, "idempotency_in_progress")}
        assert await effects(database) == (1, 2, 1)

    async def test_while_the_first_runs_the_second_is_refused_at_once(self, api: Api, database: Database) -> None:
        await register(api)
        async with gate(database, "request_event") as held:
            first = asyncio.create_task(ask(api))
            await held.waiting()
            assert problem(await ask(api)) == (409, "idempotency_in_progress")
            assert problem(await ask(api, note="other")) == (409, "idempotency_in_progress")
            await held.open()
            assert (await first).status_code == 201
        assert replayed(await ask(api))


class TestTime:
    async def age(self, database: Database, age: timedelta) -> None:
        await database.execute("UPDATE kept_answer SET kept_at = clock_timestamp() - $1::interval", age)

    async def test_an_answer_is_kept_24_hours_of_the_real_clock(self, api: Api, database: Database) -> None:
        await register(api)
        first = await ask(api)
        await self.age(database, timedelta(hours=23, minutes=59))
        assert replayed(await ask(api))
        await api.member("M-1").post(f"/v1/requests/{first.json()['id']}/cancellation")
        await self.age(database, timedelta(hours=24, minutes=1))
        again = await ask(api)
        assert (again.status_code, replayed(again)) == (201, False)
        assert again.json()["id"] != first.json()["id"]
        assert replayed(await ask(api)), "kept anew"

    async def test_after_24_hours_another_body_may_take_the_key(self, api: Api, database: Database) -> None:
        await register(api)
        await ask(api)
        await self.age(database, timedelta(hours=25))
        assert (await ask(api, scope={"record_refs": ["X"]})).status_code == 201

    async def test_the_sandbox_clock_does_not_matter(self, api: Api) -> None:
        await register(api)
        first = await ask(api)
        for move in ({"advance": "P400D"}, {"at": "2001-01-01T00:00:00Z"}):
            await api.post("/sandbox/clock", move)
            again = await ask(api)
            assert (again.content, replayed(again)) == (first.content, True)

    async def test_what_has_outlived_its_day_is_dropped(self, api: Api, database: Database) -> None:
        await register(api)
        await ask(api, "old")
        await self.age(database, timedelta(hours=25))
        await ask(api, "new")
        assert [row["key"] for row in await database.fetch("SELECT key FROM kept_answer")] == ["new"]


class TestAuthorisation:
    async def test_a_caller_who_lost_the_role_gets_no_replay(self, api: Api) -> None:
        await register(api)
        assert (await api.as_role("dpo", sub="s").post(HOLDS, hold(), headers=KEY)).status_code == 201
        answer = await api.as_role("staff", sub="s").post(HOLDS, hold(), headers=KEY)
        assert problem(answer) == (403, "forbidden")

    async def test_a_caller_whose_token_ended_gets_no_replay(self, api: Api) -> None:
        await register(api)
        await ask(api)
        assert problem(await api.post(SUBMIT, erasure(), headers=KEY)) == (401, "invalid_token")

    async def test_a_caller_who_may_no_longer_see_the_thing_gets_no_replay(self, api: Api) -> None:
        await register(api)
        path = f"/v1/consents/{(await given(api))['id']}/withdrawal"
        officer, person = api.as_role("staff", sub="s"), api.as_role("member", sub="s")
        assert (await officer.post(path, {"channel": "post"}, headers=KEY)).status_code == 200
        assert problem(await person.post(path, {"channel": "post"}, headers=KEY)) == (404, "not_found")

    @pytest.mark.parametrize(("path", "body"), [(SUBMIT, erasure()), ("/v1/consents", consent(explicit=True))])
    async def test_nor_where_only_the_body_names_whose_it_is(self, api: Api, path: str, body: dict[str, Any]) -> None:
        await register(api)
        officer, person = api.as_role("staff", sub="s"), api.as_role("member", sub="s")
        assert (await officer.post(path, body, headers=KEY)).status_code == 201
        assert problem(await person.post(path, body, headers=KEY)) == (404, "not_found")

    async def test_nor_who_has_other_roles_than_then(self, api: Api) -> None:
        await register(api)
        answers = [await api.as_role(role, sub="s").post(SUBMIT, erasure(), headers=KEY) for role in ("dpo", "staff")]
        assert [(answer.status_code, replayed(answer)) for answer in answers] == [(201, False), (200, False)]

    async def test_the_order_of_the_roles_does_not_matter(self, api: Api) -> None:
        await register(api)
        for roles in (("dpo", "staff"), ("staff", "dpo")):
            answer = await api.as_role(*roles, sub="s").post(HOLDS, hold(), headers=KEY)
        assert replayed(answer)

    async def test_a_replay_after_the_erasure_tells_what_it_told_then(self, api: Api) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        await push(api, "M-1", record("D-old", events={"deposit_made": "2014-03-02"}))
        first = await ask(api)
        await decide(api, first.json()["id"], "granted")
        await finish_tasks(api)
        assert problem(await api.core.put("/v1/subjects/M-1", {"kind": "visitor"})) == (409, "subject_erased")
        again = await ask(api)
        assert (again.content, replayed(again)) == (first.content, True)


async def test_kept_answers_are_sealed_each_for_its_own_call(api: Api, database: Database) -> None:
    await register(api)
    first, second = await ask(api, "a"), await ask(api, "b", scope={"record_refs": ["X"]})
    rows = await database.fetch("SELECT key, body FROM kept_answer ORDER BY key")
    for answer, row in zip((first, second), rows, strict=True):
        assert answer.json()["reference"].encode() not in row["body"]
        assert answer.content not in row["body"]
    await database.execute("UPDATE kept_answer SET body = $1 WHERE key = 'b'", rows[0]["body"])
    swapped = await ask(api, "b", scope={"record_refs": ["X"]})
    assert first.json()["id"] not in swapped.text


def test_the_digest_of_a_call_covers_all_that_was_asked() -> None:
    def digest(target: str, body: object) -> bytes:
        call = identify_call("s", "/r", ["k"], target, body)
        assert call is not None
        return call.fingerprint

    calls: list[tuple[str, object]] = [
        ("/r?", {}),
        ("/r?a=1", {}),
        ("/r?", []),
        ("/r?", None),
        ("/r?", {"a": 1}),
        ("/r?", {"a": "1"}),
        ("/r?", {"a": 1.5}),
    ]
    assert len({digest(*call) for call in calls}) == len(calls)
    assert digest("/r?", {"a": 1, "b": 2}) == digest("/r?", {"b": 2, "a": 1})
    assert digest("/r?", {"a": "\ud800"}) != digest("/r?", {"a": "\udfff"})


def test_two_keys_are_no_key() -> None:
    with pytest.raises(InvalidInput):
        identify_call("s", "/r", ["a", "a"], "/r?", {})
    assert identify_call("s", "/r", [], "/r?", {}) is None
