"""Legal holds over HTTP: placed, listed, released, and who sees what of them."""

import asyncio
import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest

from app.core.work import Work
from app.repositories import keys
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import gate
from tests.support.holds import PROVISION, REASON, hold, placed, release
from tests.support.members import push, record, register
from tests.support.requests import decide, finish_tasks, submit

UNKNOWN = "0198c5f0-0000-7000-8000-000000000000"
RELEASE_REASON = "คดีถึงที่สุด-ลำไย"
OLD_DEPOSIT = record("D-old", "deposit", events={"deposit_made": "2014-03-02"})


async def held(api: Api, subject_ref: str = "M-1") -> None:
    await register(api, subject_ref)
    await push(api, subject_ref, record("D-1"), record("D-2"), record("D-3"))


async def listed(api: Api, **wanted: Any) -> list[str]:
    answer = await api.get("/v1/legal-holds", params=wanted)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


class TestPlacing:
    async def test_the_dpo_places_a_hold_on_everything_about_a_subject(self, api: Api) -> None:
        await held(api)
        answer = await api.dpo.post("/v1/legal-holds", hold())
        body = answer.json()
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert UUID(body.pop("id")).version == 7
        assert body.pop("placed_at").endswith("Z")
        assert body == {
            "subject_ref": "M-1",
            "record_refs": None,
            "provision": PROVISION,
            "reason": REASON,
            "placed_by": "sandbox-dpo",
            "released_by": None,
            "released_at": None,
            "release_reason": None,
            "version": 1,
        }

    async def test_a_hold_may_cover_some_records_each_named_once(self, api: Api) -> None:
        await held(api)
        assert (await placed(api, record_refs=["D-2", "D-1", "D-2"]))["record_refs"] == ["D-2", "D-1"]

    async def test_a_record_that_nobody_holds_is_pointed_at(self, api: Api) -> None:
        await held(api)
        await register(api, "M-2")
        await push(api, "M-2", record("D-9"))
        answer = await api.dpo.post("/v1/legal-holds", hold(record_refs=["D-1", "D-9", "D-3", "D-unknown"]))
        assert problem(answer) == (422, "not_allowed")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/record_refs/1", "/record_refs/3"]

    async def test_what_is_erased_already_can_not_be_held(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", OLD_DEPOSIT)
        request = await submit(api)
        await decide(api, request["id"], "granted")
        await finish_tasks(api)
        answer = await api.dpo.post("/v1/legal-holds", hold(record_refs=["D-old"]))
        assert problem(answer) == (422, "not_allowed")

    async def test_a_hold_on_an_unknown_subject_is_not_found(self, api: Api) -> None:
        assert problem(await api.dpo.post("/v1/legal-holds", hold("M-unknown"))) == (404, "not_found")

    async def test_a_hold_on_an_erased_subject_comes_too_late(self, api: Api) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        request = await submit(api)
        assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
        assert problem(await api.dpo.post("/v1/legal-holds", hold())) == (409, "subject_erased")

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"record_refs": []}, "/record_refs", "too_short"),
            ({"record_refs": ["D-1"] * 5_001}, "/record_refs", "too_long"),
            ({"record_refs": "D-1"}, "/record_refs", "wrong_type"),
            ({"record_refs": ["D-1", "no spaces"]}, "/record_refs/1", "bad_format"),
            ({"reason": ""}, "/reason", "too_short"),
            ({"reason": "x" * 4_001}, "/reason", "too_long"),
            ({"reason": "a\x00b"}, "/reason", "unsafe_text"),
            ({"provision": "x" * 201}, "/provision", "too_long"),
            ({"provision": "two\nlines"}, "/provision", "unsafe_text"),
            ({"released_at": None}, "/released_at", "unknown_field"),
        ],
    )
    async def test_a_bad_field_is_pointed_at(self, api: Api, changes: dict[str, Any], pointer: str, code: str) -> None:
        await held(api)
        answer = await api.dpo.post("/v1/legal-holds", hold(**changes))
        assert problem(answer) == (422, code)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]

    @pytest.mark.parametrize("field", ["subject_ref", "reason", "provision"])
    async def test_subject_reason_and_provision_are_required(self, api: Api, field: str) -> None:
        body = hold()
        del body[field]
        answer = await api.dpo.post("/v1/legal-holds", body)
        assert problem(answer) == (422, "missing")
        assert answer.json()["errors"] == [{"pointer": f"/{field}", "code": "missing"}]

    async def test_the_same_key_places_one_hold(self, api: Api) -> None:
        await held(api)
        key = {"Idempotency-Key": "once"}
        first = await api.dpo.post("/v1/legal-holds", hold(), headers=key)
        again = await api.dpo.post("/v1/legal-holds", hold(), headers=key)
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert await listed(api.dpo) == [first.json()["id"]]


class TestReleasing:
    async def test_a_release_says_by_whom_when_and_why(self, api: Api) -> None:
        await held(api)
        before = await placed(api)
        answer = await release(api.as_role("dpo", sub="second-dpo"), before["id"], RELEASE_REASON)
        after = answer.json()
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        assert after.pop("released_at") is not None
        assert after == {
            **{name: value for name, value in before.items() if name != "released_at"},
            "released_by": "second-dpo",
            "release_reason": RELEASE_REASON,
            "version": 2,
        }

    async def test_released_twice_it_stays_as_the_first_release_left_it(self, api: Api) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        first = await release(api.dpo, hold_id)
        again = await release(api.as_role("dpo", sub="second-dpo"), hold_id, "another reason")
        assert (again.status_code, again.json()) == (200, first.json())

    async def test_a_release_of_another_version_is_a_conflict(self, api: Api) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        for stale in ('"2"', '"0"', 'W/"1"', '"x"'):
            assert problem(await release(api.dpo, hold_id, headers={"If-Match": stale})) == (412, "version_conflict")
        assert (await api.dpo.get(f"/v1/legal-holds/{hold_id}")).json()["released_at"] is None
        assert (await release(api.dpo, hold_id, headers={"If-Match": '"1"'})).status_code == 200

    async def test_of_two_releases_at_once_the_first_counts(self, api: Api, database: Database) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        async with gate(database, "legal_hold") as held_up:
            first = asyncio.create_task(release(api.dpo, hold_id, "the first"))
            await held_up.waiting(1)
            second = asyncio.create_task(release(api.as_role("dpo", sub="second-dpo"), hold_id, "the second"))
            await held_up.waiting(2)
            await held_up.open()
            assert (await first).json()["release_reason"] == "the first"
            assert (await second).json() == (await first).json()
        entries = await database.fetch("SELECT actor FROM audit_entry WHERE action = 'legal_hold.released'")
        assert [entry["actor"] for entry in entries] == ["sandbox-dpo"]

    async def test_a_release_needs_a_reason(self, api: Api) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        assert problem(await api.dpo.post(f"/v1/legal-holds/{hold_id}/release")) == (422, "missing")

    @pytest.mark.parametrize("hold_id", [UNKNOWN, "not-an-id", "1"])
    async def test_an_unknown_hold_is_not_found_whatever_else_is_wrong(self, api: Api, hold_id: str) -> None:
        assert problem(await release(api.dpo, hold_id)) == (404, "not_found")
        assert problem(await api.dpo.post(f"/v1/legal-holds/{hold_id}/release", {"x": 1})) == (404, "not_found")
        assert problem(await api.dpo.get(f"/v1/legal-holds/{hold_id}")) == (404, "not_found")


class TestReading:
    async def test_holds_are_listed_newest_first_by_subject_and_by_whether_they_are_in_force(self, api: Api) -> None:
        await held(api)
        await held(api, "M-2")
        first, second, third = [
            (await placed(api, ref, **what))["id"]
            for ref, what in (("M-1", {}), ("M-2", {}), ("M-1", {"record_refs": ["D-1"]}))
        ]
        await release(api.dpo, first)
        assert await listed(api.dpo) == [third, second, first]
        assert await listed(api.dpo, subject_ref="M-1") == [third, first]
        assert await listed(api.dpo, subject_ref="M-1", in_force="true") == [third]
        assert await listed(api.dpo, in_force="false") == [first]
        assert await listed(api.dpo, subject_ref="M-2", in_force="false") == []

    async def test_pages_show_every_hold_once(self, api: Api) -> None:
        await held(api)
        everything = [(await placed(api))["id"] for _ in range(5)][::-1]
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await api.dpo.get("/v1/legal-holds", params={"limit": 2, **cursor})).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen == everything

    async def test_a_cursor_belongs_to_its_list(self, api: Api) -> None:
        await held(api)
        for _ in range(2):
            await placed(api)
        page = (await api.dpo.get("/v1/legal-holds", params={"limit": 1})).json()
        foreign = {"cursor": page["next_cursor"], "in_force": "true"}
        assert problem(await api.dpo.get("/v1/legal-holds", params=foreign)) == (422, "bad_cursor")
        assert problem(await api.dpo.get("/v1/legal-holds", params={"cursor": "AAAA"})) == (422, "bad_cursor")

    async def test_the_holds_of_an_unknown_subject_are_not_found(self, api: Api) -> None:
        assert problem(await api.dpo.get("/v1/legal-holds", params={"subject_ref": "M-9"})) == (404, "not_found")

    @pytest.mark.parametrize("role", ["staff", "auditor"])
    async def test_who_only_reads_holds_sees_the_provision_and_no_reason(self, api: Api, role: str) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        await release(api.dpo, hold_id)
        reader = api.as_role(role)
        [in_list] = (await reader.get("/v1/legal-holds")).json()["items"]
        alone = (await reader.get(f"/v1/legal-holds/{hold_id}")).json()
        assert in_list == alone
        assert (alone["provision"], alone["reason"], alone["release_reason"]) == (PROVISION, None, None)

    async def test_the_dpo_reads_the_reasons_and_every_reading_is_recorded(self, api: Api, database: Database) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        await release(api.dpo, hold_id, RELEASE_REASON)
        await api.staff.get(f"/v1/legal-holds/{hold_id}")
        readings = (
            "SELECT object_id, subject_ref, details::text FROM audit_entry WHERE action = 'legal_hold.reason_read'"
        )
        assert await database.fetch(readings) == []
        shown = (await api.dpo.get(f"/v1/legal-holds/{hold_id}")).json()
        assert (shown["reason"], shown["release_reason"]) == (REASON, RELEASE_REASON)
        await api.dpo.get("/v1/legal-holds")
        entry = (hold_id, "M-1", f'{{"holds": {{"{hold_id}": "M-1"}}}}')
        assert [tuple(row) for row in await database.fetch(readings)] == [entry] * 2

    async def test_a_page_of_reasons_asks_for_keys_once_and_is_one_entry_of_the_audit(
        self, api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subjects = ["M-1", "M-2", "M-3"]
        for subject_ref in subjects:
            await register(api, subject_ref)
        read = {(await placed(api, subject_ref=ref, record_refs=None))["id"]: ref for ref in [*subjects, "M-1"]}
        asked: list[set[str]] = []

        async def asking(work: Work, subject_refs: Collection[str], purpose: str) -> Sequence[keys.WrappedKey]:
            asked.append(set(subject_refs))
            return await fetch(work, subject_refs, purpose)

        fetch = keys.get
        monkeypatch.setattr(keys, "get", asking)
        items = (await api.dpo.get("/v1/legal-holds")).json()["items"]
        assert {item["reason"] for item in items} == {REASON}
        assert asked == [set(subjects)]
        [entry] = await database.fetch(
            "SELECT object_id, subject_ref, details FROM audit_entry WHERE action = 'legal_hold.reason_read'"
        )
        assert (entry["object_id"], entry["subject_ref"]) == ("page", None)
        assert json.loads(entry["details"]) == {"holds": read}


class TestAccess:
    @pytest.mark.parametrize(
        "role", ["member", "representative", "core_banking", "staff", "committee", "auditor", "partner", "admin"]
    )
    async def test_only_the_dpo_places_and_releases_holds(self, api: Api, role: str) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        other = api.as_role(role, **({"subject_ref": "M-1"} if role in {"member", "representative"} else {}))
        assert problem(await other.post("/v1/legal-holds", hold())) == (403, "forbidden")
        assert problem(await other.post("/v1/legal-holds", {"bad": 1})) == (403, "forbidden")
        assert problem(await release(other, hold_id)) == (403, "forbidden")
        assert (await api.dpo.get(f"/v1/legal-holds/{hold_id}")).json()["released_at"] is None

    @pytest.mark.parametrize("role", ["member", "representative", "core_banking", "committee", "partner", "admin"])
    async def test_who_may_not_read_holds_is_refused_the_list_and_each_of_them(self, api: Api, role: str) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        other = api.as_role(role, subject_ref="M-1")
        assert problem(await other.get("/v1/legal-holds")) == (403, "forbidden")
        assert problem(await other.get(f"/v1/legal-holds/{hold_id}")) == (403, "forbidden")
        assert problem(await other.get(f"/v1/legal-holds/{UNKNOWN}")) == (403, "forbidden")

    async def test_without_a_token_there_is_nothing(self, api: Api) -> None:
        for answer in (await api.get("/v1/legal-holds"), await api.post("/v1/legal-holds", hold())):
            assert problem(answer) == (401, "invalid_token")


class TestTraces:
    async def test_each_act_leaves_one_audit_entry_and_one_event_and_neither_says_why(
        self, api: Api, database: Database
    ) -> None:
        await held(api)
        hold_id = (await placed(api, record_refs=["D-1", "D-2"]))["id"]
        await release(api.dpo, hold_id)
        await release(api.dpo, hold_id)
        entries = await database.fetch(
            "SELECT action, object_type, object_id, subject_ref, actor, details FROM audit_entry "
            "WHERE object_type = 'legal_hold' ORDER BY at"
        )
        common = ("legal_hold", hold_id, "M-1", "sandbox-dpo", '{"records": 2}')
        assert [tuple(entry) for entry in entries] == [
            ("legal_hold.placed", *common),
            ("legal_hold.released", *common),
        ]
        events = await database.fetch(
            "SELECT type, data FROM outgoing_event WHERE type LIKE 'legal_hold.%' ORDER BY id"
        )
        assert [event["type"] for event in events] == ["legal_hold.placed", "legal_hold.released"]
        for event in events:
            told = {"hold_id": hold_id, "subject_ref": "M-1", "record_refs": ["D-1", "D-2"]}
            assert json.loads(event["data"]) == told

    async def test_reasons_lie_sealed_under_the_key_that_outlives_the_profile(
        self, api: Api, database: Database
    ) -> None:
        await held(api)
        hold_id = (await placed(api))["id"]
        await release(api.dpo, hold_id, RELEASE_REASON)
        [row] = await database.fetch("SELECT reason, release_reason FROM legal_hold")
        assert "ชมพู่".encode() not in row["reason"]
        assert "ลำไย".encode() not in row["release_reason"]
        await database.execute("DELETE FROM keys.subject_key WHERE purpose = 'profile'")
        assert (await api.dpo.get(f"/v1/legal-holds/{hold_id}")).json()["reason"] == REASON
        await database.execute("DELETE FROM keys.subject_key WHERE purpose = 'evidence'")
        shown = (await api.dpo.get(f"/v1/legal-holds/{hold_id}")).json()
        assert (shown["reason"], shown["release_reason"], shown["provision"]) == (None, None, PROVISION)
