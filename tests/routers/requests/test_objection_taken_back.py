"""Who may take back an objection to direct marketing, and how: the person alone, by cancelling it or by consenting anew."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import given, history, withdraw
from tests.support.database import Database
from tests.support.evaluations import ask
from tests.support.limits import Limit, standing
from tests.support.members import push, record, register
from tests.support.packs import OFFICIALS
from tests.support.representatives import approved
from tests.support.requests import decide, finish_tasks, objection

pytestmark = pytest.mark.packs(OFFICIALS)
OFFERS, TRACKING, CALLS = "web_offers_and_recommendations", "web_behaviour_tracking", "web_contact_history"
SEGREGATED = Limit("objection", (OFFERS,), final=True)
ALLOWED = (True, ["basis_consent"])
LIFTED = "SELECT data->>'request_id' FROM outgoing_event WHERE type = 'objection.lifted'"
AUDITED = "SELECT object_id, details->>'purpose' AS purpose FROM audit_entry WHERE action = 'objection.lifted'"


async def objected(api: Api, *purposes: str, by: Api | None = None) -> dict[str, Any]:
    """An objection of the member's, to offers unless told otherwise."""
    body = objection(purposes=list(purposes or (OFFERS,)), ground="direct_marketing")
    answer = await (by or api.member("M-1")).post("/v1/requests/objection", body)
    assert answer.status_code in {200, 201}, answer.text
    request: dict[str, Any] = answer.json()
    return request


async def cancelled(caller: Api, request: dict[str, Any]) -> Any:
    return await caller.post(f"/v1/requests/{request['id']}/cancellation")


async def steps(api: Api, request: dict[str, Any]) -> list[str]:
    """Its timeline."""
    items = (await api.staff.get(f"/v1/requests/{request['id']}/timeline")).json()["items"]
    return [item["event"] for item in items]


class TestCancelling:
    @pytest.mark.parametrize("role", ["staff", "dpo"])
    async def test_nobody_of_the_controller_cancels_it(self, api: Api, database: Database, role: str) -> None:
        await register(api)
        request = await objected(api)
        assert problem(await cancelled(api.as_role(role), request)) == (422, "decision_unlawful")
        assert await standing(database) == [SEGREGATED]
        assert (await api.staff.get(f"/v1/requests/{request['id']}")).json()["status"] == "in_review"

    async def test_nor_together_with_what_can_be_refused(self, api: Api, database: Database) -> None:
        await register(api)
        request = await objected(api, OFFERS, CALLS)
        assert problem(await cancelled(api.staff, request)) == (422, "decision_unlawful")
        assert SEGREGATED in await standing(database)

    async def test_staff_cancel_one_that_has_stopped_nothing_for_good(self, api: Api, database: Database) -> None:
        await register(api)
        request = await objected(api, CALLS)
        assert (await cancelled(api.staff, request)).json()["status"] == "cancelled"
        assert await standing(database) == []

    async def test_the_person_does(self, api: Api, database: Database) -> None:
        await register(api)
        request = await objected(api)
        assert (await cancelled(api.member("M-1"), request)).json()["status"] == "cancelled"
        assert await standing(database) == []
        assert (await steps(api, request))[-2:] == ["objection.lifted", "request.cancelled"]

    async def test_a_representative_does_whose_power_covers_it(self, api: Api, database: Database) -> None:
        await register(api)
        await register(api, "P-1", **OFFICIALS.person)
        await approved(api, rights=["objection"])
        request = await objected(api)
        attorney = api.as_role("representative", subject_ref="P-1", acr="substantial")
        assert (await cancelled(attorney, request)).json()["status"] == "cancelled"
        assert await standing(database) == []


class TestConsentingAnew:
    async def test_the_person_allows_the_offers_again(self, api: Api, database: Database) -> None:
        await register(api, **OFFICIALS.person)
        request = await objected(api)
        await given(api, purpose=OFFERS)
        assert await ask(api, purpose=OFFERS) == ALLOWED
        assert await standing(database) == []
        assert (await steps(api, request))[-1] == "objection.lifted"
        assert [tuple(row) for row in await database.fetch(LIFTED)] == [(request["id"],)]
        assert [tuple(row) for row in await database.fetch(AUDITED)] == [(request["id"], OFFERS)]
        shown = (await api.member("M-1").get("/v1/subjects/M-1/processing", params={"limit": 100})).json()["items"]
        assert [(one["allowed"], one["objection"]) for one in shown if one["purpose"] == OFFERS] == [(True, None)]

    async def test_a_consent_from_before_the_objection_does_not_stand_in_for_the_new_one(self, api: Api) -> None:
        await register(api, **OFFICIALS.person)
        former = await given(api, purpose=OFFERS)
        await objected(api)
        assert (await ask(api, purpose=OFFERS))[0] is False
        anew = await given(api, purpose=OFFERS)
        assert anew["id"] != former["id"]
        assert [event for event, *_ in await history(api, former["id"])] == ["granted", "superseded"]
        assert await ask(api, purpose=OFFERS) == ALLOWED

    async def test_it_lifts_nothing_against_other_purposes(self, api: Api, database: Database) -> None:
        await register(api, **OFFICIALS.person)
        await objected(api, OFFERS, TRACKING, CALLS)
        await given(api, purpose=OFFERS)
        assert await standing(database) == [
            Limit("objection", (TRACKING,), final=True),
            Limit("objection", (CALLS,), final=False),
        ]
        await given(api, purpose="application_profile_offers")
        assert (await ask(api, purpose=TRACKING))[0] is False

    async def test_nor_a_restriction(self, api: Api, database: Database) -> None:
        await register(api, **OFFICIALS.person)
        body = {"subject_ref": "M-1", "channel": "app", "ground": "needed_for_claims", "purposes": [OFFERS]}
        request = (await api.member("M-1").post("/v1/requests/restriction", body)).json()
        assert (await decide(api, request["id"], "granted")).status_code == 200
        await given(api, purpose=OFFERS)
        assert await standing(database) == [Limit("restriction", (OFFERS,), final=True)]

    @pytest.mark.parametrize("caller", ["staff", "core"])
    async def test_what_others_record_as_a_consent_lifts_nothing(
        self, api: Api, database: Database, caller: str
    ) -> None:
        await register(api, **OFFICIALS.person)
        await objected(api)
        recorded = await getattr(api, caller).post("/v1/consents", OFFICIALS.body(purpose=OFFERS, channel="counter"))
        assert recorded.status_code == 201
        assert await standing(database) == [SEGREGATED]
        assert (await ask(api, purpose=OFFERS))[0] is False
        await given(api, purpose=OFFERS)
        assert await ask(api, purpose=OFFERS) == ALLOWED

    async def test_without_an_objection_the_same_consent_again_is_not_new(self, api: Api) -> None:
        await register(api, **OFFICIALS.person)
        await given(api, purpose=OFFERS)
        again = await api.member("M-1").post("/v1/consents", OFFICIALS.body(purpose=OFFERS))
        assert again.status_code == 200

    async def test_a_granted_objection_is_taken_back_as_well(self, api: Api) -> None:
        await register(api, **OFFICIALS.person)
        request = await objected(api)
        decided = await api.staff.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
        assert decided.json()["status"] == "completed"
        record_id = (await given(api, purpose=OFFERS))["id"]
        assert await ask(api, purpose=OFFERS) == ALLOWED
        await withdraw(api.member("M-1"), record_id)
        assert (await ask(api, purpose=OFFERS))[0] is False

    async def test_its_holders_are_not_told_to_stop_by_a_decision_that_comes_later(self, api: Api) -> None:
        await register(api, **OFFICIALS.person)
        await push(api, "M-1", record("W-1", "web_usage", system="website", categories=["web_usage"]))
        request = await objected(api)
        await given(api, purpose=OFFERS)
        decided = await api.staff.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
        assert decided.json()["status"] == "completed"
        assert await finish_tasks(api, "website") == []
        assert await ask(api, purpose=OFFERS) == ALLOWED

    async def test_who_objects_again_is_heard_although_the_first_request_is_open(
        self, api: Api, database: Database
    ) -> None:
        await register(api, **OFFICIALS.person)
        first = await objected(api, OFFERS, TRACKING)
        await given(api, purpose=OFFERS)
        again = await objected(api, OFFERS, TRACKING)
        assert (again["id"], again["duplicate"]) == (first["id"], True)
        assert {limit.refs for limit in await standing(database)} == {(OFFERS,), (TRACKING,)}
        assert (await ask(api, purpose=OFFERS))[0] is False
