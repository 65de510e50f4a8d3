"""Retention under the pack of the cooperative officials: what a consent keeps, and who counts as a member, over HTTP."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.members import push, record, register
from tests.support.packs import OFFICIALS
from tests.support.requests import decide, erasure, objection

TRACKING, OFFERS = OFFICIALS.other_consent, "web_offers_and_recommendations"
pytestmark = pytest.mark.packs(OFFICIALS)


@pytest.fixture(autouse=True)
async def tracked(api: Api) -> None:
    """A registered user of the website whose use was tracked."""
    await register(api, **OFFICIALS.person)
    await push(api, "M-1", record("U-1", "web_usage", categories=["web_usage"], lawful_basis="consent"))


async def agree(api: Api, purpose: str) -> str:
    answer = await api.member("M-1").post("/v1/consents", OFFICIALS.body(purpose=purpose))
    assert answer.status_code == 201, answer.text
    consent_id: str = answer.json()["id"]
    return consent_id


async def withdraw(api: Api, consent_id: str) -> None:
    answer = await api.member("M-1").post(f"/v1/consents/{consent_id}/withdrawal", {"channel": "app"})
    assert answer.status_code == 200, answer.text


async def kept(api: Api, record_ref: str = "U-1") -> tuple[str, str | None, str | None]:
    answer = await api.staff.get("/v1/subjects/M-1/retention")
    (item,) = (each for each in answer.json()["items"] if each["record_ref"] == record_ref)
    assert item["because"], "every answer has its reasons"
    return item["action"], item["until"], item["waits_for"]


DUE = ("dispose", None, None)
BY_CONSENT = ("keep", None, "consent_ended")


async def test_data_on_use_is_kept_by_consent_and_due_with_the_withdrawal(api: Api) -> None:
    assert await kept(api) == DUE
    consent_id = await agree(api, TRACKING)
    assert await kept(api) == BY_CONSENT
    await withdraw(api, consent_id)
    assert await kept(api) == DUE


async def test_another_consent_that_uses_the_data_keeps_it_until_it_ends_too(api: Api) -> None:
    consents = [await agree(api, purpose) for purpose in (TRACKING, OFFERS)]
    await withdraw(api, consents[0])
    assert await kept(api) == BY_CONSENT
    await withdraw(api, consents[1])
    assert await kept(api) == DUE


async def test_what_was_collected_for_tracking_goes_with_that_consent(api: Api) -> None:
    tracked = record("U-2", "web_usage", categories=["web_usage"], lawful_basis="consent", purpose=TRACKING)
    await push(api, "M-1", tracked)
    consents = [await agree(api, purpose) for purpose in (TRACKING, OFFERS)]
    assert (await kept(api, "U-1"), await kept(api, "U-2")) == (BY_CONSENT, BY_CONSENT)
    await withdraw(api, consents[0])
    assert (await kept(api, "U-1"), await kept(api, "U-2")) == (BY_CONSENT, DUE)


async def test_a_consent_that_has_expired_keeps_nothing(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
    body = OFFICIALS.body(purpose=TRACKING, expires_on="2026-03-10")
    assert (await api.member("M-1").post("/v1/consents", body)).status_code == 201
    await api.post("/sandbox/clock", {"at": "2026-03-10T16:59:50Z"})
    assert await kept(api) == BY_CONSENT
    await api.post("/sandbox/clock", {"at": "2026-03-10T17:00:00Z"})
    assert await kept(api) == DUE


async def test_an_objection_to_marketing_ends_what_the_consent_keeps(api: Api) -> None:
    await agree(api, TRACKING)
    asked: dict[str, Any] = objection(purposes=[TRACKING], ground="direct_marketing")
    assert (await api.member("M-1").post("/v1/requests/objection", asked)).status_code == 201
    assert await kept(api) == DUE


async def test_who_asks_for_erasure_gets_it_although_the_consent_is_in_force(api: Api) -> None:
    await agree(api, TRACKING)
    request = (await api.member("M-1").post("/v1/requests/erasure", erasure())).json()
    shown = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()
    assert [(item["ref"], item["proposed"]) for item in shown["items"]] == [("U-1", "granted")]
    assert (await decide(api, request["id"], "granted")).json()["outcome"] == "granted"


@pytest.mark.parametrize("kind", ["web_registration", "web_contact_history", "web_credentials"])
async def test_what_a_registered_user_left_a_year_ago_is_due_and_what_a_member_left_waits(api: Api, kind: str) -> None:
    await push(api, "M-1", record("W-1", kind, categories=[kind], events={"last_activity": "2020-02-29"}))
    assert await kept(api, "W-1") == DUE
    await register(api)
    assert await kept(api, "W-1") == ("keep", None, "membership_terminated")
    await register(api, membership={"joined_on": "1995-06-01", "ended_on": "2026-01-31"})
    assert await kept(api, "W-1") == ("keep", "2036-01-31", None)
    assert await kept(api) == DUE, "what rests on consent does not follow the membership"
