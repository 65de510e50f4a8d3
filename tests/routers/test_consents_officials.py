"""Consent under the pack of the cooperative officials: one for each purpose, none by default, none for ever (T-01, T-02)."""

from itertools import product
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.catalogue import everything
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.evaluations import ask
from tests.support.members import register
from tests.support.packs import OFFICIALS

pytestmark = pytest.mark.packs(OFFICIALS)
PURPOSES = tuple(OFFICIALS.notices)
BUREAU, ONWARD = "credit_bureau_disclosure", "credit_bureau_onward_disclosure"
RECIPIENTS = {BUREAU: "credit_bureau", ONWARD: "credit_bureau_members"}
MARKETING = [purpose for purpose in PURPOSES if purpose not in RECIPIENTS]
NEEDS_NO_CONSENT = (
    "web_service_registration",
    "web_enquiry_analysis_and_callback",
    "web_contact_history",
    "web_account_authentication",
    "accuracy_enquiry_handling",
)
PEOPLE: dict[str, dict[str, Any]] = {
    "visitor": {"kind": "visitor", "born_on": None, "membership": None},
    "registered user": {"kind": "registered_user", "born_on": None, "membership": None},
    "member": {"kind": "member"},
}
each_person = pytest.mark.parametrize("person", PEOPLE.values(), ids=list(PEOPLE))
each_purpose = pytest.mark.parametrize("purpose", PURPOSES)


def action_of(purpose: str) -> dict[str, Any]:
    """What a consent to a purpose is asked for: disclosure where it has a recipient, use else."""
    recipient = RECIPIENTS.get(purpose)
    return {"action": "disclose" if recipient else "use", "purpose": purpose, "recipient": recipient}


async def allowed(api: Api) -> dict[str, tuple[bool, list[str]]]:
    """The decisions about all purposes that need consent."""
    return {purpose: await ask(api, **action_of(purpose)) for purpose in PURPOSES}


class TestOneForEachPurpose:
    async def test_each_purpose_that_needs_consent_has_a_notice_for_itself_alone(self, api: Api) -> None:
        purposes = await everything(api.staff, "/v1/purposes")
        assert {one["code"] for one in purposes if one["requires_consent"] != "never"} == set(PURPOSES)
        notices = await everything(api, "/v1/notices")
        assert sorted(one["purposes"] for one in notices) == sorted([purpose] for purpose in PURPOSES)

    @each_person
    @each_purpose
    async def test_it_allows_its_own_and_no_other_until_it_is_withdrawn(
        self, api: Api, purpose: str, person: dict[str, Any]
    ) -> None:
        await register(api, **person)
        nothing = dict.fromkeys(PURPOSES, (False, ["consent_missing"]))
        assert await allowed(api) == nothing
        record = await given(api, purpose=purpose)
        assert (record["explicit"], record["given_as"], record["quality"]) == (False, "self", "sound")
        assert await allowed(api) == {**nothing, purpose: (True, ["basis_consent"])}
        withdrawn = (await withdraw(api.member("M-1"), record["id"])).json()
        assert (withdrawn["status"], withdrawn["consequences"]) == ("withdrawn", record["consequences"])
        assert await allowed(api) == {**nothing, purpose: (False, ["consent_withdrawn"])}
        await given(api, purpose=purpose)
        assert await allowed(api) == {**nothing, purpose: (True, ["basis_consent"])}

    async def test_it_is_given_under_its_own_notice_and_under_no_other(self, api: Api) -> None:
        await register(api)
        for purpose, notice in product(PURPOSES, OFFICIALS.notices.values()):
            if notice != OFFICIALS.notices[purpose]:
                body = OFFICIALS.body(purpose=purpose, notice_version=notice)
                answer = await api.member("M-1").post("/v1/consents", body)
                assert problem(answer) == (409, "notice_superseded")

    async def test_a_consent_that_was_made_explicit_is_kept_as_such(self, api: Api) -> None:
        await register(api, **PEOPLE["registered user"])
        assert (await given(api, explicit=True))["explicit"] is True

    async def test_a_minor_who_has_registered_does_not_consent_alone(self, api: Api) -> None:
        await register(api, kind="registered_user", membership=None, born_on="2020-01-01")
        answer = await api.member("M-1").post("/v1/consents", OFFICIALS.body())
        assert problem(answer) == (403, "representative_required")


class TestNoneByDefault:
    @each_person
    @pytest.mark.parametrize("purpose", MARKETING)
    async def test_marketing_is_off_for_every_act(self, api: Api, purpose: str, person: dict[str, Any]) -> None:
        await register(api, **person)
        for action in ("collect", "use", "store"):
            assert await ask(api, action, purpose) == (False, ["consent_missing"])

    async def test_the_dashboard_says_so_and_offers_to_consent(self, api: Api) -> None:
        await register(api, **PEOPLE["registered user"])
        shown = {one["purpose"]: one for one in await everything(api.member("M-1"), "/v1/subjects/M-1/processing")}
        for purpose in PURPOSES:
            assert (shown[purpose]["allowed"], shown[purpose]["consent"]) == (False, None)
            assert "grant_consent" in shown[purpose]["can"]
            assert "withdraw_consent" not in shown[purpose]["can"]

    @each_person
    async def test_what_rests_on_contract_or_interest_needs_neither_consent_nor_membership(
        self, api: Api, database: Database, person: dict[str, Any]
    ) -> None:
        await register(api, **person)
        for purpose in NEEDS_NO_CONSENT:
            assert (await ask(api, purpose=purpose))[0] is True
            answer = await api.member("M-1").post("/v1/consents", OFFICIALS.body(purpose=purpose))
            assert problem(answer) == (422, "not_consent_based")
        await database.execute("UPDATE subject SET profile = NULL, erased_at = now() WHERE subject_ref = 'M-1'")
        for purpose in NEEDS_NO_CONSENT:
            assert (await ask(api, purpose=purpose))[1][0] == "erased"


class TestTheCreditBureau:
    @pytest.mark.parametrize("purpose", RECIPIENTS)
    async def test_it_is_told_with_consent_only_and_nobody_else_even_then(self, api: Api, purpose: str) -> None:
        await register(api)
        other = next(code for code in RECIPIENTS if code != purpose)
        assert await ask(api, **action_of(purpose)) == (False, ["consent_missing"])
        await given(api, purpose=purpose)
        assert await ask(api, **action_of(purpose)) == (True, ["basis_consent"])
        assert await ask(api, **action_of(other)) == (False, ["consent_missing"])
        for recipient in (RECIPIENTS[other], "banks", "insurer", "nobody"):
            told, (first, *_) = await ask(api, "disclose", purpose, recipient=recipient)
            assert (told, first) == (False, "recipient_not_registered")

    async def test_a_consent_without_the_bureau_discloses_nothing_to_it(self, api: Api) -> None:
        await register(api)
        await given(api, purpose=BUREAU, recipients=[])
        assert await ask(api, **action_of(BUREAU)) == (False, ["consent_missing"])
        assert (await ask(api, "use", BUREAU))[0] is True

    @pytest.mark.parametrize("purpose", RECIPIENTS)
    async def test_the_wording_that_binds_for_ever_is_flagged_and_binds_nobody(self, api: Api, purpose: str) -> None:
        await register(api)
        flags = (await api.staff.get(f"/v1/purposes/{purpose}")).json()["clause_flags"]
        assert "irrevocable_wording_not_honoured" in flags
        for caller, channel in ((api.member("M-1"), "app"), (api.staff, "counter"), (api.core, "phone")):
            record = await given(api, purpose=purpose)
            answer = await withdraw(caller, record["id"], channel=channel)
            assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
            assert await ask(api, **action_of(purpose)) == (False, ["consent_withdrawn"])

    async def test_all_consents_end_with_one_word(self, api: Api) -> None:
        await register(api)
        records = [await given(api, purpose=purpose) for purpose in PURPOSES]
        path, body = "/v1/subjects/M-1/consent-withdrawals", {"purposes": "all", "channel": "phone"}
        answer = await api.member("M-1").post(path, body)
        assert {item["id"] for item in answer.json()["items"]} == {record["id"] for record in records}
        assert await allowed(api) == dict.fromkeys(PURPOSES, (False, ["consent_withdrawn"]))
