"""What restrictions and objections do to decisions: at once."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.consents import given
from tests.support.evaluations import BILLING, ask
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack, having
from tests.support.requests import submit

DIVIDENDS = "annual_dividend_and_rebate_processing"
TRANSACTIONS = "transaction_evidence"
UNDER_EACH = pytest.mark.packs(*SHIPPED_PACKS)


@pytest.fixture
async def member(api: Api) -> Api:
    """A member, as the mobile app speaks for them."""
    await register(api)
    return api.member("M-1")


async def test_a_restriction_of_a_purpose_leaves_storing_and_authorities(api: Api, member: Api) -> None:
    await submit(api, "M-1", "restriction", purposes=[DIVIDENDS])
    assert await ask(api, purpose=DIVIDENDS) == (False, ["restricted"])
    assert await ask(api, "disclose", DIVIDENDS, recipient="banks") == (False, ["restricted"])
    assert (await ask(api, "disclose", DIVIDENDS, recipient="revenue_department"))[0] is True
    assert (await ask(api, "use", DIVIDENDS, recipient="revenue_department"))[0] is True
    assert (await ask(api, "store", DIVIDENDS))[0] is True
    assert (await ask(api, purpose=BILLING))[0] is True


async def test_a_restriction_of_one_record_among_many_counts(api: Api, member: Api) -> None:
    made: dict[str, Any] = {"events": {"deposit_made": "2026-03-02"}}
    await push(api, "M-1", *(record(f"D-{number:03}", **made) for number in range(40)))
    await submit(api, "M-1", "restriction", purposes=None, record_refs=["D-000"])
    assert await ask(api, purpose=TRANSACTIONS) == (False, ["restricted"])
    assert await ask(api, purpose=TRANSACTIONS, record_refs=["D-000", "D-001"]) == (False, ["restricted"])
    assert (await ask(api, purpose=TRANSACTIONS, record_refs=["D-001"]))[0] is True
    assert (await ask(api, purpose=TRANSACTIONS, categories=["third_party"]))[0] is True


@UNDER_EACH
async def test_an_objection_sets_its_purpose_apart(api: Api, pack: ShippedPack, member: Api) -> None:
    assert (await ask(api, purpose=pack.objectable))[0] is True
    await submit(api, "M-1", "objection", purposes=[pack.objectable])
    assert await ask(api, purpose=pack.objectable) == (False, ["objected"])
    assert (await ask(api, "store", pack.objectable))[0] is True
    assert (await ask(api, purpose=pack.without_consent))[0] is True


@pytest.mark.packs(*having("marketing"))
async def test_an_objection_to_marketing_stands_against_a_consent_to_it(
    api: Api, pack: ShippedPack, member: Api
) -> None:
    await given(member, purpose=pack.marketing)
    assert await ask(api, purpose=str(pack.marketing)) == (True, ["basis_consent"])
    await submit(api, "M-1", "objection", purposes=[pack.marketing], ground="direct_marketing")
    assert await ask(api, purpose=str(pack.marketing)) == (False, ["objected"])


@UNDER_EACH
async def test_a_restriction_stops_what_a_consent_allows(api: Api, pack: ShippedPack, member: Api) -> None:
    await given(member)
    assert (await ask(api, purpose=pack.consent))[0] is True
    await submit(api, "M-1", "restriction", purposes=[pack.consent])
    assert await ask(api, purpose=pack.consent) == (False, ["restricted"])
    assert (await ask(api, purpose=pack.without_consent))[0] is True


async def test_the_dashboard_tells_of_a_limit_since_when_and_by_which_request(api: Api, member: Api) -> None:
    asked = await submit(api, "M-1", "restriction", purposes=[DIVIDENDS])
    shown = (await member.get("/v1/subjects/M-1/processing")).json()["items"]
    found = next(item for item in shown if item["purpose"] == DIVIDENDS)
    assert (found["allowed"], found["restriction"]["request_id"]) == (False, asked["id"])
    assert found["since"] == found["restriction"]["since"]
    assert found["can"] == ["erase"]
