"""Withdrawing consent over HTTP, under every shipped pack."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from app.domain.policy import Bilingual, StatutoryInstrument
from app.main import Process, create_app
from tests.support.api import Api, problem
from tests.support.consents import given, history, read, withdraw
from tests.support.database import Database
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS, ShippedPack, having
from tests.support.policies import under
from tests.support.representatives import approved

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


async def withdraw_all(api: Api, purposes: Any = "all", subject_ref: str = "M-1") -> Any:
    body = {"purposes": purposes, "channel": "phone"}
    return await api.post(f"/v1/subjects/{subject_ref}/consent-withdrawals", body)


def under_a_law(process: Process, code: str) -> Process:
    """The same service after another law has made the consent to the purpose irrevocable."""
    pack = process.works.pack
    instrument = StatutoryInstrument("Some Act s.1", Bilingual(th="หนังสือ", en="instrument"))
    purpose = replace(pack.purposes[code], statutory_instrument=instrument)
    purposes = MappingProxyType({**pack.purposes, code: purpose})
    return under(process, replace(pack, purposes=purposes))


class TestOne:
    async def test_is_in_force_at_once_and_tells_what_it_brings(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        answer = await withdraw(api.member("M-1"), record["id"])
        assert answer.status_code == 200
        withdrawn = answer.json()
        purpose = (await api.staff.get(f"/v1/purposes/{pack.consent}")).json()
        assert withdrawn["status"] == "withdrawn"
        assert withdrawn["withdrawn_at"] > withdrawn["granted_at"]
        assert withdrawn["consequences"] == purpose["consequences"]
        assert withdrawn["version"] == 2
        assert {**await read(api, record["id"]), "remaining": None} == withdrawn
        assert await history(api, record["id"]) == [("granted", "app", "M-1"), ("withdrawn", "app", "M-1")]

    async def test_is_told_what_it_brings_before(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        purpose = (await api.staff.get(f"/v1/purposes/{pack.consent}")).json()
        assert record["consequences"] == purpose["consequences"]

    async def test_done_twice_is_answered_with_the_first(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        first = (await withdraw(api.member("M-1"), record["id"])).json()
        before = await database.counts()
        await api.post("/sandbox/clock", {"advance": "P1D"})
        answer = await withdraw(api.staff, record["id"], channel="counter")
        assert (answer.status_code, answer.json()) == (200, first)
        assert await database.counts() == before

    async def test_repeated_late_does_not_touch_what_was_granted_since(self, api: Api) -> None:
        await register(api)
        former = await given(api)
        await withdraw(api.member("M-1"), former["id"])
        record = await given(api)
        await withdraw(api.member("M-1"), former["id"])
        assert (await read(api, record["id"]))["status"] == "active"

    async def test_of_a_superseded_record_ends_what_replaced_it_too(self, api: Api, database: Database) -> None:
        await register(api)
        former = await given(api, recipients=[])
        record = await given(api)
        ended = "SELECT ended_at FROM consent WHERE ended_at IS NOT NULL"
        before = await database.fetch(ended)
        assert (await withdraw(api.member("M-1"), former["id"])).json()["status"] == "withdrawn"
        assert (await read(api, record["id"]))["status"] == "withdrawn"
        assert before[0] in await database.fetch(ended), "the old record had ended before"

    async def test_of_an_expired_consent_stands(self, api: Api) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        record = await given(api, expires_on="2026-03-01")
        await api.post("/sandbox/clock", {"advance": "P2D"})
        assert (await withdraw(api.member("M-1"), record["id"])).json()["status"] == "withdrawn"
        assert (await given(api))["status"] == "active"

    async def test_stands_even_where_the_sandbox_s_clock_was_put_back(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        await api.post("/sandbox/clock", {"at": "2026-01-01T00:00:00Z"})
        assert (await withdraw(api.member("M-1"), record["id"])).json()["status"] == "withdrawn"
        assert (await read(api, record["id"]))["status"] == "withdrawn"
        assert (await withdraw_all(api.member("M-1"))).json() == {"items": []}

    async def test_that_a_law_restricts_names_the_provision(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        async with Api.over(create_app(under_a_law(api.process, pack.consent)), api.process) as later:
            answer = await withdraw(later.member("M-1"), record["id"])
            everything = await withdraw_all(later.member("M-1"))
        assert problem(answer) == (422, "withdraw_restricted_by_law")
        assert answer.json()["provision"] == "Some Act s.1"
        assert everything.json() == {"items": []}, "all passes over it"
        assert (await read(api, record["id"]))["status"] == "active"

    async def test_is_refused_where_the_record_has_changed_since_it_was_read(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        path, body, member = f"/v1/consents/{record['id']}/withdrawal", {"channel": "app"}, api.member("M-1")
        for stale in ('"2"', 'W/"1"', "nonsense"):
            answer = await member.post(path, body, headers={"If-Match": stale})
            assert problem(answer) == (412, "version_conflict")
        answer = await member.post(path, body, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')

    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            ({}, "/channel", "missing"),
            ({"channel": "fax"}, "/channel", "not_allowed"),
            ({"channel": "app", "reason": "x" * 501}, "/reason", "too_long"),
            ({"channel": "app", "fee": 100}, "/fee", "unknown_field"),
        ],
    )
    async def test_that_makes_no_sense_is_refused_where_it_stands(
        self, api: Api, body: dict[str, Any], pointer: str, code: str
    ) -> None:
        await register(api)
        record = await given(api)
        answer = await api.member("M-1").post(f"/v1/consents/{record['id']}/withdrawal", body)
        assert problem(answer) == (422, code)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]

    @pytest.mark.parametrize("role", ["core_banking", "staff", "dpo"])
    async def test_can_be_recorded_for_the_person(self, api: Api, role: str) -> None:
        await register(api)
        record = await given(api)
        answer = await withdraw(api.as_role(role), record["id"], channel="post", reason="by letter")
        assert answer.json()["status"] == "withdrawn"


class TestByPurpose:
    async def test_all_ends_everything_that_is_open(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2")
        mine = {(await given(api, purpose=one))["id"] for one in (pack.consent, pack.other_consent)}
        theirs = await given(api, "M-2")
        answer = await withdraw_all(api.member("M-1"))
        assert answer.status_code == 200
        items = answer.json()["items"]
        assert {item["id"] for item in items} == mine
        assert {item["status"] for item in items} == {"withdrawn"}
        assert all(item["consequences"] for item in items)
        assert (await read(api, theirs["id"]))["status"] == "active"
        assert (await withdraw_all(api.member("M-1"))).json() == {"items": []}

    async def test_named_ends_those_and_no_others(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        kept = await given(api)
        ended = await given(api, purpose=pack.other_consent)
        (item,) = (await withdraw_all(api.member("M-1"), [pack.other_consent])).json()["items"]
        assert item["id"] == ended["id"]
        assert (await read(api, kept["id"]))["status"] == "active"
        assert await history(api, ended["id"]) == [("granted", "app", "M-1"), ("withdrawn", "phone", "M-1")]

    async def test_named_together_with_what_can_t_be_withdrawn_nothing_is(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        for named, code in ((pack.without_consent, "not_consent_based"), ("unknown", "not_allowed")):
            answer = await withdraw_all(api.member("M-1"), [pack.consent, named])
            assert problem(answer) == (422, code)
        assert (await read(api, record["id"]))["status"] == "active"

    @pytest.mark.packs(*having("statutory"))
    async def test_a_statutory_instrument_that_is_named_is_refused_with_its_provision(
        self, api: Api, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api)
        answer = await withdraw_all(api.member("M-1"), [pack.consent, pack.statutory])
        assert problem(answer) == (422, "withdraw_restricted_by_law")
        assert "42/1" in answer.json()["provision"]
        assert (await read(api, record["id"]))["status"] == "active"

    @pytest.mark.parametrize("purposes", ["none", [], None, ["Bad Code"], 7, {"all": True}])
    async def test_takes_all_or_a_list_of_codes(self, api: Api, purposes: Any) -> None:
        await register(api)
        answer = await withdraw_all(api.member("M-1"), purposes)
        assert answer.status_code == 422
        assert {error["pointer"].split("/")[1] for error in answer.json()["errors"]} == {"purposes"}

    async def test_of_another_is_not_found_whatever_was_sent(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2")
        for purposes in ("all", "none", [pack.without_consent]):
            answer = await withdraw_all(api.member("M-1"), purposes, "M-2")
            assert problem(answer) == (404, "not_found")


class TestWhoActs:
    @pytest.mark.parametrize("born_on", ["2016-03-01", "2010-03-01", "2006-03-02"])
    async def test_no_minor_consents_alone(self, api: Api, pack: ShippedPack, born_on: str) -> None:
        await register(api, born_on=born_on)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        for caller in (api.member("M-1"), api.staff):
            assert problem(await caller.post("/v1/consents", pack.body())) == (403, "representative_required")

    @pytest.mark.parametrize("changes", [{"born_on": "2006-03-01"}, {"born_on": "2007", "married_on": "2026-03-01"}])
    async def test_from_the_twentieth_birthday_or_marriage_on_everybody_does(
        self, api: Api, changes: dict[str, str]
    ) -> None:
        await register(api, **changes)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        assert (await given(api))["given_by"] == "M-1"

    @pytest.mark.parametrize("capacity", ["incompetent", "quasi_incompetent"])
    async def test_who_a_court_has_placed_under_care_does_not(self, api: Api, pack: ShippedPack, capacity: str) -> None:
        await register(api, legal_capacity=capacity)
        answer = await api.member("M-1").post("/v1/consents", pack.body())
        assert problem(answer) == (403, "representative_required")

    async def test_a_minor_above_ten_agrees_besides_the_parent(self, api: Api, pack: ShippedPack) -> None:
        await register(api, born_on="2012-01-01")
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        await approved(api, relation="parent")
        for agreed in (None, False):
            answer = await api.staff.post("/v1/consents", pack.body(given_by="P-1", subject_agreed=agreed))
            assert problem(answer) == (422, "subject_agreement_missing")
        answer = await api.staff.post("/v1/consents", pack.body(given_by="P-1", subject_agreed=True))
        assert answer.status_code == 201
        assert (answer.json()["given_by"], answer.json()["given_as"]) == ("P-1", "parent")

    async def test_a_parent_consents_and_withdraws_over_an_own_token(self, api: Api, pack: ShippedPack) -> None:
        await register(api, born_on="2020-01-01")
        await approved(api, relation="parent")
        parent = api.as_role("representative", subject_ref="P-1", acr="substantial")
        answer = await parent.post("/v1/consents", pack.body())
        assert (answer.status_code, answer.json()["given_by"]) == (201, "P-1")
        assert (await withdraw(parent, answer.json()["id"])).json()["status"] == "withdrawn"
        unsure = api.as_role("representative", subject_ref="P-1", acr="low")
        assert problem(await unsure.post("/v1/consents", pack.body())) == (403, "assurance_insufficient")

    async def test_outside_the_scope_of_the_power_nobody_consents(self, api: Api, pack: ShippedPack) -> None:
        await register(api, born_on="2020-01-01")
        await approved(api, relation="parent", rights=["access"])
        parent = api.as_role("representative", subject_ref="P-1", acr="substantial")
        assert problem(await parent.post("/v1/consents", pack.body())) == (403, "representative_required")

    async def test_outside_the_scope_of_the_power_nobody_reads_consents(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        attorney = api.as_role("representative", subject_ref="P-1", acr="substantial")
        paths = ["/v1/consents?subject_ref=M-1", *(f"/v1/consents/{record['id']}{of}" for of in ("", "/history"))]
        paths.append(f"/v1/consents/{record['id']}/receipt")
        await approved(api, rights=["access", "consent"])
        assert [(await attorney.get(path)).status_code for path in paths] == [200] * 4
        await approved(api, rights=["access"])
        assert [problem(await attorney.get(path)) for path in paths] == [(404, "not_found")] * 4
        assert problem(await withdraw(attorney, record["id"])) == (403, "representative_required")

    async def test_staff_withdraw_for_a_minor_in_the_name_of_the_parent(self, api: Api, pack: ShippedPack) -> None:
        await register(api, born_on="2020-01-01")
        await approved(api, relation="parent")
        record = (await api.staff.post("/v1/consents", pack.body(given_by="P-1"))).json()
        assert problem(await withdraw(api.staff, record["id"], on_behalf_by="P-2")) == (403, "representative_required")
        assert problem(await withdraw(api.member("M-1"), record["id"])) == (403, "representative_required")
        assert (await withdraw(api.staff, record["id"], on_behalf_by="P-1")).json()["status"] == "withdrawn"

    @pytest.mark.parametrize("whole", [False, True], ids=["one", "all"])
    async def test_what_a_parent_gave_can_be_withdrawn_when_the_power_has_ended(
        self, api: Api, pack: ShippedPack, whole: bool
    ) -> None:
        await register(api, born_on="2020-01-01")
        await approved(api, relation="parent")
        record = (await api.staff.post("/v1/consents", pack.body(given_by="P-1"))).json()
        assert (await api.staff.call("DELETE", "/v1/subjects/M-1/representatives/P-1")).status_code in {200, 204}
        answer = await (withdraw_all(api.staff) if whole else withdraw(api.core, record["id"]))
        assert answer.status_code == 200
        assert (await read(api, record["id"]))["status"] == "withdrawn"

    @pytest.mark.parametrize("born_on", ["1970-05-17", "2012-01-01", "2020-01-01"])
    async def test_whoever_is_named_must_hold_an_effective_representation(
        self, api: Api, pack: ShippedPack, born_on: str
    ) -> None:
        await register(api, born_on=born_on)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        answer = await api.staff.post("/v1/consents", pack.body(given_by="P-1", subject_agreed=True))
        assert problem(answer) == (403, "representative_required")

    async def test_for_the_dead_nobody_consents_and_staff_still_withdraw(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        record = await given(api)
        await register(api, deceased_on="2026-03-01")
        for caller in (api.member("M-1"), api.staff):
            assert problem(await caller.post("/v1/consents", pack.body())) == (409, "subject_deceased")
        assert (await withdraw(api.staff, record["id"])).json()["status"] == "withdrawn"

    @pytest.mark.parametrize("changes", [{"legal_capacity": "incompetent"}, {"born_on": "2015-01-01"}])
    async def test_who_can_t_act_alone_does_not_withdraw_alone_whoever_records_it(
        self, api: Api, changes: dict[str, str]
    ) -> None:
        await register(api)
        record = await given(api)
        await register(api, **changes)
        for caller in (api.member("M-1"), api.staff, api.core):
            for answer in (await withdraw(caller, record["id"]), await withdraw_all(caller)):
                assert problem(answer) == (403, "representative_required")
        assert (await read(api, record["id"]))["status"] == "active"


class TestAssurance:
    @pytest.mark.parametrize("assurance", ["none", "low"])
    async def test_a_consent_is_given_by_somebody_known_well_enough(
        self, api: Api, pack: ShippedPack, assurance: str
    ) -> None:
        await register(api)
        answer = await api.member("M-1", assurance).post("/v1/consents", pack.body())
        assert problem(answer) == (403, "assurance_insufficient")
        assert answer.json()["required"] == "substantial"

    async def test_withdrawing_asks_for_what_granting_did(self, api: Api) -> None:
        await register(api)
        record = await given(api)
        low = api.member("M-1", "low")
        for answer in (await withdraw(low, record["id"]), await withdraw_all(low)):
            assert problem(answer) == (403, "assurance_insufficient")
            assert answer.json()["required"] == "substantial"
        assert (await withdraw(api.member("M-1"), record["id"])).status_code == 200

    async def test_and_never_for_more_than_a_grant_needs(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = (await api.member("M-1", "high").post("/v1/consents", pack.body())).json()
        assert (await withdraw(api.member("M-1"), record["id"])).status_code == 200

    async def test_what_staff_recorded_is_withdrawn_over_any_token_of_the_person(
        self, api: Api, pack: ShippedPack
    ) -> None:
        await register(api)
        record = (await api.staff.post("/v1/consents", pack.body(channel="counter"))).json()
        assert (await withdraw(api.member("M-1", "low"), record["id"])).status_code == 200
