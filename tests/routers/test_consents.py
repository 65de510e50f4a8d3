"""Granting and reading consent over HTTP, under every shipped pack."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.policy import Notice
from app.main import Process, create_app
from tests.support.api import Api, problem
from tests.support.clock import set_to
from tests.support.consents import given, history, read, withdraw
from tests.support.database import Database
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS, ShippedPack, having, of
from tests.support.policies import under

Changes = Callable[[ShippedPack], dict[str, Any]]
pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


async def grant(api: Api, **changes: Any) -> Any:
    subject_ref = changes.pop("subject_ref", "M-1")
    return await api.member(subject_ref).post("/v1/consents", of(api.process).body(subject_ref, **changes))


async def listed(api: Api, **parameters: Any) -> list[dict[str, Any]]:
    answer = await api.get("/v1/consents", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestGrant:
    async def test_binds_categories_recipients_notice_and_policy(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        answer = await grant(api)
        record = answer.json()
        notice = (await api.get("/v1/notices", params={"purpose": pack.consent})).json()["items"][0]
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert UUID(record["id"]).version == 7
        assert record == {
            "id": record["id"],
            "subject_ref": "M-1",
            "purpose": pack.consent,
            "categories": list(pack.categories),
            "recipients": [pack.recipient],
            "explicit": pack.explicit,
            "status": "active",
            "notice_version": notice["version"],
            "notice_sha256": notice["content_sha256"],
            "channel": "app",
            "language": "th",
            "given_by": "M-1",
            "given_as": "self",
            "subject_agreed": None,
            "granted_at": record["granted_at"],
            "withdrawn_at": None,
            "expires_on": None,
            "quality": "sound",
            "wording": [],
            "policy": api.process.works.pack.sha256,
            "consequences": record["consequences"],
            "version": 1,
        }
        assert await read(api, record["id"]) == record
        assert await history(api, record["id"]) == [("granted", "app", "M-1")]

    async def test_without_explicit_consent_takes_the_ordinary_categories_only(
        self, api: Api, pack: ShippedPack
    ) -> None:
        await register(api)
        record = (await grant(api, explicit=False)).json()
        assert record["categories"] == list(pack.ordinary)

    async def test_takes_what_is_named_and_nothing_else(self, api: Api, pack: ShippedPack) -> None:
        for number, category in enumerate(pack.categories):
            ref = await register(api, f"M-{number}")
            record = (await grant(api, subject_ref=ref, categories=[category], recipients=[])).json()
            assert (record["categories"], record["recipients"]) == ([category], [])

    @pytest.mark.packs(*having("sensitive"))
    async def test_of_sensitive_data_must_be_explicit(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        answer = await grant(api, categories=[pack.sensitive], explicit=False)
        assert problem(answer) == (422, "explicit_consent_required")

    @pytest.mark.packs(*having("sensitive_only"))
    async def test_for_a_purpose_that_needs_it_for_sensitive_data_alone_must_be_explicit(
        self, api: Api, pack: ShippedPack
    ) -> None:
        await register(api)
        answer = await grant(api, purpose=pack.sensitive_only, explicit=False)
        assert problem(answer) == (422, "explicit_consent_required")
        assert "religion" in (await given(api, purpose=pack.sensitive_only))["categories"]

    @pytest.mark.packs(*having("sensitive_only"))
    async def test_of_ordinary_data_that_needs_none_is_refused(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        answer = await grant(api, purpose=pack.sensitive_only, categories=["photo"])
        assert problem(answer) == (422, "not_consent_based")

    async def test_for_a_purpose_that_needs_none_is_refused(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        assert problem(await grant(api, purpose=pack.without_consent)) == (422, "not_consent_based")

    @pytest.mark.packs(*having("statutory"))
    async def test_that_another_law_governs_is_no_consent_under_the_act(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        assert problem(await grant(api, purpose=pack.statutory)) == (422, "statutory_instrument")

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"purpose": "world_domination"}, "/purpose", "not_allowed"),
            ({"categories": ["shoe_size"]}, "/categories/0", "not_allowed"),
            ({"categories": ["other_legal"]}, "/categories/0", "not_allowed"),
            ({"categories": []}, "/categories", "too_short"),
            ({"recipients": ["nobody"]}, "/recipients/0", "not_allowed"),
            ({"recipients": ["banks"]}, "/recipients/0", "not_allowed"),
            ({"channel": "fax"}, "/channel", "not_allowed"),
            ({"language": "fr"}, "/language", "not_allowed"),
            ({"explicit": "yes"}, "/explicit", "wrong_type"),
            ({"expires_on": "2020-01-01"}, "/expires_on", "out_of_range"),
            ({"expires_on": "2570-01-01"}, "/expires_on", "buddhist_era_year"),
            ({"evidence": "a\u0000b"}, "/evidence", "unsafe_text"),
            ({"evidence": "x" * 4_001}, "/evidence", "too_long"),
            ({"status": "withdrawn"}, "/status", "unknown_field"),
            ({"given_by": "../M-2"}, "/given_by", "bad_format"),
        ],
    )
    async def test_of_what_makes_no_sense_is_refused_where_it_stands(
        self, api: Api, database: Database, changes: dict[str, Any], pointer: str, code: str
    ) -> None:
        await register(api)
        before = await database.counts()
        answer = await grant(api, **changes)
        assert problem(answer) == (422, code)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
        assert await database.counts() == before

    async def test_what_is_foreign_to_the_purpose_is_named_by_its_place(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        answer = await grant(api, categories=[*pack.categories, "shoe_size"], recipients=[pack.recipient, "nobody"])
        places = [{"pointer": f"/categories/{len(pack.categories)}", "code": "not_allowed"}]
        assert answer.json()["errors"] == places

    async def test_under_another_notice_than_the_current_one_is_refused(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        answer = await grant(api, notice_version=pack.other_notice)
        assert problem(answer) == (409, "notice_superseded")

    async def test_before_the_notice_is_in_force_is_refused(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        (notice,) = (await api.get("/v1/notices", params={"purpose": pack.consent})).json()["items"]
        await set_to(api, f"{date.fromisoformat(notice['effective_from']) - timedelta(days=1)}T23:59:59+07:00")
        assert problem(await grant(api)) == (409, "notice_superseded")
        await set_to(api, f"{notice['effective_from']}T00:00:00+07:00")
        assert (await grant(api)).status_code == 201

    async def test_for_an_unknown_subject_is_not_found(self, api: Api, pack: ShippedPack) -> None:
        assert problem(await api.staff.post("/v1/consents", pack.body("M-404"))) == (404, "not_found")

    async def test_for_an_erased_subject_is_refused(self, api: Api, database: Database) -> None:
        await register(api)
        await database.execute("UPDATE subject SET erased_at = now(), profile = NULL")
        assert problem(await grant(api)) == (409, "subject_erased")

    async def test_by_staff_records_who_gave_it_and_who_wrote_it_down(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = (await api.staff.post("/v1/consents", pack.body(channel="post"))).json()
        assert record["given_by"] == "M-1"
        assert await history(api, record["id"]) == [("granted", "post", "sandbox-staff")]

    async def test_with_an_idempotency_key_happens_once(self, api: Api, database: Database, pack: ShippedPack) -> None:
        await register(api)
        key = {"Idempotency-Key": "one"}
        first = await api.member("M-1").post("/v1/consents", pack.body(), headers=key)
        again = await api.member("M-1").post("/v1/consents", pack.body(), headers=key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json() == first.json()
        assert (await database.counts())["public.consent"] == 1


class TestGrantAgain:
    async def test_what_is_active_changes_nothing_and_answers_the_active_record(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        record = await given(api)
        before = await database.counts()
        answer = await grant(api)
        assert answer.status_code == 200
        assert answer.json() == record
        assert await database.counts() == before

    async def test_less_than_is_active_changes_nothing_either(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        answer = await grant(api, categories=[pack.ordinary[1]], recipients=[], explicit=False)
        assert (answer.status_code, answer.json()) == (200, record)

    @pytest.mark.parametrize(
        ("first", "then"),
        [
            (lambda _: {"explicit": False}, lambda _: {"explicit": True}),
            (lambda _: {"recipients": []}, lambda _: {}),
            (lambda pack: {"categories": pack.ordinary[:1]}, lambda pack: {"categories": pack.ordinary}),
            (lambda pack: {"categories": pack.ordinary[:1]}, lambda pack: {"categories": pack.categories}),
            (lambda _: {}, lambda _: {"expires_on": "2099-12-31"}),
        ],
        ids=["explicit", "a recipient", "a category", "every category", "another time"],
    )
    async def test_more_or_for_another_time_replaces_the_active_record(
        self, api: Api, pack: ShippedPack, first: Changes, then: Changes
    ) -> None:
        await register(api)
        former = await given(api, **first(pack))
        record = await given(api, **then(pack))
        assert record["id"] != former["id"]
        assert record["status"] == "active"
        superseded = await read(api, former["id"])
        assert (superseded["status"], superseded["version"]) == ("superseded", 2)
        assert await history(api, former["id"]) == [("granted", "app", "M-1"), ("superseded", None, "M-1")]

    async def test_what_is_added_takes_its_place_in_the_order_of_the_purpose(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        *_, last = pack.categories
        await given(api, categories=[last])
        record = await given(api, categories=pack.categories[:1])
        assert record["categories"] == [pack.categories[0], last]

    async def test_after_a_withdrawal_makes_a_new_record_and_leaves_the_old_one_withdrawn(self, api: Api) -> None:
        await register(api)
        former = await given(api)
        await withdraw(api.member("M-1"), former["id"])
        record = await given(api)
        assert record["id"] != former["id"]
        assert (await read(api, former["id"]))["status"] == "withdrawn"

    async def test_under_a_newer_notice_replaces_the_active_record(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        former = await given(api)
        async with Api.over(create_app(with_newer_notice(api.process, pack.consent)), api.process) as later:
            assert problem(await grant(later)) == (409, "notice_superseded")
            answer = await grant(later, notice_version="newer")
            record = answer.json()
            assert (await read(later, former["id"]))["status"] == "superseded"
        assert answer.status_code == 201
        assert record["notice_sha256"] == "0" * 64

    async def test_where_the_active_one_is_doubtful_makes_a_sound_one(self, api: Api, database: Database) -> None:
        await register(api)
        former = await given(api)
        await database.execute("UPDATE consent SET quality = 'doubtful'")
        record = await given(api)
        assert (await read(api, former["id"]))["status"] == "superseded"
        assert record["quality"] == "sound"

    async def test_what_was_granted_to_others_stays(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        mine, theirs = await given(api), await given(api, "M-2")
        await given(api, recipients=[], expires_on="2099-12-31")
        assert (await read(api, mine["id"]))["status"] == "superseded"
        assert (await read(api, theirs["id"]))["status"] == "active"


def with_newer_notice(process: Process, purpose: str) -> Process:
    """The same service after the controller has published another notice for the purpose."""
    pack = process.works.pack
    old = next(notice for notice in pack.notices.values() if purpose in notice.purposes)
    newer = Notice(
        "newer",
        "newer",
        old.effective_from + timedelta(days=1),
        old.purposes,
        old.title,
        old.content,
        content_sha256="0" * 64,
    )
    return under(process, replace(pack, notices={**pack.notices, "newer": newer}))


class TestExpiry:
    async def test_a_consent_is_in_force_up_to_the_end_of_its_last_day_in_bangkok(self, api: Api) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        record = await given(api, expires_on="2026-03-10")
        await api.post("/sandbox/clock", {"at": "2026-03-10T16:59:50Z"})
        assert (await read(api, record["id"]))["status"] == "active"
        await api.post("/sandbox/clock", {"at": "2026-03-10T17:00:00Z"})
        assert (await read(api, record["id"]))["status"] == "expired"
        assert await history(api, record["id"]) == [("granted", "app", "M-1"), ("expired", None, "system")]

    async def test_one_that_ends_today_can_be_given(self, api: Api) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T18:00:00Z"})
        assert problem(await grant(api, expires_on="2026-03-01")) == (422, "out_of_range")
        assert (await grant(api, expires_on="2026-03-02")).status_code == 201

    async def test_an_expired_consent_can_be_given_anew(self, api: Api, database: Database) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        former = await given(api, expires_on="2026-03-10")
        await api.post("/sandbox/clock", {"at": "2026-04-01T05:00:00Z"})
        record = await given(api, expires_on="2026-12-31")
        assert record["id"] != former["id"]
        assert (await read(api, former["id"]))["status"] == "expired"
        assert await history(api, former["id"]) == [("granted", "app", "M-1"), ("expired", None, "system")]
        (event,) = await database.fetch("SELECT at FROM consent_event WHERE event = 'expired'")
        assert event["at"].isoformat() == "2026-03-10T17:00:00+00:00"
        assert [row["ended_at"] for row in await database.fetch("SELECT ended_at FROM consent ORDER BY id")] == [
            event["at"],
            None,
        ]
        announced = [row["type"] for row in await database.fetch("SELECT type FROM outgoing_event ORDER BY type")]
        assert announced == ["consent.expired", "consent.granted", "consent.granted"]


class TestList:
    async def test_shows_the_newest_first_and_a_member_the_own_ones(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2")
        first = await given(api)
        await given(api, "M-2")
        second = await given(api, purpose=pack.other_consent)
        assert await listed(api.member("M-1")) == [second, first]
        assert await listed(api.member("M-1"), subject_ref="M-1") == [second, first]
        assert await listed(api.staff, subject_ref="M-1") == [second, first]
        assert len(await listed(api.staff)) == 3

    async def test_is_narrowed_to_a_purpose_and_a_status(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        replaced = await given(api, recipients=[])
        active = await given(api)
        expired = await given(api, purpose=pack.other_consent, expires_on="2026-03-01")
        gone = await given(api, purpose=pack.third_consent)
        await withdraw(api.member("M-1"), gone["id"])
        await api.post("/sandbox/clock", {"advance": "P1D"})
        by_status = {
            status: [one["id"] for one in await listed(api.staff, subject_ref="M-1", status=status)]
            for status in ("active", "withdrawn", "expired", "superseded")
        }
        assert by_status == {
            "active": [active["id"]],
            "withdrawn": [gone["id"]],
            "expired": [expired["id"]],
            "superseded": [replaced["id"]],
        }
        assert [one["id"] for one in await listed(api.staff, purpose=pack.consent)] == [active["id"], replaced["id"]]
        assert await listed(api.staff, purpose=pack.consent, status="withdrawn") == []

    async def test_shows_what_stood_at_an_instant(self, api: Api) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-02T05:00:00Z"})
        record = await given(api, expires_on="2026-03-04")
        await api.post("/sandbox/clock", {"at": "2026-03-03T05:00:00Z"})
        withdrawn = (await withdraw(api.member("M-1"), record["id"])).json()
        assert await listed(api.staff, at="2026-03-02T04:59:59Z") == []
        (then,) = await listed(api.staff, at="2026-03-03T04:59:00Z")
        assert (then["status"], then["withdrawn_at"]) == ("active", None)
        (now,) = await listed(api.staff, at="2026-03-03T05:01:00Z")
        assert (now["status"], now["withdrawn_at"]) == ("withdrawn", withdrawn["withdrawn_at"])
        assert await listed(api.staff, at="2026-03-03T04:59:00Z", status="withdrawn") == []

    async def test_page_by_page_shows_each_once(self, api: Api) -> None:
        expected = []
        for number in range(7):
            ref = await register(api, f"M-{number}")
            record = await given(api, ref)
            if number % 2:
                await withdraw(api.member(ref), record["id"])
            else:
                expected.append(record["id"])
        found, cursor = [], None
        while True:
            parameters = {"status": "active", "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await api.staff.get("/v1/consents", params=parameters)).json()
            found += [one["id"] for one in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert found == expected[::-1]

    async def test_finds_the_few_that_match_behind_many_that_do_not(self, api: Api) -> None:
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        record = await given(api, await register(api, "M-0"), expires_on="2026-03-01")
        for number in range(1, 6):
            await given(api, await register(api, f"M-{number}"), expires_on="2026-12-31")
        await api.post("/sandbox/clock", {"advance": "P1D"})
        assert [one["id"] for one in await listed(api.staff, status="expired", limit=1)] == [record["id"]]

    async def test_takes_no_cursor_of_another_question(self, api: Api) -> None:
        for number in range(2):
            await given(api, await register(api, f"M-{number}"))
        cursor = (await api.staff.get("/v1/consents", params={"limit": 1})).json()["next_cursor"]
        answer = await api.staff.get("/v1/consents", params={"status": "active", "cursor": cursor})
        assert problem(answer) == (422, "bad_cursor")

    async def test_takes_no_instant_that_is_none(self, api: Api) -> None:
        answer = await api.staff.get("/v1/consents", params={"at": "2569-01-01T00:00:00Z"})
        assert problem(answer) == (422, "buddhist_era_year")


class TestWhoSees:
    async def test_a_member_sees_no_others_consent_and_can_t_tell_it_from_none(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        await register(api, "M-2")
        record = await given(api, "M-2")
        stranger = api.member("M-1")
        for consent_id in (record["id"], "00000000-0000-7000-8000-000000000000"):
            for answer in (
                await stranger.get(f"/v1/consents/{consent_id}"),
                await stranger.get(f"/v1/consents/{consent_id}/history"),
                await withdraw(stranger, consent_id),
                await withdraw(stranger, consent_id, channel="fax"),
            ):
                assert problem(answer) == (404, "not_found")
        assert problem(await stranger.get("/v1/consents", params={"subject_ref": "M-2"})) == (404, "not_found")
        assert problem(await stranger.post("/v1/consents", pack.body("M-2"))) == (404, "not_found")
        assert (await read(api, record["id"]))["status"] == "active"
        denied = await database.fetch("SELECT actor FROM audit_entry WHERE action = 'access.denied'")
        assert [row["actor"] for row in denied] == ["M-1"] * 10

    async def test_an_identifier_that_is_none_is_not_found(self, api: Api) -> None:
        await register(api)
        for caller in (api.staff, api.member("M-1")):
            assert problem(await caller.get("/v1/consents/none-such")) == (404, "not_found")
            assert problem(await withdraw(caller, "none-such")) == (404, "not_found")

    @pytest.mark.parametrize("role", ["member", "core_banking", "staff", "dpo", "auditor"])
    async def test_these_roles_read(self, api: Api, role: str) -> None:
        await register(api)
        record = await given(api)
        reader = api.member("M-1") if role == "member" else api.as_role(role)
        assert (await reader.get(f"/v1/consents/{record['id']}")).json() == record

    @pytest.mark.parametrize("role", ["committee", "partner", "admin"])
    async def test_these_don_t_whether_or_not_there_is_something(self, api: Api, role: str) -> None:
        await register(api)
        record = await given(api)
        for consent_id in (record["id"], "none-such"):
            assert problem(await api.as_role(role).get(f"/v1/consents/{consent_id}")) == (403, "forbidden")

    async def test_an_auditor_reads_and_changes_nothing(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        auditor = api.as_role("auditor")
        assert problem(await auditor.post("/v1/consents", pack.body())) == (403, "forbidden")
        assert problem(await withdraw(auditor, record["id"])) == (403, "forbidden")

    async def test_the_consent_of_an_erased_subject_stays_readable_to_staff(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        await database.execute("UPDATE subject SET erased_at = now(), profile = NULL")
        assert await read(api, record["id"]) == record
        assert await history(api, record["id"]) == [("granted", "app", "M-1")]


async def test_consenting_to_more_takes_nothing_back(api: Api, pack: ShippedPack) -> None:
    await register(api)
    first = await given(api, categories=pack.categories[1:])
    more = await given(api, categories=pack.categories[:1], explicit=False)
    assert set(more["categories"]) == set(pack.categories)
    assert (await read(api, first["id"]))["status"] == "superseded"
    assert (await read(api, more["id"]))["status"] == "active"
