"""What the pack of Chanthaburi teachers publishes, over HTTP."""

from tests.support.api import Api
from tests.support.catalogue import everything


async def test_the_controller_says_where_to_turn(api: Api) -> None:
    controller = (await api.get("/v1/controller")).json()
    assert controller["code"] == "chanthaburi-teachers"
    assert controller["office_hours"]["opens"] == "08:30"
    assert controller["dpo"] == {"appointed": False, "contact": controller["contact"]["email"]}
    assert all(warning["th"] and warning["en"] for warning in controller["warnings"])


async def test_the_26_purposes_of_the_policy_come_first_and_in_its_order(api: Api) -> None:
    purposes = await everything(api.staff, "/v1/purposes")
    assert [purpose["number"] for purpose in purposes[:26]] == list(range(1, 27))
    assert not any(purpose["proposed"] for purpose in purposes[:26])
    assert all(purpose["proposed"] for purpose in purposes[26:])


async def test_a_purpose_says_what_it_rests_on_what_it_uses_and_what_a_withdrawal_brings(api: Api) -> None:
    purpose = (await api.staff.get("/v1/purposes/life_insurance_assessment")).json()
    assert purpose["requires_consent"] == "always"
    assert purpose["objectable"] == "no"
    assert [basis["code"] for basis in purpose["bases"]] == ["explicit_consent", "contract"]
    sensitive = {category["code"]: category["sensitive"] for category in purpose["categories"]}
    assert sensitive == {"personal_identity": False, "health": True, "third_party": False}
    assert [recipient["code"] for recipient in purpose["recipients"]] == ["insurer"]
    assert purpose["retention"] == ["ret_credit_life_insurance"]
    assert purpose["consequences"]["th"]
    assert purpose["consequences"]["en"]


async def test_payroll_deduction_names_the_law_that_makes_its_consent_irrevocable(api: Api) -> None:
    purpose = (await api.staff.get("/v1/purposes/payroll_deduction_notice_to_employer")).json()
    assert "42/1" in purpose["statutory_instrument"]["provision"]


async def test_retention_rules_tell_what_nobody_has_confirmed(api: Api) -> None:
    answer = (await api.staff.get("/v1/retention-rules", params={"limit": 200})).json()
    rules = {rule["code"]: rule for rule in answer["items"]}
    floors = [floor for rule in rules.values() for floor in rule["floors"]]
    assert len(rules) == 14
    assert rules["ret_membership_default"]["default"]
    assert rules["ret_deposit"]["period"] == "P10Y"
    assert rules["ret_credit_life_insurance"]["insurer_defined"]
    assert rules["ret_credit_life_insurance"]["period"] is None
    assert not rules["ret_soft_deleted"]["enabled"]
    assert any(floor["registrar_defined"] and not floor["verified"] for floor in floors)
    assert any("Registrar" in warning for warning in answer["warnings"])
