"""Confirming consent over HTTP: who has come of age stands by what a parent gave (DOMAIN "Who may act").

Under every shipped pack.
"""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import given, history, read, withdraw
from tests.support.database import Database
from tests.support.imports import taken_over, to_ask_again
from tests.support.members import register
from tests.support.notices import published
from tests.support.packs import SHIPPED_PACKS, ShippedPack, of
from tests.support.representatives import approved

BEFORE, AFTER = "2026-11-30T16:59:59Z", "2026-11-30T17:00:00Z"
"""The last instant before, and the first of, the twentieth birthday in Bangkok of who was born on 1 December 2006."""
pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


async def given_by_parent(api: Api) -> dict[str, Any]:
    """A consent that a parent gave for a minor, who agreed."""
    await register(api, born_on="2006-12-01")
    await approved(api, relation="parent")
    answer = await api.staff.post("/v1/consents", of(api.process).body(given_by="P-1", subject_agreed=True))
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def confirm(api: Api, consent_id: str, **changes: Any) -> Any:
    return await api.post(f"/v1/consents/{consent_id}/confirmation", {"channel": "app", **changes})


async def at(api: Api, instant: str) -> None:
    await api.post("/sandbox/clock", {"at": instant})


class TestConfirming:
    async def test_who_comes_of_age_is_asked_until_they_confirm(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        record = await given_by_parent(api)
        await at(api, BEFORE)
        assert await to_ask_again(api) == []
        await at(api, AFTER)
        assert await to_ask_again(api) == [("M-1", pack.consent, "majority_reached")]
        answer = await confirm(api.member("M-1"), record["id"])
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        assert answer.json() == await read(api, record["id"]) == {**record, "version": 2}
        assert await history(api, record["id"]) == [
            ("granted", "app", "sandbox-staff"),
            ("confirmed", "app", "M-1"),
        ]
        assert await to_ask_again(api) == []
        told = await database.fetch("SELECT data FROM outgoing_event WHERE type = 'consent.confirmed'")
        assert len(told) == 1
        [entry] = await database.fetch("SELECT subject_ref FROM audit_entry WHERE action = 'consent.confirmed'")
        assert entry["subject_ref"] == "M-1"

    async def test_confirmed_again_it_stays_as_it_is(self, api: Api, database: Database) -> None:
        record = await given_by_parent(api)
        await at(api, AFTER)
        first = (await confirm(api.member("M-1"), record["id"])).json()
        before = await database.counts()
        again = await confirm(api.staff, record["id"], channel="counter")
        assert (again.status_code, again.json()) == (200, first)
        assert await database.counts() == before

    async def test_a_parent_s_confirmation_is_not_the_child_s(self, api: Api, pack: ShippedPack) -> None:
        record = await given_by_parent(api)
        parent = api.as_role("representative", subject_ref="P-1", acr="substantial")
        assert (await confirm(parent, record["id"], subject_agreed=True)).status_code == 200
        await at(api, AFTER)
        assert await to_ask_again(api) == [("M-1", pack.consent, "majority_reached")]
        assert problem(await confirm(parent, record["id"])) == (404, "not_found")
        assert (await confirm(api.member("M-1"), record["id"])).status_code == 200
        assert [event for event, *_ in await history(api, record["id"])] == ["granted", "confirmed", "confirmed"]
        assert await to_ask_again(api) == []

    async def test_a_part_that_remains_of_it_is_confirmed_too(self, api: Api, pack: ShippedPack) -> None:
        record = await given_by_parent(api)
        await at(api, AFTER)
        await confirm(api.member("M-1"), record["id"])
        rest = (await withdraw(api.member("M-1"), record["id"], categories=[pack.categories[1]])).json()["remaining"]
        assert sorted(event for event, *_ in await history(api, rest)) == ["confirmed", "granted"]
        assert (await read(api, rest))["status"] == "active"
        assert await to_ask_again(api) == []

    async def test_an_own_grant_serves_as_well(self, api: Api, pack: ShippedPack) -> None:
        await given_by_parent(api)
        await at(api, AFTER)
        await published(api, effective_from="2026-12-01")
        assert (await api.member("M-1").post("/v1/consents", pack.body(notice_version="2569-1"))).status_code == 201
        assert await to_ask_again(api) == []

    async def test_it_makes_no_doubtful_wording_good(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await taken_over(api)
        assert (await confirm(api.member("M-1"), record["id"])).json()["quality"] == "doubtful"
        assert await to_ask_again(api) == [("M-1", pack.consent, "doubtful_wording")]


class TestRefusing:
    async def test_a_minor_does_not_confirm_alone(self, api: Api) -> None:
        record = await given_by_parent(api)
        assert problem(await confirm(api.member("M-1"), record["id"])) == (403, "representative_required")
        parent = api.as_role("representative", subject_ref="P-1", acr="substantial")
        assert problem(await confirm(parent, record["id"])) == (422, "subject_agreement_missing")

    async def test_what_is_over_must_be_given_afresh(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        await withdraw(api.member("M-1"), record["id"])
        assert problem(await confirm(api.member("M-1"), record["id"])) == (409, "consent_not_active")
        record = await given(api)
        await published(api, fresh_consent_for=[pack.consent])
        assert problem(await confirm(api.member("M-1"), record["id"])) == (409, "consent_not_active")

    async def test_it_needs_as_much_assurance_as_a_grant(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        answer = await confirm(api.member("M-1", "low"), record["id"])
        assert problem(answer) == (403, "assurance_insufficient")
        assert answer.json()["required"] == "substantial"

    async def test_nobody_confirms_for_the_dead(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        await register(api, deceased_on="2026-01-01")
        assert problem(await confirm(api.staff, record["id"])) == (409, "subject_deceased")

    @pytest.mark.parametrize(("role", "code"), [("partner", "forbidden"), ("auditor", "forbidden")])
    async def test_who_may_not_grant_may_not_confirm(self, api: Api, role: str, code: str) -> None:
        await register(api)
        record = await given(api)
        assert problem(await confirm(api.as_role(role), record["id"])) == (403, code)

    async def test_another_s_is_not_found(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        record = await given(api)
        assert problem(await confirm(api.member("M-2"), record["id"])) == (404, "not_found")
