"""The privacy dashboard over HTTP."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import given, withdraw
from tests.support.evaluations import BILLING
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack, having

UNDER_EACH = pytest.mark.packs(*SHIPPED_PACKS)


@pytest.fixture
async def member(api: Api) -> Api:
    """A member, as the mobile app speaks for them."""
    await register(api)
    return api.member("M-1")


async def dashboard(caller: Api, subject_ref: str = "M-1") -> dict[str, dict[str, Any]]:
    """By purpose."""
    answer = await caller.get(f"/v1/subjects/{subject_ref}/processing?limit=200")
    assert answer.status_code == 200, answer.text
    return {item["purpose"]: item for item in answer.json()["items"]}


def reasons(part: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in part["reasons"]]


@UNDER_EACH
async def test_every_purpose_of_the_pack_is_shown_by_number(api: Api, member: Api) -> None:
    purposes = (await api.dpo.get("/v1/purposes?limit=200")).json()["items"]
    assert list(await dashboard(member)) == [purpose["code"] for purpose in purposes]


async def test_a_purpose_of_the_contract_is_allowed_and_says_on_what(member: Api) -> None:
    billing = (await dashboard(member))[BILLING]
    assert billing["label"]["en"] == "Bill members each month"
    assert (billing["allowed"], billing["basis"], reasons(billing)) == (True, "contract", ["basis_contract"])
    assert {each["code"] for each in billing["categories"]} == {"personal_identity", "financial", "employment"}
    assert all(each["allowed"] for each in billing["categories"])
    assert (billing["consent"], billing["restriction"], billing["objection"], billing["since"]) == (None,) * 4
    assert billing["can"] == ["restrict", "erase"]


@UNDER_EACH
async def test_a_consent_is_shown_with_what_it_allows_and_can_be_withdrawn(member: Api, pack: ShippedPack) -> None:
    before = (await dashboard(member))[pack.consent]
    assert (before["allowed"], before["basis"], reasons(before)) == (False, None, ["consent_missing"])
    assert before["can"] == ["grant_consent", "restrict", "erase"]
    granted = await given(member)
    after = (await dashboard(member))[pack.consent]
    assert (after["allowed"], after["basis"]) == (True, "explicit_consent" if pack.explicit else "consent")
    assert (after["consent"]["id"], after["consent"]["status"]) == (granted["id"], "active")
    assert after["since"] == after["consent"]["granted_at"] == granted["granted_at"]
    assert after["can"] == ["withdraw_consent", "restrict", "erase"]
    withdrawn = (await withdraw(member, granted["id"])).json()
    at_last = (await dashboard(member))[pack.consent]
    assert (at_last["allowed"], reasons(at_last)) == (False, ["consent_withdrawn"])
    assert (at_last["consent"]["status"], at_last["since"]) == ("withdrawn", withdrawn["withdrawn_at"])
    assert "grant_consent" in at_last["can"]


@pytest.mark.packs(*having("sensitive_only"))
async def test_a_sensitive_category_stands_for_itself(member: Api, pack: ShippedPack) -> None:
    found = (await dashboard(member))[str(pack.sensitive_only)]
    each = {category["code"]: category for category in found["categories"]}
    assert found["allowed"] is True
    assert each["financial"]["allowed"] is True
    assert (each["religion"]["allowed"], reasons(each["religion"])) == (False, ["explicit_consent_missing"])
    assert each["religion"]["reasons"][0]["category"] == "religion"


@pytest.mark.packs(*having("statutory"))
async def test_a_statutory_instrument_names_its_law_and_knows_no_withdrawal(member: Api, pack: ShippedPack) -> None:
    found = (await dashboard(member))[str(pack.statutory)]
    assert found["provision"] == "Cooperatives Act s.42/1"
    assert not {"grant_consent", "withdraw_consent"} & set(found["can"])


@UNDER_EACH
async def test_an_objectable_purpose_can_be_objected_to(member: Api, pack: ShippedPack) -> None:
    shown = await dashboard(member)
    assert "object" in shown[pack.objectable]["can"]
    assert "object" not in shown[pack.without_consent]["can"]


async def test_what_has_ended_is_not_allowed(api: Api, member: Api) -> None:
    await register(api, membership={"joined_on": "1995-06-01", "ended_on": "2020-01-31"})
    await push(api, "M-1", record("B-1", "monthly_billing_notice", events={"billing_notice_issued": "2001-01-31"}))
    found = (await dashboard(member))[BILLING]
    assert (found["allowed"], reasons(found)) == (False, ["relationship_ended", "retention_ended"])


async def test_nobody_sees_another_s_dashboard_and_a_partner_none(api: Api, member: Api) -> None:
    await register(api, "M-2")
    assert problem(await member.get("/v1/subjects/M-2/processing")) == (404, "not_found")
    assert problem(await api.as_role("partner").get("/v1/subjects/M-1/processing")) == (403, "forbidden")
    assert list(await dashboard(api.staff)) == list(await dashboard(member))


async def test_pages_lead_through_all_purposes(member: Api) -> None:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await member.get(f"/v1/subjects/M-1/processing?limit=10{cursor}")).json()
        found += [item["purpose"] for item in answer["items"]]
        cursor = f"&cursor={answer['next_cursor']}" if answer["next_cursor"] else None
    assert found == list(await dashboard(member))
    assert problem(await member.get("/v1/subjects/M-1/processing?cursor=x")) == (422, "bad_cursor")
