"""Objections to direct marketing, which nothing refuses, over HTTP and under the pack that has such purposes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.core.policies import Policies
from app.main import Process, create_app
from app.policies.loader import load_pack
from app.services import overlay
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.limits import Limit, standing
from tests.support.members import push, record, register
from tests.support.requests import finish_tasks, objection

OFFERS, CALLS, SIGNING_UP = "web_offers_and_recommendations", "web_contact_history", "web_service_registration"


@pytest.fixture(scope="module")
def officials(process: Process) -> Process:
    """The service under the other pack, over the same database."""
    policies = Policies(load_pack("cooperative-officials"), overlay.load)
    return replace(process, works=replace(process.works, policies=policies))


@pytest.fixture(scope="module")
def app(officials: Process) -> object:
    """Its application."""
    return create_app(officials)


@pytest.fixture
async def api(app: object, officials: Process, database: Database) -> AsyncIterator[Api]:
    """It, empty, spoken to over HTTP, with somebody registered on the website."""
    await database.reset()
    async with Api.over(app, officials) as api:
        await register(api, kind="registered_user", membership=None)
        yield api


async def ask(api: Api, assurance: str = "substantial", **changes: Any) -> dict[str, Any]:
    body = objection(**{"purposes": [OFFERS], "ground": "direct_marketing", **changes})
    answer = await api.member("M-1", assurance).post("/v1/requests/objection", body)
    assert answer.status_code == 201, answer.text
    request: dict[str, Any] = answer.json()
    return request


async def decide(api: Api, request: dict[str, Any], outcome: str, **changes: Any) -> Any:
    return await api.staff.post(f"/v1/requests/{request['id']}/decision", {"outcome": outcome, **changes})


@pytest.mark.parametrize("ground", ["direct_marketing", "public_task_or_legitimate_interest", "research"])
async def test_it_stops_for_good_the_same_day_over_a_weak_token(api: Api, database: Database, ground: str) -> None:
    request = await ask(api, "low", ground=ground)
    assert request["identity"] == {"required": "low", "reached": "low", "state": "proven"}
    assert request["sla"]["decide_by"] == request["sla"]["complete_by"] == request["sla"]["received_at"]
    assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]


async def test_beside_other_purposes_it_is_final_and_they_are_not(api: Api, database: Database) -> None:
    request = await ask(api, purposes=[OFFERS, CALLS, SIGNING_UP])
    assert request["identity"]["required"] == "substantial"
    assert request["sla"]["decide_by"] != request["sla"]["received_at"]
    assert await standing(database) == [
        Limit("objection", (CALLS,), final=False),
        Limit("objection", (OFFERS,), final=True),
    ]


async def test_it_stops_over_a_weak_token_although_other_purposes_wait_for_proof(api: Api, database: Database) -> None:
    request = await ask(api, "low", purposes=[OFFERS, CALLS])
    assert (request["status"], request["identity"]["required"]) == ("identity_pending", "substantial")
    assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]
    again = await api.member("M-1").post("/v1/requests/objection", objection(purposes=[OFFERS, CALLS]))
    assert (again.json()["id"], again.json()["status"]) == (request["id"], "in_review")
    assert await standing(database) == [
        Limit("objection", (CALLS,), final=False),
        Limit("objection", (OFFERS,), final=True),
    ]


async def test_the_weak_token_of_the_person_stops_what_staff_received(api: Api, database: Database) -> None:
    body = objection(purposes=[OFFERS, CALLS])
    assert (await api.staff.post("/v1/requests/objection", body)).json()["status"] == "identity_pending"
    assert await standing(database) == []
    for _ in range(2):
        again = (await api.member("M-1", "low").post("/v1/requests/objection", body)).json()
        assert (again["duplicate"], again["status"]) == (True, "identity_pending")
        assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]
    timeline = (await api.staff.get(f"/v1/requests/{again['id']}/timeline")).json()["items"]
    assert [step["event"] for step in timeline] == ["request.received", "objection.applied"]


async def test_the_ground_alone_makes_no_marketing_of_another_purpose(api: Api, database: Database) -> None:
    request = await ask(api, "low", purposes=[CALLS])
    assert (request["status"], request["identity"]["required"]) == ("identity_pending", "substantial")
    assert await standing(database) == []


@pytest.mark.parametrize(
    ("ground", "code"),
    [
        ("object_compelling", "decision_unlawful"),
        ("object_legal_claims", "decision_unlawful"),
        ("object_public_research", "decision_unlawful"),
        ("object_not_objectable", "decision_unlawful"),
        ("insufficient_detail", "decision_unlawful"),
        ("erase_still_necessary", "ground_not_valid"),
        (None, "ground_not_valid"),
    ],
)
async def test_nothing_refuses_it(api: Api, database: Database, ground: str | None, code: str) -> None:
    request = await ask(api)
    items = [{"ref": OFFERS, "outcome": "refused", **({"ground": ground} if ground else {})}]
    assert problem(await decide(api, request, "refused", items=items)) == (422, code)
    assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]


async def test_it_is_granted_with_no_ground_against_it_and_its_holders_stop(api: Api, database: Database) -> None:
    await push(api, "M-1", record("W-1", "web_usage", system="website", categories=["web_usage"]))
    request = await ask(api)
    found = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()
    assert [(item["proposed"], item["grounds"]) for item in found["items"]] == [("granted", [])]
    assert (await decide(api, request, "granted")).json()["status"] == "in_fulfilment"
    [task] = await finish_tasks(api, "website")
    assert (task["kind"], task["record_refs"], task["payload"]["purposes"]) == ("stop_processing", ["W-1"], [OFFERS])
    assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]


async def test_the_refusal_of_other_purposes_leaves_it_stopped(api: Api, database: Database) -> None:
    request = await ask(api, purposes=[OFFERS, CALLS])
    items = [
        {"ref": OFFERS, "outcome": "granted"},
        {"ref": CALLS, "outcome": "refused", "ground": "object_compelling"},
    ]
    assert (await decide(api, request, "partly_granted", items=items)).status_code == 200
    assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]


async def test_the_dead_get_no_offers_either(api: Api, database: Database) -> None:
    request = await ask(api)
    await register(api, kind="registered_user", membership=None, deceased_on="2026-01-05")
    assert (await decide(api, request, "granted")).json()["outcome"] == "granted"
    assert await standing(database) == [Limit("objection", (OFFERS,), final=True)]
