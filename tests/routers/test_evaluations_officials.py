"""Decisions under the pack of the cooperative officials: tracking, offers and the credit bureau (T-01, T-26)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.main import Process, create_app
from app.policies.loader import load_pack
from tests.policies.editing import OFFICIALS as FOLDER
from tests.policies.editing import PackCopy
from tests.support.api import Api
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.evaluations import ask
from tests.support.members import push, record, register
from tests.support.packs import OFFICIALS
from tests.support.policies import under

BUREAU = {"purpose": "credit_bureau_disclosure", "recipient": "credit_bureau"}
TRACKING = "web_behaviour_tracking"


@pytest.fixture(params=[False, True], ids=["no bureau member", "bureau member"])
async def api(
    request: pytest.FixtureRequest, process: Process, database: Database, tmp_path: Path
) -> AsyncIterator[Api]:
    """The service under this pack, without and with the membership of the credit bureau."""
    await database.reset()
    pack = load_pack("cooperative-officials")
    if request.param:
        copy = PackCopy(tmp_path / "pack", FOLDER)
        copy.edit("controller.yaml", "credit_bureau_member: false", "credit_bureau_member: true")
        pack = copy.load()
    served = under(process, pack)
    async with Api.over(create_app(served), served) as api:
        yield api


async def test_tracking_is_allowed_by_consent_although_its_records_have_no_period(api: Api) -> None:
    await register(api, **OFFICIALS.person)
    await push(api, "M-1", record("U-1", "web_usage", categories=["web_usage"], lawful_basis="consent"))
    assert (await ask(api, "use", TRACKING))[0] is False, "off by default"
    consent_id = (await given(api, purpose=TRACKING))["id"]
    assert await ask(api, "use", TRACKING) == (True, ["basis_consent"])
    assert (await ask(api, "store", TRACKING))[0] is True
    await withdraw(api.member("M-1"), consent_id)
    allowed, reasons = await ask(api, "use", TRACKING)
    assert (allowed, "consent_withdrawn" in reasons) == (False, True)
    assert await ask(api, "store", TRACKING) == (False, ["retention_ended"])


async def test_a_members_registration_is_in_use_while_the_membership_lasts(api: Api) -> None:
    await register(api)
    old = {"last_activity": "2020-01-01"}
    await push(api, "M-1", record("W-1", "web_registration", categories=["web_registration"], events=old))
    assert await ask(api, "use", OFFICIALS.without_consent) == (True, ["basis_contract"])


async def test_a_registered_users_registration_ends_a_year_after_the_last_activity(api: Api) -> None:
    await register(api, **OFFICIALS.person)
    old = {"last_activity": "2020-01-01"}
    await push(api, "M-1", record("W-1", "web_registration", categories=["web_registration"], events=old))
    assert await ask(api, "use", OFFICIALS.without_consent) == (False, ["retention_ended"])


async def test_the_bureau_gets_nothing_on_a_withdrawn_consent_but_what_the_law_wants_of_a_member(api: Api) -> None:
    await register(api)
    reporting = api.process.works.pack.credit_bureau_member
    consent_id = (await given(api, purpose="credit_bureau_disclosure"))["id"]
    allowed, reasons = await ask(api, "disclose", **BUREAU)
    assert (allowed, "basis_consent" in reasons, "basis_legal_obligation" in reasons) == (True, True, reporting)
    await withdraw(api.member("M-1"), consent_id)
    after = (True, ["basis_legal_obligation"]) if reporting else (False, ["consent_withdrawn"])
    assert await ask(api, "disclose", **BUREAU) == after
    onward = {"purpose": "credit_bureau_onward_disclosure", "recipient": "credit_bureau_members"}
    assert await ask(api, "disclose", **onward) == (False, ["consent_missing"])
