"""Data subjects over HTTP: registered by the core banking system, read by those who may."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import failing, forms, watching
from tests.support.members import EMAIL, PHONE, particulars, register
from tests.support.requests import decide, submit

NATIONAL_ID = "1101700230708"
PATH = "/v1/subjects/M-1"
MASKED = {"phone": "+66•••••5678", "email": "s•••@member.example"}


class TestPutting:
    async def test_a_new_subject_is_created_and_answered_masked(self, api: Api) -> None:
        answer = await api.core.put(PATH, particulars(national_id=NATIONAL_ID, related_to=["M-9", "M-3", "M-9"]))
        body = answer.json()
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert body.pop("changed_at").endswith("Z")
        assert body == {
            "subject_ref": "M-1",
            "kind": "member",
            "born_on": "1970-05-17",
            "legal_capacity": "full",
            "married_on": None,
            "deceased_on": None,
            "membership": {"joined_on": "1995-06-01", "ended_on": None},
            "contacts": MASKED,
            "national_id": "x-xxxx-xxxxx-70-8",
            "language": "th",
            "related_to": ["M-3", "M-9"],
            "masked": True,
            "erased_at": None,
            "version": 1,
        }

    async def test_a_second_put_replaces_the_whole_resource(self, api: Api) -> None:
        await api.core.put(PATH, particulars(national_id=NATIONAL_ID, language="en", married_on="2000-01-01"))
        answer = await api.core.put(PATH, {"kind": "guarantor", "born_on": "1970"})
        assert answer.status_code == 200
        assert answer.headers["etag"] == '"2"'
        shown = (await api.dpo.get(PATH)).json()
        del shown["changed_at"]
        assert shown == {
            "subject_ref": "M-1",
            "kind": "guarantor",
            "born_on": "1970",
            "legal_capacity": "full",
            "married_on": None,
            "deceased_on": None,
            "membership": None,
            "contacts": {"phone": None, "email": None},
            "national_id": None,
            "language": "th",
            "related_to": [],
            "masked": False,
            "erased_at": None,
            "version": 2,
        }

    @pytest.mark.parametrize("kind", ["member", "associate_member"])
    async def test_members_have_a_date_of_birth(self, api: Api, kind: str) -> None:
        answer = await api.core.put(PATH, {"kind": kind})
        assert problem(answer) == (422, "missing")
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/born_on"}
        assert problem(await api.staff.get(PATH)) == (404, "not_found")

    @pytest.mark.parametrize("kind", ["family", "guarantor", "referee", "beneficiary", "registered_user", "visitor"])
    async def test_others_need_neither(self, api: Api, kind: str) -> None:
        assert (await api.core.put(PATH, {"kind": kind})).status_code == 201

    async def test_an_applicant_is_no_member_yet(self, api: Api) -> None:
        answer = await api.core.put(PATH, {"kind": "member", "born_on": "1970"})
        assert (answer.status_code, answer.json()["membership"]) == (201, None)

    @pytest.mark.parametrize("born_on", ["1970", "1970-05", "1970-05-17"])
    async def test_a_date_of_birth_is_taken_as_far_as_it_is_known(self, api: Api, born_on: str) -> None:
        assert (await api.core.put(PATH, particulars(born_on=born_on))).json()["born_on"] == born_on

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"kind": "customer"}, "/kind", "not_allowed"),
            ({"born_on": "2513-05-17"}, "/born_on", "buddhist_era_year"),
            ({"born_on": "1970-13"}, "/born_on", "bad_format"),
            ({"legal_capacity": "bankrupt"}, "/legal_capacity", "not_allowed"),
            ({"membership": {"joined_on": "2538-06-01"}}, "/membership/joined_on", "buddhist_era_year"),
            ({"membership": {}}, "/membership/joined_on", "missing"),
            (
                {"membership": {"joined_on": "1995-06-01", "ended_on": "1995-05-31"}},
                "/membership/ended_on",
                "out_of_range",
            ),
            ({"kind": "visitor", "membership": None, "born_on": "2026-03-03"}, "/born_on", "out_of_range"),
            ({"kind": "visitor", "membership": None, "born_on": "2026-04"}, "/born_on", "out_of_range"),
            ({"married_on": "1970-05-16"}, "/married_on", "out_of_range"),
            ({"deceased_on": "1970-05-16"}, "/deceased_on", "out_of_range"),
            ({"membership": {"joined_on": "1970-05-16"}}, "/membership/joined_on", "out_of_range"),
            ({"contacts": {"phone": "12345"}}, "/contacts/phone", "bad_format"),
            ({"contacts": {"email": "nobody"}}, "/contacts/email", "bad_format"),
            ({"contacts": {"fax": "1"}}, "/contacts/fax", "unknown_field"),
            ({"national_id": "1101700230707"}, "/national_id", "bad_format"),
            ({"national_id": "๑๑๐๑๗๐๐๒๓๐๗๐๘"}, "/national_id", "bad_format"),
            ({"related_to": ["M-2"] * 101}, "/related_to", "too_long"),
            ({"subject_ref": "M-2"}, "/subject_ref", "unknown_field"),
            ({"version": 7}, "/version", "unknown_field"),
        ],
    )
    async def test_a_bad_field_is_pointed_at_and_never_repeated(
        self, api: Api, database: Database, changes: dict[str, Any], pointer: str, code: str
    ) -> None:
        await api.post("/sandbox/clock", {"at": "2026-03-02T05:00:00Z"})
        async with watching(database) as watch:
            answer = await api.core.put(PATH, {**particulars(), **changes})
            assert problem(answer) == (422, code)
            assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
            assert await watch.changes() == set()
        if pointer == "/national_id":
            assert changes["national_id"] not in answer.text

    @pytest.mark.parametrize(
        "changes",
        [
            {"born_on": "1970", "married_on": "1970-01-01", "deceased_on": "1970-01-01"},
            {"born_on": "2026-03-02", "membership": {"joined_on": "2026-03-02"}},
            {"membership": {"joined_on": "2026-03-02", "ended_on": "2027-03-03"}},
            {"deceased_on": "2026-03-02"},
        ],
    )
    async def test_a_life_from_the_first_day_that_can_be_to_the_last_is_taken(
        self, api: Api, changes: dict[str, Any]
    ) -> None:
        await api.post("/sandbox/clock", {"at": "2026-03-02T05:00:00Z"})
        body = {**particulars(membership=None, kind="visitor"), **changes}
        assert (await api.core.put(PATH, body)).status_code == 201

    @pytest.mark.parametrize("ref", ["a b", "M%001", "é", "x" * 65, "%00"])
    async def test_a_reference_is_an_opaque_key_of_64_characters(self, api: Api, ref: str) -> None:
        assert problem(await api.core.put(f"/v1/subjects/{ref}", particulars()))[0] == 422

    async def test_a_subject_may_be_put_by_the_core_system_the_counter_and_the_dpo_only(self, api: Api) -> None:
        for role in ("core_banking", "staff", "dpo"):
            assert (await api.as_role(role).put(PATH, particulars())).status_code in {200, 201}
        for role in ("member", "representative", "committee", "auditor", "partner", "admin"):
            answer = await api.as_role(role, subject_ref="M-1").put(PATH, particulars())
            assert problem(answer) == (403, "forbidden")


class TestVersions:
    async def test_a_put_of_the_version_that_stands_is_taken_and_a_stale_one_is_not(self, api: Api) -> None:
        await register(api)
        first = await api.core.put(PATH, particulars(language="en"), headers={"If-Match": '"1"'})
        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        for stale in ('"1"', '"3"', 'W/"2"', "2", '"1", "2"'):
            answer = await api.core.put(PATH, particulars(), headers={"If-Match": stale})
            assert problem(answer) == (412, "version_conflict")
        assert (await api.core.put(PATH, particulars(), headers={"If-Match": "*"})).headers["etag"] == '"3"'

    async def test_a_version_of_what_does_not_exist_is_a_conflict(self, api: Api) -> None:
        answer = await api.core.put(PATH, particulars(), headers={"If-Match": '"1"'})
        assert problem(answer) == (412, "version_conflict")
        assert problem(await api.staff.get(PATH)) == (404, "not_found")

    async def test_of_many_first_puts_at_once_one_creates_and_the_others_replace(self, api: Api) -> None:
        answers = await asyncio.gather(*(api.core.put(PATH, particulars()) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert {answer.json()["version"] for answer in answers} == set(range(1, 9))

    async def test_of_many_puts_of_one_version_one_wins(self, api: Api) -> None:
        await register(api)
        puts = [
            api.core.put(PATH, particulars(born_on=f"197{number}"), headers={"If-Match": '"1"'}) for number in range(8)
        ]
        answers = await asyncio.gather(*puts)
        [won] = [answer for answer in answers if answer.status_code == 200]
        assert [problem(answer) for answer in answers if answer is not won] == [(412, "version_conflict")] * 7
        shown = (await api.staff.get(PATH)).json()
        assert (shown["version"], shown["born_on"]) == (2, won.json()["born_on"])


class TestReading:
    async def test_contacts_and_national_id_are_masked_for_all_but_the_dpo(self, api: Api) -> None:
        await register(api, national_id=NATIONAL_ID)
        for reader in (api.core, api.staff, api.as_role("auditor"), api.member("M-1")):
            shown = (await reader.get(PATH)).json()
            assert (shown["masked"], shown["contacts"], shown["national_id"]) == (True, MASKED, "x-xxxx-xxxxx-70-8")
        shown = (await api.dpo.get(PATH)).json()
        contacts = {"phone": PHONE, "email": EMAIL}
        assert (shown["masked"], shown["contacts"], shown["national_id"]) == (False, contacts, NATIONAL_ID)

    async def test_an_unmasked_read_is_recorded_and_a_masked_one_is_not(self, api: Api, database: Database) -> None:
        await register(api)
        reads = "SELECT actor, object_id, subject_ref, details::text FROM audit_entry WHERE action LIKE 'subject.read%'"
        for reader in (api.core, api.staff, api.as_role("auditor"), api.member("M-1")):
            await reader.get(PATH)
        assert await database.fetch(reads) == []
        await api.dpo.get(PATH)
        assert [tuple(row) for row in await database.fetch(reads)] == [("sandbox-dpo", "M-1", "M-1", "{}")]

    async def test_the_answer_carries_the_tag_that_a_put_may_name(self, api: Api) -> None:
        await register(api)
        tag = (await api.staff.get(PATH)).headers["etag"]
        assert (await api.core.put(PATH, particulars(), headers={"If-Match": tag})).status_code == 200

    async def test_a_member_sees_their_own_and_no_difference_between_anothers_and_none(
        self, api: Api, database: Database
    ) -> None:
        await register(api, "M-1")
        await register(api, "M-2")
        member = api.member("M-1")
        assert (await member.get(PATH)).json()["subject_ref"] == "M-1"
        anothers, none = await member.get("/v1/subjects/M-2"), await member.get("/v1/subjects/M-404")
        assert problem(anothers) == problem(none) == (404, "not_found")
        told = [
            {name: value for name, value in answer.json().items() if name != "instance"} for answer in (anothers, none)
        ]
        assert told[0] == told[1]
        denied = await database.fetch(
            "SELECT actor, object_id FROM audit_entry WHERE action = 'access.denied' ORDER BY at"
        )
        assert [tuple(row) for row in denied] == [("M-1", "M-2"), ("M-1", "M-404")]

    async def test_a_representative_without_a_representation_sees_nobody(self, api: Api) -> None:
        await register(api)
        assert problem(await api.as_role("representative", subject_ref="M-1").get(PATH)) == (404, "not_found")

    async def test_who_may_not_read_subjects_learns_nothing(self, api: Api) -> None:
        await register(api)
        for role in ("committee", "partner", "admin"):
            for path in (PATH, "/v1/subjects/M-404"):
                assert problem(await api.as_role(role).get(path)) == (403, "forbidden")


class TestErased:
    async def test_a_reference_that_was_erased_is_never_taken_again(self, api: Api) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"}, national_id=NATIONAL_ID)
        request = await submit(api)
        assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
        for headers in ({}, {"If-Match": "*"}, {"If-Match": '"1"'}):
            assert problem(await api.core.put(PATH, particulars(), headers=headers)) == (409, "subject_erased")

    async def test_of_an_erased_subject_nothing_is_known_any_more(self, api: Api, database: Database) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"}, national_id=NATIONAL_ID)
        request = await submit(api)
        await decide(api, request["id"], "granted")
        shown = (await api.dpo.get(PATH)).json()
        assert (shown["contacts"], shown["national_id"]) == ({"phone": None, "email": None}, None)
        assert (shown["born_on"], shown["married_on"], shown["related_to"]) == (None, None, [])
        assert shown["membership"] == {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}, "others' clocks need it"
        assert await database.fetch("SELECT 1 FROM keys.subject_key WHERE purpose = 'profile'") == []


class TestTraces:
    async def test_every_put_is_recorded_without_a_word_of_what_it_said(self, api: Api, database: Database) -> None:
        await register(api)
        await register(api)
        entries = await database.fetch(
            "SELECT action, actor, object_id, subject_ref, details::text FROM audit_entry ORDER BY at"
        )
        common = ("core_banking", "M-1", "M-1", "{}")
        assert [tuple(row) for row in entries] == [("subject.created", *common), ("subject.replaced", *common)]

    async def test_contacts_and_national_id_lie_nowhere_in_the_clear(self, api: Api, database: Database) -> None:
        await register(api, national_id=NATIONAL_ID)
        tables = await database.fetch(
            "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('public', 'keys')"
        )
        dumps = [await database.fetch(f"SELECT t::text AS text FROM {table['name']} t") for table in tables]
        everything = "\n".join(row["text"] for dump in dumps for row in dump)
        assert "M-1" in everything, "the dump sees what there is"
        found = [form for secret in (PHONE, EMAIL, NATIONAL_ID) for form in forms(secret) if form in everything]
        assert found == []

    @pytest.mark.parametrize("table", ["keys.subject_key", "subject", "audit_entry"])
    async def test_a_put_that_fails_at_any_write_leaves_nothing(self, api: Api, database: Database, table: str) -> None:
        async with watching(database) as watch:
            async with failing(database, table):
                assert problem(await api.core.put(PATH, particulars())) == (500, "internal_error")
            assert await watch.changes() == set()
        assert (await api.core.put(PATH, particulars())).status_code == 201
