"""Decisions over HTTP, on what the API itself has put on record."""

import json
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.deletion_cases import opened
from tests.support.evaluations import BILLING, ONE, ask, question, told
from tests.support.holds import placed
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack, having

LOANS = "loan_application_assessment"
TRANSACTIONS = "transaction_evidence"
UNDER_EACH = pytest.mark.packs(*SHIPPED_PACKS)
LEFT = {"joined_on": "1995-06-01", "ended_on": "2020-01-31"}


@pytest.fixture
async def member(api: Api) -> Api:
    """A member, as the mobile app speaks for them."""
    await register(api)
    return api.member("M-1")


async def raw(core: Api, body: object) -> httpx.Response:
    """Past the contract's check of what is sent: some of it is ill-typed on purpose."""
    headers = {"Authorization": f"Bearer {core.token}", "Content-Type": "application/json"}
    return await core.http.post(ONE, content=json.dumps(body), headers=headers)


@UNDER_EACH
async def test_a_grant_makes_a_yes_and_its_withdrawal_a_no(api: Api, pack: ShippedPack, member: Api) -> None:
    assert await ask(api, purpose=pack.consent) == (False, ["consent_missing"])
    granted = await given(member)
    assert await ask(api, purpose=pack.consent) == (True, list(pack.allowed_because))
    assert await ask(api, purpose=pack.consent, categories=pack.categories) == (True, list(pack.allowed_because))
    assert (await withdraw(member, granted["id"])).status_code == 200
    assert await ask(api, purpose=pack.consent) == (False, ["consent_withdrawn"])
    await given(member)
    assert (await ask(api, purpose=pack.consent))[0] is True, "a fresh grant revives"


@UNDER_EACH
async def test_a_consent_covers_what_it_names(api: Api, pack: ShippedPack, member: Api) -> None:
    covered, other = pack.ordinary
    await given(member, categories=[covered], recipients=[])
    assert (await ask(api, purpose=pack.consent, categories=[covered]))[0] is True
    assert await ask(api, purpose=pack.consent, categories=[other]) == (False, [f"consent_missing:{other}"])
    disclosing = await ask(api, "disclose", pack.consent, categories=[covered], recipient=pack.recipient)
    assert disclosing == (False, ["consent_missing"])
    await given(member)
    for recipient, allowed in ((pack.recipient, True), ("destruction_company", False)):
        assert (await ask(api, "disclose", pack.consent, categories=[covered], recipient=recipient))[0] is allowed


@pytest.mark.packs(*having("sensitive"))
async def test_a_consent_to_ordinary_data_is_none_to_sensitive_data(api: Api, pack: ShippedPack, member: Api) -> None:
    await given(member, explicit=False)
    missing = [f"explicit_consent_missing:{pack.sensitive}"]
    assert await ask(api, purpose=pack.consent, categories=[pack.sensitive]) == (False, missing)
    assert (await ask(api, purpose=pack.consent, categories=pack.ordinary))[0] is True


@UNDER_EACH
async def test_a_consent_lasts_to_its_day(api: Api, pack: ShippedPack, member: Api) -> None:
    await noon_of(api, "2027-01-10")
    await given(member, expires_on="2027-01-20")
    await noon_of(api, "2027-01-20")
    assert (await ask(api, purpose=pack.consent))[0] is True
    await noon_of(api, "2027-01-21")
    assert await ask(api, purpose=pack.consent) == (False, ["consent_expired"])


@UNDER_EACH
async def test_a_withdrawal_stands_when_the_sandbox_s_clock_goes_back(api: Api, pack: ShippedPack, member: Api) -> None:
    await noon_of(api, "2027-01-10")
    granted = await given(member)
    await noon_of(api, "2027-02-10")
    await withdraw(member, granted["id"])
    await noon_of(api, "2027-01-20")
    assert await ask(api, purpose=pack.consent) == (False, ["consent_withdrawn"])


@UNDER_EACH
async def test_a_consent_that_was_given_too_young_is_none(api: Api, pack: ShippedPack, member: Api) -> None:
    await given(member)
    await register(api, born_on="2012-05-17", membership={"joined_on": "2012-05-17"})
    assert await ask(api, purpose=pack.consent) == (False, ["representative_missing"])


@UNDER_EACH
async def test_a_consent_in_an_open_deletion_case_carries_nothing_until_that_is_found_to_be_none(
    api: Api, pack: ShippedPack, member: Api
) -> None:
    granted = await given(member)
    await register(api, legal_capacity="incompetent")
    for action in ("use", "store"):
        assert await ask(api, action, pack.consent) == (False, ["representative_missing"])
    [case] = (await api.staff.get("/v1/deletion-cases")).json()["items"]
    assert case["consent_ids"] == [granted["id"]]
    resolution = {"outcome": "unfounded"}
    assert (await api.staff.post(f"/v1/deletion-cases/{case['id']}/resolution", resolution)).status_code == 200
    assert await ask(api, purpose=pack.consent) == (True, list(pack.allowed_because))


@UNDER_EACH
async def test_a_case_of_one_consent_leaves_the_others_alone(api: Api, pack: ShippedPack, member: Api) -> None:
    await given(member)
    await given(member, purpose=pack.third_consent)
    await opened(api, purposes=[pack.third_consent])
    assert (await ask(api, purpose=pack.consent))[0] is True
    await opened(api, purposes=[pack.consent], reason="incapable_without_representative")
    assert await ask(api, purpose=pack.consent) == (False, ["representative_missing"])


async def test_the_relationship_of_a_linked_member_counts(api: Api) -> None:
    await register(api, "M-1", membership=LEFT)
    await register(api, "M-2")
    await register(api, "G-1", kind="guarantor", related_to=["M-1"], membership=None)
    assert await ask(api, of="M-1") == (False, ["relationship_ended"])
    assert await ask(api, of="G-1") == (False, ["relationship_ended"])
    await register(api, "G-1", kind="guarantor", related_to=["M-1", "M-2"], membership=None)
    assert (await ask(api, of="G-1"))[0] is True


async def test_who_has_died_is_told_so(api: Api, member: Api) -> None:
    await register(api, deceased_on="2026-01-05")
    assert await ask(api) == (False, ["relationship_ended"])
    assert (await ask(api, "store"))[0] is True


async def test_unknown_things_are_a_no_and_never_an_error(api: Api, member: Api) -> None:
    core = api.core
    for change, code in (
        ({"resource": {"type": "personal_data", "id": "M-9"}}, "subject_unknown"),
        ({"resource": {"type": "personal_data", "id": "M\u0000\ud800 1"}}, "subject_unknown"),
        ({"resource": {"type": "account", "id": "M-1"}}, "resource_unknown"),
        ({"action": {"name": "sell\u0000"}}, "action_unknown"),
        ({"context": {"purpose": "marketing\u0000"}}, "purpose_unknown"),
        ({"context": {"purpose": 7}}, "purpose_unknown"),
        ({"context": {}}, "purpose_unknown"),
        ({"context": {"purpose": BILLING, "recipient": ["banks"]}}, "recipient_not_registered"),
    ):
        assert told(await raw(core, {**question(), **change})) == (False, [code])


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"categories": "financial"}, (False, ["category_not_in_purpose"])),
        ({"categories": [1]}, (False, ["category_not_in_purpose"])),
        ({"categories": ["<b>\u0000"]}, (False, ["category_not_in_purpose"])),
        ({"categories": ["shoe_size"]}, (False, ["category_not_in_purpose:shoe_size"])),
        ({"categories": []}, (True, ["basis_contract"])),
        ({"record_refs": "D-1"}, (False, ["resource_unknown"])),
        ({"record_refs": {"D-1": 1}}, (False, ["resource_unknown"])),
        ({"record_refs": ["\u0000", "no such record"]}, (True, ["basis_contract"])),
        ({"record_refs": []}, (True, ["basis_contract"])),
    ],
)
async def test_properties_of_the_wrong_type_never_help(
    api: Api, member: Api, properties: dict[str, Any], expected: tuple[bool, list[str]]
) -> None:
    assert told(await raw(api.core, question(**properties))) == expected


async def test_records_that_are_all_over_are_not_used_however_many(api: Api, member: Api) -> None:
    old = [record(f"D-{number:03}", events={"deposit_made": "2001-03-02"}) for number in range(150)]
    await push(api, "M-1", *old)
    assert await ask(api, purpose=TRANSACTIONS) == (False, ["retention_ended"])
    assert await ask(api, "store", TRANSACTIONS) == (False, ["retention_ended"])
    await push(api, "M-1", record("D-0000", events={"deposit_made": "2026-03-02"}))
    assert (await ask(api, purpose=TRANSACTIONS))[0] is True, "the last of all by its reference"
    assert await ask(api, purpose=TRANSACTIONS, record_refs=["D-001", "D-149"]) == (False, ["retention_ended"])
    assert (await ask(api, purpose=TRANSACTIONS, record_refs=["D-0000", "D-149"]))[0] is True


async def test_a_hold_a_condition_or_an_open_request_keeps_a_record_in_use(api: Api, member: Api) -> None:
    over: dict[str, Any] = {"events": {"deposit_made": "2001-03-02"}}
    await push(api, "M-1", record("D-1", **over), record("D-2", **over, conditions=["litigation"]))
    assert await ask(api, purpose=TRANSACTIONS, record_refs=["D-1"]) == (False, ["retention_ended"])
    assert (await ask(api, purpose=TRANSACTIONS, record_refs=["D-2"]))[0] is True
    await placed(api, record_refs=["D-1"])
    assert (await ask(api, purpose=TRANSACTIONS, record_refs=["D-1"]))[0] is True


@pytest.mark.parametrize(
    ("state", "use", "store"),
    [
        ("locked", "erased", "erased"),
        ("erased", "erased", "erased"),
        ("anonymised", "erased", "erased"),
        ("storage_only", "storage_only", None),
    ],
)
async def test_the_state_of_records_decides(
    api: Api, member: Api, database: Database, state: str, use: str, store: str | None
) -> None:
    await push(api, "M-1", record("D-1", events={"deposit_made": "2026-03-02"}), record("L-1", "loan_contract"))
    await database.execute("UPDATE held_record SET state = $1 WHERE record_ref = 'D-1'", state)
    assert await ask(api, purpose=TRANSACTIONS) == (False, [use])
    storing = (False, [store]) if store else (True, ["basis_contract", "basis_legal_obligation"])
    assert await ask(api, "store", TRANSACTIONS) == storing
    assert (await ask(api, purpose=LOANS))[0] is True, "another purpose, another record"
    assert (await ask(api, purpose=TRANSACTIONS, categories=["third_party"]))[0] is True, "a category it does not hold"


async def test_an_erased_subject_is_a_no_for_everything(api: Api, member: Api, database: Database) -> None:
    await database.execute("UPDATE subject SET profile = NULL, erased_at = now() WHERE subject_ref = 'M-1'")
    for action in ("collect", "use", "store"):
        assert (await ask(api, action))[1][0] == "erased"


async def test_decisions_write_nothing(api: Api, member: Api, database: Database) -> None:
    before = await database.counts()
    await ask(api)
    await ask(api, of="M-9")
    assert await database.counts() == before


@UNDER_EACH
async def test_another_version_of_a_notice_that_wants_fresh_consent_is_known_at_once(
    api: Api, pack: ShippedPack, member: Api
) -> None:
    await noon_of(api, "2027-01-10")
    await given(member)
    notice = {
        "version": "afresh",
        "effective_from": "2027-01-10",
        "title": {"th": "ประกาศ", "en": "Notice"},
        "content": {"th": "ประกาศความเป็นส่วนตัว", "en": "Privacy notice"},
        "purposes": [pack.consent],
        "fresh_consent_for": [pack.consent],
    }
    policy = (await api.core.post(ONE, question())).json()["context"]["policy"]
    published = await api.dpo.post("/v1/notices", notice)
    assert published.status_code == 201, published.text
    assert await ask(api, purpose=pack.consent) == (False, ["consent_superseded"])
    after = (await api.core.post(ONE, question())).json()["context"]["policy"]
    assert after != policy
    again = await member.post("/v1/consents", pack.body(notice_version=notice["version"]))
    assert again.status_code == 201, again.text
    assert (await ask(api, purpose=pack.consent))[0] is True
