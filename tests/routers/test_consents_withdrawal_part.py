"""Withdrawing a part of a consent over HTTP (PDPA s.19, s.95; policy clause 14)."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import PURPOSE, consent, given, history, read, withdraw
from tests.support.database import Database
from tests.support.evaluations import ask
from tests.support.imports import taken_over
from tests.support.locks import holding, until_waiting
from tests.support.members import register
from tests.support.notices import day, published
from tests.support.representatives import approved

RELIGION_ALONE = "member_master_record"
LOCK = "SELECT 1 FROM subject WHERE subject_ref = 'M-1' FOR UPDATE"
EVIDENCE = "แฟ้มยินยอม 7/2569"


async def allowed(api: Api, category: str) -> bool:
    return (await ask(api, purpose=PURPOSE, categories=[category]))[0]


async def part(api: Api, consent_id: str, *categories: str, by: Api | None = None) -> dict[str, Any]:
    """The answer to a withdrawal of some categories."""
    answer = await withdraw(by or api.member("M-1"), consent_id, categories=list(categories))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def in_force(api: Api) -> list[list[str]]:
    """What each active consent binds."""
    answer = await api.staff.get("/v1/consents", params={"subject_ref": "M-1", "status": "active"})
    return [item["categories"] for item in answer.json()["items"]]


class TestWhatRemains:
    async def test_the_part_ends_at_once_and_the_rest_stays_in_force(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        assert [await allowed(api, code) for code in record["categories"]] == [True, True, True]
        withdrawn = await part(api, record["id"], "health")
        assert withdrawn["status"] == "withdrawn"
        assert withdrawn["consequences"]["th"]
        assert [await allowed(api, code) for code in record["categories"]] == [True, False, True]

    async def test_the_rest_is_a_record_of_the_same_consent(self, api: Api) -> None:
        await register(api)
        record = await given(api, expires_on=(await day(api, 90)).isoformat())
        withdrawn = await part(api, record["id"], "personal_identity")
        rest = await read(api, withdrawn["remaining"])
        changed = {"id": withdrawn["remaining"], "categories": ["health", "third_party"]}
        assert rest == {**record, **changed}
        assert await history(api, rest["id"]) == [("granted", "app", "M-1")]
        items = (await api.staff.get(f"/v1/consents/{rest['id']}/history")).json()["items"]
        assert items[0]["at"] == withdrawn["withdrawn_at"]

    async def test_it_stays_explicit_only_with_something_that_needs_it(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        assert (await read(api, (await part(api, record["id"], "health"))["remaining"]))["explicit"] is False

    async def test_nothing_remains_where_all_is_named_or_only_what_needs_no_consent_is_left(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        assert (await part(api, record["id"], *record["categories"]))["remaining"] is None
        other = await given(api, purpose=RELIGION_ALONE)
        assert (await part(api, other["id"], "religion"))["remaining"] is None
        assert await in_force(api) == []

    async def test_nothing_remains_of_what_a_notice_has_superseded(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        await published(api, fresh_consent_for=[PURPOSE])
        assert (await part(api, record["id"], "health"))["remaining"] is None
        assert await allowed(api, "third_party") is False

    async def test_a_minor_s_word_becomes_no_adult_s(self, api: Api) -> None:
        await register(api, born_on="2005-01-01")
        record = await taken_over(api, granted_on="2020-01-01")
        assert await allowed(api, "personal_identity") is False
        rest = (await part(api, record["id"], "third_party"))["remaining"]
        assert (await read(api, rest))["granted_at"] == record["granted_at"]
        assert await allowed(api, "personal_identity") is False

    async def test_each_instant_has_its_own_state(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        withdrawn = await part(api, record["id"], "health")

        async def stood(at: str) -> list[tuple[str, str]]:
            answer = await api.staff.get("/v1/consents", params={"subject_ref": "M-1", "at": at})
            return [(item["id"], item["status"]) for item in answer.json()["items"]]

        assert await stood(record["granted_at"]) == [(record["id"], "active")]
        assert await stood(withdrawn["withdrawn_at"]) == [
            (withdrawn["remaining"], "active"),
            (record["id"], "withdrawn"),
        ]

    async def test_the_evidence_is_sealed_for_its_new_place(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api, evidence=EVIDENCE)
        second = await part(api, (await part(api, record["id"], "health"))["remaining"], "third_party")
        assert second["remaining"] is not None
        boxes = [row["evidence"] for row in await database.fetch("SELECT evidence FROM consent")]
        assert len({bytes(box) for box in boxes}) == 3


class TestAgain:
    async def test_the_same_part_again_is_answered_with_the_first(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        first = await part(api, record["id"], "health")
        before = await database.counts()
        assert await part(api, record["id"], "health") == first
        assert await database.counts() == before

    async def test_another_part_of_the_record_comes_from_what_remains(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        first = await part(api, record["id"], "health")
        second = await part(api, record["id"], "third_party")
        assert second["withdrawn_at"] == first["withdrawn_at"]
        assert (await read(api, first["remaining"]))["status"] == "withdrawn"
        assert (await read(api, second["remaining"]))["categories"] == ["personal_identity"]

    async def test_the_whole_record_takes_what_remained_with_it(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        rest = (await part(api, record["id"], "health"))["remaining"]
        answer = await withdraw(api.member("M-1"), record["id"])
        assert answer.json()["remaining"] is None
        assert (await read(api, rest))["status"] == "withdrawn"
        assert await allowed(api, "personal_identity") is False

    async def test_what_was_granted_since_stands(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        await part(api, record["id"], "health")
        fresh = await given(api)
        assert (await withdraw(api.member("M-1"), record["id"])).status_code == 200
        assert (await read(api, fresh["id"]))["status"] == "active"

    async def test_a_part_of_a_superseded_record_comes_from_what_replaced_it(self, api: Api) -> None:
        await register(api)
        former = await given(api, explicit=False)
        record = await given(api)
        answer = await part(api, former["id"], "third_party")
        assert (await read(api, record["id"]))["status"] == "withdrawn"
        assert (await read(api, answer["remaining"]))["categories"] == ["personal_identity", "health"]


class TestRaces:
    async def test_two_parts_at_once_leave_what_neither_named(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        async with holding(database, LOCK):
            calls = [asyncio.create_task(part(api, record["id"], code)) for code in ("health", "third_party")]
            await until_waiting(database, 2)
        await asyncio.gather(*calls)
        assert await in_force(api) == [["personal_identity"]]

    async def test_a_part_and_the_whole_at_once_leave_nothing(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        async with holding(database, LOCK):
            calls = [
                asyncio.create_task(withdraw(api.member("M-1"), record["id"], **named))
                for named in ({"categories": ["health"]}, {})
            ]
            await until_waiting(database, 2)
        assert [answer.status_code for answer in await asyncio.gather(*calls)] == [200, 200]
        assert await in_force(api) == []


class TestRefusing:
    @pytest.mark.parametrize(
        ("categories", "pointer", "code"),
        [
            (["health", "religion"], "/categories/1", "not_allowed"),
            (["moon"], "/categories/0", "not_allowed"),
            ([], "/categories", "too_short"),
            ("health", "/categories", "wrong_type"),
        ],
    )
    async def test_what_the_consent_does_not_bind_is_refused(
        self, api: Api, categories: Any, pointer: str, code: str
    ) -> None:
        await register(api)
        record = await given(api)
        answer = await withdraw(api.member("M-1"), record["id"], categories=categories)
        assert problem(answer) == (422, code)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
        assert (await read(api, record["id"]))["status"] == "active"

    async def test_who_may_withdraw_is_asked_for_a_part_and_for_its_rest_too(self, api: Api) -> None:
        await register(api)
        await approved(api, rights=["access"])
        record = await given(api)
        attorney = api.as_role("representative", subject_ref="P-1")
        answer = await withdraw(attorney, record["id"], categories=["health"])
        assert problem(answer) == (403, "representative_required")
        await part(api, record["id"], "health")
        answer = await withdraw(attorney, record["id"], categories=["third_party"])
        assert problem(answer) == (403, "representative_required")

    async def test_another_s_is_not_found(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        record = await given(api)
        answer = await withdraw(api.member("M-2"), record["id"], categories=["health"])
        assert problem(answer) == (404, "not_found")

    async def test_a_stale_version_withdraws_nothing(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        body = {"channel": "app", "categories": ["health"]}
        answer = await api.member("M-1").post(
            f"/v1/consents/{record['id']}/withdrawal", body, headers={"If-Match": '"2"'}
        )
        assert problem(answer) == (412, "version_conflict")
        assert await allowed(api, "health") is True


class TestTraces:
    async def test_the_systems_are_told_of_the_end_and_of_what_remains(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        rest = (await part(api, record["id"], "health"))["remaining"]
        rows = await database.fetch("SELECT type, data FROM outgoing_event WHERE type LIKE 'consent%' ORDER BY id")
        assert [(row["type"], rest in row["data"]) for row in rows] == [
            ("consent.granted", False),
            ("consent.withdrawn", False),
            ("consent.granted", True),
        ]
        [entry] = await database.fetch("SELECT details FROM audit_entry WHERE action = 'consent.withdrawn'")
        assert '"health"' in entry["details"]

    async def test_to_consent_again_covers_what_was_taken_back(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        await part(api, record["id"], "health")
        answer = await api.member("M-1").post("/v1/consents", consent())
        assert (answer.status_code, sorted(answer.json()["categories"])) == (201, sorted(record["categories"]))

    async def test_where_the_rest_can_t_be_kept_nothing_is_withdrawn(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        await database.execute(
            "CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'injected'; END $$"
        )
        await database.execute(
            "CREATE TRIGGER no_more BEFORE INSERT ON consent FOR EACH ROW EXECUTE FUNCTION no_more()"
        )
        try:
            answer = await withdraw(api.member("M-1"), record["id"], categories=["health"])
        finally:
            await database.execute("DROP FUNCTION no_more CASCADE")
        assert problem(answer) == (500, "internal_error")
        assert await read(api, record["id"]) == record
        assert await allowed(api, "health") is True
