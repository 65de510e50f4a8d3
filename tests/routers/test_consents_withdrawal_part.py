"""Withdrawing a part of a consent over HTTP (PDPA s.19, s.95; policy clause 14), under every shipped pack."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import given, history, read, withdraw
from tests.support.database import Database
from tests.support.evaluations import ask
from tests.support.imports import taken_over
from tests.support.locks import holding, until_waiting
from tests.support.members import register
from tests.support.notices import day, published
from tests.support.packs import SHIPPED_PACKS, ShippedPack, having, of
from tests.support.representatives import approved

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
Named = Callable[[ShippedPack], Any]
LOCK = "SELECT 1 FROM subject WHERE subject_ref = 'M-1' FOR UPDATE"
THREE = tuple(pack for pack in SHIPPED_PACKS if len(pack.categories) > 2)
"""The packs whose consent has a part besides two others."""
EVIDENCE = "แฟ้มยินยอม 7/2569"


async def allowed(api: Api, category: str) -> bool:
    return (await ask(api, purpose=of(api.process).consent, categories=[category]))[0]


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
    async def test_the_part_ends_at_once_and_the_rest_stays_in_force(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        assert [await allowed(api, code) for code in record["categories"]] == [True] * len(pack.categories)
        withdrawn = await part(api, record["id"], pack.categories[1])
        assert withdrawn["status"] == "withdrawn"
        assert withdrawn["consequences"]["th"]
        assert [await allowed(api, code) for code in record["categories"]] == [
            code != pack.categories[1] for code in pack.categories
        ]

    async def test_the_rest_is_a_record_of_the_same_consent(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api, expires_on=(await day(api, 90)).isoformat())
        withdrawn = await part(api, record["id"], pack.categories[0])
        rest = await read(api, withdrawn["remaining"])
        changed = {"id": withdrawn["remaining"], "categories": list(pack.categories[1:])}
        assert rest == {**record, **changed}
        assert await history(api, rest["id"]) == [("granted", "app", "M-1")]
        items = (await api.staff.get(f"/v1/consents/{rest['id']}/history")).json()["items"]
        assert items[0]["at"] == withdrawn["withdrawn_at"]

    @pytest.mark.packs(*having("sensitive"))
    async def test_it_stays_explicit_only_with_something_that_needs_it(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        assert (await read(api, (await part(api, record["id"], str(pack.sensitive)))["remaining"]))["explicit"] is False

    async def test_nothing_remains_where_all_is_named(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        assert (await part(api, record["id"], *record["categories"]))["remaining"] is None
        assert await in_force(api) == []

    @pytest.mark.packs(*having("sensitive_only"))
    async def test_nothing_remains_where_only_what_needs_no_consent_is_left(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api, purpose=pack.sensitive_only)
        assert (await part(api, record["id"], "religion"))["remaining"] is None
        assert await in_force(api) == []

    async def test_nothing_remains_of_what_a_notice_has_superseded(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        await published(api, fresh_consent_for=[pack.consent])
        assert (await part(api, record["id"], pack.categories[1]))["remaining"] is None
        assert await allowed(api, pack.categories[0]) is False

    async def test_a_minor_s_word_becomes_no_adult_s(self, api: Api, pack: ShippedPack) -> None:
        await register(api, born_on="2005-01-01")
        record = await taken_over(api, granted_on="2020-01-01")
        assert await allowed(api, pack.ordinary[0]) is False
        rest = (await part(api, record["id"], pack.ordinary[1]))["remaining"]
        assert (await read(api, rest))["granted_at"] == record["granted_at"]
        assert await allowed(api, pack.ordinary[0]) is False

    async def test_each_instant_has_its_own_state(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        withdrawn = await part(api, record["id"], pack.categories[1])

        async def stood(at: str) -> list[tuple[str, str]]:
            answer = await api.staff.get("/v1/consents", params={"subject_ref": "M-1", "at": at})
            return [(item["id"], item["status"]) for item in answer.json()["items"]]

        assert await stood(record["granted_at"]) == [(record["id"], "active")]
        assert await stood(withdrawn["withdrawn_at"]) == [
            (withdrawn["remaining"], "active"),
            (record["id"], "withdrawn"),
        ]

    @pytest.mark.packs(*THREE)
    async def test_the_evidence_is_sealed_for_its_new_place(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api, evidence=EVIDENCE)
        second = await part(api, (await part(api, record["id"], pack.categories[1]))["remaining"], pack.categories[2])
        assert second["remaining"] is not None
        boxes = [row["evidence"] for row in await database.fetch("SELECT evidence FROM consent")]
        assert len({bytes(box) for box in boxes}) == 3


class TestAgain:
    async def test_the_same_part_again_is_answered_with_the_first(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api)
        first = await part(api, record["id"], pack.categories[1])
        before = await database.counts()
        assert await part(api, record["id"], pack.categories[1]) == first
        assert await database.counts() == before

    @pytest.mark.packs(*THREE)
    async def test_another_part_of_the_record_comes_from_what_remains(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        first = await part(api, record["id"], pack.categories[1])
        second = await part(api, record["id"], pack.categories[2])
        assert second["withdrawn_at"] == first["withdrawn_at"]
        assert (await read(api, first["remaining"]))["status"] == "withdrawn"
        assert (await read(api, second["remaining"]))["categories"] == [pack.categories[0]]

    async def test_the_whole_record_takes_what_remained_with_it(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        rest = (await part(api, record["id"], pack.categories[1]))["remaining"]
        answer = await withdraw(api.member("M-1"), record["id"])
        assert answer.json()["remaining"] is None
        assert (await read(api, rest))["status"] == "withdrawn"
        assert await allowed(api, pack.ordinary[0]) is False

    async def test_what_was_granted_since_stands(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        await part(api, record["id"], pack.categories[1])
        fresh = await given(api)
        assert (await withdraw(api.member("M-1"), record["id"])).status_code == 200
        assert (await read(api, fresh["id"]))["status"] == "active"

    async def test_a_part_of_a_superseded_record_comes_from_what_replaced_it(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        former = await given(api, recipients=[])
        record = await given(api)
        answer = await part(api, former["id"], pack.categories[-1])
        assert (await read(api, record["id"]))["status"] == "withdrawn"
        assert (await read(api, answer["remaining"]))["categories"] == list(pack.categories[:-1])


class TestRaces:
    @pytest.mark.packs(*THREE)
    async def test_two_parts_at_once_leave_what_neither_named(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api)
        async with holding(database, LOCK):
            calls = [asyncio.create_task(part(api, record["id"], code)) for code in pack.categories[1:]]
            await until_waiting(database, 2)
        await asyncio.gather(*calls)
        assert await in_force(api) == [[pack.categories[0]]]

    async def test_a_part_and_the_whole_at_once_leave_nothing(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api)
        async with holding(database, LOCK):
            calls = [
                asyncio.create_task(withdraw(api.member("M-1"), record["id"], **named))
                for named in ({"categories": [pack.categories[1]]}, {})
            ]
            await until_waiting(database, 2)
        assert [answer.status_code for answer in await asyncio.gather(*calls)] == [200, 200]
        assert await in_force(api) == []


class TestRefusing:
    @pytest.mark.parametrize(
        ("categories", "pointer", "code"),
        [
            (lambda pack: [pack.categories[0], "moon"], "/categories/1", "not_allowed"),
            (lambda _: ["moon"], "/categories/0", "not_allowed"),
            (lambda _: [], "/categories", "too_short"),
            (lambda pack: pack.categories[0], "/categories", "wrong_type"),
        ],
    )
    async def test_what_the_consent_does_not_bind_is_refused(
        self, api: Api, pack: ShippedPack, categories: Named, pointer: str, code: str
    ) -> None:
        await register(api)
        record = await given(api)
        answer = await withdraw(api.member("M-1"), record["id"], categories=categories(pack))
        assert problem(answer) == (422, code)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
        assert (await read(api, record["id"]))["status"] == "active"

    async def test_who_may_withdraw_is_asked_for_a_part_and_for_its_rest_too(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await approved(api, rights=["access"])
        record = await given(api)
        attorney = api.as_role("representative", subject_ref="P-1")
        answer = await withdraw(attorney, record["id"], categories=[pack.categories[1]])
        assert problem(answer) == (403, "representative_required")
        await part(api, record["id"], pack.categories[1])
        answer = await withdraw(attorney, record["id"], categories=[pack.categories[0]])
        assert problem(answer) == (403, "representative_required")

    async def test_another_s_is_not_found(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2")
        record = await given(api)
        answer = await withdraw(api.member("M-2"), record["id"], categories=[pack.categories[1]])
        assert problem(answer) == (404, "not_found")

    async def test_a_stale_version_withdraws_nothing(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        body = {"channel": "app", "categories": [pack.categories[1]]}
        answer = await api.member("M-1").post(
            f"/v1/consents/{record['id']}/withdrawal", body, headers={"If-Match": '"2"'}
        )
        assert problem(answer) == (412, "version_conflict")
        assert await allowed(api, pack.categories[1]) is True


class TestTraces:
    async def test_the_systems_are_told_of_the_end_and_of_what_remains(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api)
        rest = (await part(api, record["id"], pack.categories[1]))["remaining"]
        rows = await database.fetch("SELECT type, data FROM outgoing_event WHERE type LIKE 'consent%' ORDER BY id")
        assert [(row["type"], rest in row["data"]) for row in rows] == [
            ("consent.granted", False),
            ("consent.withdrawn", False),
            ("consent.granted", True),
        ]
        [entry] = await database.fetch("SELECT details FROM audit_entry WHERE action = 'consent.withdrawn'")
        assert f'"{pack.categories[1]}"' in entry["details"]

    async def test_to_consent_again_covers_what_was_taken_back(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        await part(api, record["id"], pack.categories[1])
        answer = await api.member("M-1").post("/v1/consents", pack.body())
        assert (answer.status_code, sorted(answer.json()["categories"])) == (201, sorted(record["categories"]))

    async def test_where_the_rest_can_t_be_kept_nothing_is_withdrawn(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api)
        await database.execute(
            "CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'injected'; END $$"
        )
        await database.execute(
            "CREATE TRIGGER no_more BEFORE INSERT ON consent FOR EACH ROW EXECUTE FUNCTION no_more()"
        )
        try:
            answer = await withdraw(api.member("M-1"), record["id"], categories=[pack.categories[1]])
        finally:
            await database.execute("DROP FUNCTION no_more CASCADE")
        assert problem(answer) == (500, "internal_error")
        assert await read(api, record["id"]) == record
        assert await allowed(api, pack.categories[1]) is True
