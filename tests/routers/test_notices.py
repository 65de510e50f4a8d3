"""Publication of notices by the DPO: what is current changes, what was published never does."""

import asyncio
import hashlib
import json
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.main import Process, create_app, prepare
from app.policies.loader import load_pack, restore_pack
from tests.support.api import Api, problem
from tests.support.consents import PURPOSE, given, read
from tests.support.database import Database
from tests.support.faults import failing, watching
from tests.support.members import register
from tests.support.notices import day, notice, published
from tests.support.packs import SHIPPED_PACKS, ShippedPack

PACK = "chanthaburi-teachers"
OLD = "2565-1-life-insurance"
WRITTEN = ["policy_overlay", "policy_version", "outgoing_event", "audit_entry", "kept_answer"]


async def current_version(api: Api, purpose: str = PURPOSE) -> object:
    return (await api.staff.get(f"/v1/purposes/{purpose}")).json()["notice_version"]


async def policy(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.staff.get("/v1/policy")).json()
    return found


async def refused(api: Api, **changes: Any) -> set[tuple[str, str]]:
    """The faults that a notice with these changes is refused for."""
    answer = await api.dpo.post("/v1/notices", await notice(api, **changes))
    assert answer.status_code == 422, answer.text
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


class TestWhatIsCurrent:
    async def test_a_notice_from_today_is_current_at_once(self, api: Api) -> None:
        new = await published(api)
        assert new["status"] == "current"
        assert await current_version(api) == "2569-1"
        (found,) = (await api.get("/v1/notices", params={"purpose": PURPOSE, "status": "current"})).json()["items"]
        assert found == new

    async def test_the_one_it_replaces_is_past_and_stays_readable_as_it_was(self, api: Api) -> None:
        before = (await api.get("/v1/notices/life-insurance")).json()
        await published(api)
        assert (await api.get("/v1/notices/life-insurance")).json() == {**before, "status": "past"}

    async def test_it_replaces_the_current_one_of_its_own_purposes_only(self, api: Api) -> None:
        others = ("loan_application_assessment", "account_opening")
        before = [await current_version(api, other) for other in others]
        await published(api)
        assert [await current_version(api, other) for other in others] == before

    async def test_one_for_a_later_day_is_scheduled_until_that_day_begins_in_bangkok(self, api: Api) -> None:
        today, tomorrow = await day(api), await day(api, 1)
        new = await published(api, effective_from=tomorrow.isoformat())
        assert new["status"] == "scheduled"
        await api.post("/sandbox/clock", {"at": f"{today}T23:59:59+07:00"})
        assert await current_version(api) == OLD
        await api.post("/sandbox/clock", {"at": f"{tomorrow}T00:00:00+07:00"})
        assert await current_version(api) == "2569-1"
        assert (await api.get(f"/v1/notices/{new['notice_id']}")).json()["status"] == "current"

    async def test_of_two_from_the_same_day_the_one_published_later_is_current(self, api: Api) -> None:
        first, second = await published(api, "a"), await published(api, "b")
        assert await current_version(api) == "b"
        listed = (await api.get("/v1/notices", params={"purpose": PURPOSE})).json()["items"]
        assert [each["version"] for each in listed] == ["b", "a", OLD]
        assert listed[:2] == [second, {**first, "status": "past"}]


class TestWhatIsPublished:
    async def test_it_is_read_as_it_was_answered_by_get_and_head(self, api: Api) -> None:
        new = await published(api, purposes=[PURPOSE, "loan_application_assessment"], fresh_consent_for=[PURPOSE])
        assert new["purposes"] == [PURPOSE, "loan_application_assessment"]
        assert new["fresh_consent_for"] == [PURPOSE]
        assert new["published_at"] is not None
        assert UUID(new["notice_id"]).version == 7
        path = f"/v1/notices/{new['notice_id']}"
        assert (await api.get(path)).json() == new
        assert (await api.call("HEAD", path)).status_code == 200

    async def test_anybody_can_compute_its_digest_from_its_texts(self, api: Api) -> None:
        texts: dict[str, Any] = {"title": {"th": "~", "en": "null"}, "content": {"th": "หนึ่ง\r\nสอง", "en": "e\u0301"}}
        new = await published(api, **texts)
        assert new["content"] == {"th": "หนึ่ง\nสอง", "en": "\u00e9"}
        told = {"title": new["title"], "content": new["content"]}
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert new["content_sha256"] == hashlib.sha256(canonical.encode()).hexdigest()

    async def test_a_notice_of_the_pack_was_not_published_here(self, api: Api) -> None:
        own = (await api.get("/v1/notices/life-insurance")).json()
        assert own["published_at"] is None
        assert own["fresh_consent_for"] == []

    async def test_the_longest_texts_are_taken(self, api: Api) -> None:
        longest = {"th": "ก" * 20_000, "en": "x" * 20_000}
        title = {"th": "ก" * 200, "en": "x" * 200}
        assert (await published(api, title=title, content=longest))["content"] == longest

    async def test_every_role_but_the_dpo_is_refused(self, api: Api) -> None:
        body = await notice(api)
        for role in ("member", "representative", "core_banking", "staff", "committee", "auditor", "partner", "admin"):
            claims = {"subject_ref": "M-1"} if role in {"member", "representative"} else {}
            assert problem(await api.as_role(role, **claims).post("/v1/notices", body)) == (403, "forbidden")
        assert problem(await api.post("/v1/notices", body)) == (401, "invalid_token")

    async def test_systems_are_told_and_the_act_is_recorded_without_its_texts(
        self, api: Api, database: Database
    ) -> None:
        before = (await policy(api))["sha256"]
        new = await published(api, fresh_consent_for=[PURPOSE])
        told = {key: new[key] for key in ("version", "purposes", "fresh_consent_for", "effective_from")}
        (event,) = await database.fetch("SELECT type, data FROM outgoing_event")
        assert event["type"] == "notice.published"
        assert json.loads(event["data"]) == {"notice_id": new["notice_id"], **told}
        (entry,) = await database.fetch("SELECT * FROM audit_entry")
        assert (entry["action"], entry["object_id"]) == ("notice.published", new["notice_id"])
        assert (entry["actor"], entry["policy"]) == ("sandbox-dpo", before)
        assert json.loads(entry["details"]) == told

    async def test_a_repetition_under_the_same_key_publishes_nothing_more(self, api: Api) -> None:
        body, key = await notice(api), {"Idempotency-Key": "once"}
        first = await api.dpo.post("/v1/notices", body, headers=key)
        again = await api.dpo.post("/v1/notices", body, headers=key)
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (await policy(api))["overlay_entries"] == 1


class TestWhatIsRefused:
    @pytest.mark.parametrize("version", [OLD, "2569-1"])
    async def test_a_version_that_stands_already_in_the_pack_or_on_top_of_it(self, api: Api, version: str) -> None:
        await published(api, "2569-1")
        answer = await api.dpo.post("/v1/notices", await notice(api, version, purposes=["account_opening"]))
        assert problem(answer) == (409, "notice_version_taken")
        assert (await policy(api))["overlay_entries"] == 1

    async def test_a_day_that_is_over_or_none(self, api: Api) -> None:
        yesterday = (await day(api, -1)).isoformat()
        assert await refused(api, effective_from=yesterday) == {("/effective_from", "out_of_range")}
        assert await refused(api, effective_from="2570-01-01") == {("/effective_from", "buddhist_era_year")}
        assert await refused(api, effective_from="2027-02-29") == {("/effective_from", "bad_format")}
        assert await refused(api, effective_from="2201-01-01") == {("/effective_from", "out_of_range")}

    async def test_purposes_that_are_unknown_stand_twice_or_are_none(self, api: Api) -> None:
        assert await refused(api, purposes=["world_domination"]) == {("/purposes/0", "not_allowed")}
        assert await refused(api, purposes=[PURPOSE, PURPOSE]) == {("/purposes/1", "not_allowed")}
        assert await refused(api, purposes=[]) == {("/purposes", "too_short")}
        assert await refused(api, purposes=[PURPOSE] * 101) == {("/purposes", "too_long")}

    async def test_fresh_consent_for_what_it_does_not_cover_or_what_needs_none(self, api: Api) -> None:
        here = {("/fresh_consent_for/0", "not_allowed")}
        assert await refused(api, fresh_consent_for=["loan_application_assessment"]) == here
        needs_none = "monthly_member_billing"
        assert await refused(api, purposes=[PURPOSE, needs_none], fresh_consent_for=[needs_none]) == here
        twice = [PURPOSE, PURPOSE]
        assert await refused(api, fresh_consent_for=twice) == {("/fresh_consent_for/1", "not_allowed")}

    async def test_all_faults_are_told_at_once(self, api: Api) -> None:
        yesterday = (await day(api, -1)).isoformat()
        faults = await refused(api, effective_from=yesterday, purposes=["one"], fresh_consent_for=["two"])
        assert faults == {
            ("/effective_from", "out_of_range"),
            ("/purposes/0", "not_allowed"),
            ("/fresh_consent_for/0", "not_allowed"),
        }

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("a\0b", "unsafe_text"),
            ("a\ud800b", "unsafe_text"),
            ("a\u202eb", "unsafe_text"),
            (" \n", "too_short"),
            ("x" * 20_001, "too_long"),
            (None, "wrong_type"),
        ],
    )
    async def test_texts_that_nobody_can_read_safely(self, api: Api, text: str | None, code: str) -> None:
        body = await notice(api, content={"th": "ข้อความ", "en": text})
        answer = await api.dpo.call(
            "POST", "/v1/notices", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert [tuple(error.values()) for error in answer.json()["errors"]] == [("/content/en", code)]

    async def test_a_title_of_two_lines_or_texts_in_one_language(self, api: Api) -> None:
        assert await refused(api, title={"th": "ก\nข", "en": "x"}) == {("/title/th", "unsafe_text")}
        assert await refused(api, title={"th": "ก", "en": "x" * 201}) == {("/title/en", "too_long")}
        assert await refused(api, content={"th": "ก"}) == {("/content/en", "missing")}
        assert await refused(api, content={"th": "ก", "en": "x", "fr": "x"}) == {("/content/fr", "unknown_field")}


class TestThePolicyInForce:
    async def test_it_has_another_name_after_each_publication(self, api: Api) -> None:
        names = [(await policy(api))["sha256"]]
        for version in ("one", "two"):
            await published(api, version)
            names.append((await policy(api))["sha256"])
        assert len(set(names)) == 3
        assert (await policy(api))["overlay_entries"] == 2

    async def test_it_is_kept_whole_so_that_it_can_be_restored(self, api: Api, database: Database) -> None:
        new = await published(api)
        in_force = (await policy(api))["sha256"]
        (row,) = await database.fetch("SELECT canonical FROM policy_version WHERE sha256 = $1", in_force)
        restored = restore_pack(row["canonical"])
        assert restored.sha256 == in_force
        assert restored.notices[new["notice_id"]].content_sha256 == new["content_sha256"]

    async def test_without_any_publication_it_is_the_pack(self, api: Api) -> None:
        before = await policy(api)
        await published(api)
        await api.post("/sandbox/reset")
        assert await policy(api) == before
        assert before["overlay_entries"] == 0
        assert await current_version(api) == OLD

    async def test_of_many_publications_at_once_all_get_through_in_an_order(self, api: Api, database: Database) -> None:
        bodies = [await notice(api, f"v{number}") for number in range(8)]
        answers = await asyncio.gather(*(api.dpo.post("/v1/notices", body) for body in bodies))
        assert {answer.status_code for answer in answers} == {201}
        rows = await database.fetch("SELECT position, content->>'version' AS v FROM policy_overlay ORDER BY position")
        assert [row["position"] for row in rows] == list(range(1, 9))
        assert {row["v"] for row in rows} == {body["version"] for body in bodies}
        assert (await policy(api))["overlay_entries"] == 8

    async def test_of_many_publications_of_one_version_one_gets_through(self, api: Api) -> None:
        body = await notice(api)
        answers = await asyncio.gather(*(api.dpo.post("/v1/notices", body) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
        assert (await policy(api))["overlay_entries"] == 1

    async def test_another_process_knows_it_at_once(self, api: Api, database: Database, process: Process) -> None:
        engine, lane = create_engine(database.service, name="other"), Lane(database.service, name="other")
        other = await prepare(process.settings, engine, lane, Clock(), load_pack(PACK), process.works.ring)
        async with Api.over(create_app(other), other) as elsewhere:
            assert (await policy(elsewhere))["overlay_entries"] == 0
            new = await published(api)
            assert (await elsewhere.get(f"/v1/notices/{new['notice_id']}")).json() == new
            assert await policy(elsewhere) == await policy(api)
        lane.close()
        await engine.dispose()

    @pytest.mark.parametrize("table", WRITTEN)
    async def test_a_publication_that_fails_at_any_write_leaves_nothing(
        self, api: Api, database: Database, table: str
    ) -> None:
        body, key = await notice(api), {"Idempotency-Key": "only-once"}
        async with watching(database) as watch:
            async with failing(database, table):
                assert problem(await api.dpo.post("/v1/notices", body, headers=key)) == (500, "internal_error")
            assert await watch.changes() == set()
        assert await current_version(api) == OLD
        assert (await api.dpo.post("/v1/notices", body, headers=key)).status_code == 201


@pytest.mark.packs(*SHIPPED_PACKS)
class TestConsents:
    async def test_who_consents_now_must_have_been_shown_the_new_notice(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        new = await published(api)
        answer = await api.member("M-1").post("/v1/consents", pack.body())
        assert problem(answer) == (409, "notice_superseded")
        bound = await given(api, notice_version="2569-1")
        assert bound["notice_sha256"] == new["content_sha256"]
        assert bound["policy"] == (await policy(api))["sha256"]

    async def test_earlier_consents_end_when_a_notice_wants_them_afresh(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        bound, other = await given(api), await given(api, purpose=pack.other_consent)
        async with watching(database) as watch:
            covered = [pack.consent, pack.other_consent]
            await published(api, purposes=covered, fresh_consent_for=[pack.consent])
            assert not {"public.consent", "public.consent_event"} & await watch.changes()
        assert (await read(api, bound["id"]))["status"] == "superseded"
        assert (await read(api, other["id"]))["status"] == "active"
        again = await given(api, notice_version="2569-1")
        assert (await read(api, again["id"]))["status"] == "active"
        assert (await read(api, bound["id"]))["status"] == "superseded"

    async def test_until_its_day_begins_they_stand(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        bound, tomorrow = await given(api), await day(api, 1)
        await published(api, effective_from=tomorrow.isoformat(), fresh_consent_for=[pack.consent])
        assert (await read(api, bound["id"]))["status"] == "active"
        await api.post("/sandbox/clock", {"at": f"{tomorrow}T00:00:00+07:00"})
        assert (await read(api, bound["id"]))["status"] == "superseded"

    async def test_how_they_stood_before_can_still_be_asked(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        bound = await given(api)
        new = await published(api, fresh_consent_for=[pack.consent])
        for at, status in ((bound["granted_at"], "active"), (new["published_at"], "superseded")):
            found = await api.staff.get("/v1/consents", params={"subject_ref": "M-1", "at": at})
            assert [each["status"] for each in found.json()["items"]] == [status]

    async def test_a_consent_stands_where_the_new_notice_does_not_say_otherwise(self, api: Api) -> None:
        await register(api)
        bound = await given(api)
        await published(api)
        assert (await read(api, bound["id"]))["status"] == "active"
