"""What the pack of the cooperative officials publishes, over HTTP (LAW A12, T-01, T-02, T-25, T-26)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.policy import PolicyPack
from app.domain.vocabulary import Right
from app.main import Process, create_app
from app.policies.loader import load_pack
from tests.policies.editing import OFFICIALS, PackCopy
from tests.support.api import Api
from tests.support.catalogue import everything
from tests.support.database import Database
from tests.support.policies import under

BUREAU = "/v1/purposes/credit_bureau_disclosure"


def officials() -> PolicyPack:
    return load_pack("cooperative-officials")


@pytest.fixture(scope="module")
def app(process: Process) -> object:
    """The application under this pack."""
    return create_app(under(process, officials()))


@pytest.fixture
async def api(app: object, process: Process, database: Database) -> AsyncIterator[Api]:
    """It, empty, spoken to over HTTP."""
    await database.reset()
    async with Api.over(app, under(process, officials())) as api:
        yield api


async def test_the_controller_tells_no_contact_that_the_policy_does_not_state(api: Api) -> None:
    controller = (await api.get("/v1/controller")).json()
    assert controller["name"]["th"] == "สหกรณ์ข้าราชการสหกรณ์ จำกัด"
    assert controller["contact"] == {"address": None, "phones": [], "email": None}
    assert (controller["office_hours"], controller["dpo"]) == (None, {"appointed": False, "contact": None})
    assert any("no address" in warning["en"] for warning in controller["warnings"])


async def test_purposes_come_in_the_order_of_the_policy_with_its_doubtful_wording_flagged(api: Api) -> None:
    purposes = await everything(api.staff, "/v1/purposes")
    assert [purpose["number"] for purpose in purposes] == [*range(101, 112), 201, 202, 203]
    flags = {purpose["code"]: purpose["clause_flags"] for purpose in purposes if purpose["clause_flags"]}
    both = ["irrevocable_wording_not_honoured", "bundled_consent"]
    assert flags == {"credit_bureau_disclosure": both, "credit_bureau_onward_disclosure": both}


async def test_disclosure_to_the_bureau_rests_on_consent_which_can_be_taken_back(api: Api) -> None:
    purpose = (await api.staff.get(BUREAU)).json()
    assert [basis["code"] for basis in purpose["bases"]] == ["consent"]
    assert [recipient["code"] for recipient in purpose["recipients"]] == ["credit_bureau"]
    assert purpose["credit_bureau_duty"] is None
    assert purpose["statutory_instrument"] is None
    assert "nothing about you goes to the credit bureau" in purpose["consequences"]["en"]


async def test_a_member_of_the_bureau_names_its_duty_and_tells_what_a_withdrawal_leaves(
    process: Process, database: Database, tmp_path: Path
) -> None:
    await database.reset()
    copy = PackCopy(tmp_path / "pack", OFFICIALS)
    copy.edit("controller.yaml", "credit_bureau_member: false", "credit_bureau_member: true")
    served = under(process, copy.load())
    async with Api.over(create_app(served), served) as api:
        purpose = (await api.staff.get(BUREAU)).json()
    assert [basis["code"] for basis in purpose["bases"]] == ["consent", "legal_obligation"]
    assert purpose["requires_consent"] == "always"
    assert purpose["credit_bureau_duty"] == {"provision": "Credit Information Business Act s.18"}
    assert "still reports what the law demands" in purpose["consequences"]["en"]


async def test_a_fee_is_told_where_a_pack_takes_one(process: Process, database: Database) -> None:
    await database.reset()
    pack = officials()
    charging = replace(pack, fees=replace(pack.fees, enabled=True, rights=(Right.ACCESS,)))
    served = under(process, charging)
    async with Api.over(create_app(served), served) as api:
        rights = {right["code"]: right["free_of_charge"] for right in await everything(api, "/v1/rights")}
    assert [code for code, free in rights.items() if not free] == ["access"]


async def test_retention_rules_say_what_ends_with_a_consent_and_what_follows_the_membership(api: Api) -> None:
    answer = (await api.staff.get("/v1/retention-rules")).json()
    rules = {rule["code"]: rule for rule in answer["items"]}
    usage = rules["ret_web_usage"]
    assert (usage["until_consent_ends"], usage["period"], usage["trigger"]) == (True, None, "consent_ended")
    followers = {code for code, rule in rules.items() if rule["members_under"] == "ret_membership_default"}
    assert followers == {"ret_web_registration", "ret_web_contact_history", "ret_web_credentials"}
    assert {rules[code]["period"] for code in followers} == {"P1Y"}
    assert {rule["clause"] for rule in rules.values()} == {None}
    assert any("the policy states no period" in warning for warning in answer["warnings"])
