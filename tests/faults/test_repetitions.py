"""Every POST under a key takes effect once, whatever it does (API 1; RELIABILITY.md 5, promise 26).

The steps are those of the fault tests and of the versions, and of the operations that have neither; an operation that takes
a key and has no step fails here. What a failure leaves behind at each write is tried in `test_request_steps.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from tests.faults import test_package_steps as packages
from tests.faults import test_register_steps as registers
from tests.faults import test_request_steps as steps
from tests.faults import test_webhook_steps as webhooks
from tests.hostile import test_versions as versions
from tests.matrix.operations import operations
from tests.support.api import Api, problem
from tests.support.compatibility import PATH as ASSESSMENTS
from tests.support.compatibility import assessment
from tests.support.consents import given
from tests.support.database import Database
from tests.support.deletion_cases import finding
from tests.support.faults import watching
from tests.support.holidays import PATH as HOLIDAYS
from tests.support.holidays import SOURCE, day
from tests.support.imports import PATH as IMPORTS
from tests.support.imports import former, taken_over
from tests.support.members import register
from tests.support.notices import notice
from tests.support.packs import CHANTHABURI
from tests.support.requests import portability

pytestmark = pytest.mark.faults

KEY = {"Idempotency-Key": "only-once"}


@dataclass(frozen=True)
class Call:
    """One call, ready to be made."""

    caller: Api
    path: str
    body: dict[str, Any] | None

    async def make(self) -> httpx.Response:
        return await self.caller.call("POST", self.path, json=self.body, headers=KEY)


Prepared = Callable[[Api], Awaitable[Call]]


def of(prepare: Callable[[Api], Awaitable[Any]]) -> Prepared:
    """A step of other tests, as a call."""

    async def prepared(api: Api) -> Call:
        step = await prepare(api)
        return Call(step.caller, step.path, step.body)

    return prepared


async def grant(api: Api) -> Call:
    await register(api)
    return Call(api.member("M-1"), "/v1/consents", CHANTHABURI.body())


async def confirm(api: Api) -> Call:
    await register(api)
    record = await taken_over(api)
    return Call(api.member("M-1"), f"/v1/consents/{record['id']}/confirmation", {"channel": "app"})


async def withdraw_several(api: Api) -> Call:
    await register(api)
    await given(api)
    return Call(api.member("M-1"), "/v1/subjects/M-1/consent-withdrawals", {"channel": "app", "purposes": "all"})


async def take_over(api: Api) -> Call:
    await register(api)
    return Call(api.core, IMPORTS, {"consents": [former(CHANTHABURI)]})


async def publish(api: Api) -> Call:
    return Call(api.dpo, "/v1/notices", await notice(api))


async def show(api: Api) -> Call:
    await register(api)
    body = {"subject_ref": "M-1", "channel": "app", "language": "th"}
    return Call(api.member("M-1"), "/v1/notices/life-insurance/acknowledgements", body)


async def assess(api: Api) -> Call:
    return Call(api.dpo, ASSESSMENTS, assessment())


async def open_case(api: Api) -> Call:
    await register(api)
    return Call(api.staff, "/v1/deletion-cases", finding())


async def take_along(api: Api) -> Call:
    await register(api)
    return Call(api.member("M-1"), "/v1/requests/portability", portability())


async def announce(api: Api) -> Call:
    return Call(api.dpo, HOLIDAYS, {"source": SOURCE, "reason": "A long weekend", "announced": [day("2026-12-28")]})


CALLS: dict[str, Prepared] = {
    "grantConsent": grant,
    "confirmConsent": confirm,
    "withdrawConsents": withdraw_several,
    "importConsents": take_over,
    "publishNotice": publish,
    "acknowledgeNotice": show,
    "assessCompatibility": assess,
    "openDeletionCase": open_case,
    "submitPortability": take_along,
    "submitErasure": of(steps.submission),
    "submitRestriction": of(steps.submission_of_a_restriction),
    "submitObjection": of(steps.submission_of_an_objection),
    "submitComplaint": of(steps.submission_of_a_complaint),
    "submitCorrection": of(steps.submission_of_a_correction),
    "submitAccess": of(steps.submission_of_access),
    "placeLegalHold": of(steps.hold),
    "claimTasks": of(steps.claim),
    "completeTask": of(steps.completion),
    "failTask": of(steps.failure),
    "requeueTask": of(registers.requeueing),
    "recordDisclosure": of(registers.telling_of_a_disclosure),
    "makePackageLink": of(packages.link_to_it),
    "registerWebhookEndpoint": of(webhooks.registration),
    "rotateWebhookSecret": of(webhooks.rotation),
    "redeliverWebhook": of(webhooks.redelivery),
    "announceHolidays": announce,
    **{name: of(prepare) for name, prepare in versions.WRITES.items()},
}
NEVER_POSSIBLE = versions.NEVER_POSSIBLE
TOLD_ONCE = {"makePackageLink": "url", "registerWebhookEndpoint": "secret", "rotateWebhookSecret": "secret"}
"""What is kept nowhere: the repeated answer says null."""


def taking_a_key(app: Any) -> set[str]:
    """The operations whose calls may have a key."""
    document = app.state.document
    parameters = document["components"]["parameters"]
    found = set()
    for name, one in operations(document).items():
        told = [parameters.get(p.get("$ref", "").rpartition("/")[2], p) for p in one.details.get("parameters", ())]
        if any(parameter["name"] == "Idempotency-Key" for parameter in told):
            found.add(name)
    return found


def test_every_operation_that_takes_a_key_is_tried(app: Any) -> None:
    assert taking_a_key(app) <= set(CALLS) | NEVER_POSSIBLE


def test_every_post_takes_a_key(app: Any) -> None:
    posts = {name for name, one in operations(app.state.document).items() if one.method == "POST"}
    assert {one for one in posts - taking_a_key(app) if "Sandbox" not in one} == {"evaluate", "evaluateMany"}


@pytest.mark.parametrize("name", CALLS)
async def test_repeated_under_its_key_a_call_does_nothing_and_tells_the_same(
    name: str, app: Any, api: Api, database: Database
) -> None:
    if name not in taking_a_key(app):
        return
    call = await CALLS[name](api)
    first = await call.make()
    assert first.is_success, first.text
    async with watching(database) as watch:
        again = await call.make()
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (first.status_code, "true")
        told_once = {TOLD_ONCE[name]: None} if name in TOLD_ONCE else {}
        assert again.json() == first.json() | told_once
        assert again.headers.get("ETag") == first.headers.get("ETag")
        assert await watch.changes() <= {"public.kept_answer"}, "no more than that it was asked for again"
        if call.body:
            other = await replace(call, body={**call.body, "another": 1}).make()
            assert problem(other) == (422, "idempotency_mismatch")
        assert problem(await replace(call, caller=api).make()) == (401, "invalid_token")
        stranger = await replace(call, caller=api.as_role("dpo", "core_banking", sub="another")).make()
        assert "Idempotency-Replayed" not in stranger.headers, "to another caller it is another call"
