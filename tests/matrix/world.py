"""The world of the matrix: things of one's own, another's, an erased person's, and names of nothing."""

from collections.abc import Mapping
from typing import Any

from tests.support.api import Api
from tests.support.compatibility import assessed
from tests.support.consents import given
from tests.support.deletion_cases import opened
from tests.support.holds import placed, release
from tests.support.members import push, record, register
from tests.support.representatives import approved
from tests.support.requests import decide, finish_tasks, submit
from tests.support.webhooks import deliveries, registered

Things = Mapping[str, Mapping[str, str]]
LEFT = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
NOTHING = "0198c5f0-0000-7000-8000-000000000000"
NONE = {
    **dict.fromkeys(("request_id", "consent_id", "task_id", "hold_id", "assessment_id", "case_id"), NOTHING),
    **dict.fromkeys(("endpoint_id", "delivery_id"), NOTHING),
    **{
        "subject_ref": "M-none",
        "representative_ref": "P-none",
        "system": "nowhere",
        "code": "nothing",
        "notice_id": "nothing",
        "asset": "nothing",
    },
}
CODES = {
    "getPurpose": {"code": "life_insurance_assessment"},
    "readProblem": {"code": "not_found"},
    "getNotice": {"notice_id": "life-insurance"},
    "getDocumentationAsset": {"asset": "page.css"},
}


async def build(api: Api) -> Things:
    """What there is, by what it is to the member M-1; `paper`: their paper."""
    own_hook, loans_hook = await _endpoint(api.core), await _endpoint(api.as_role("core_banking", system="loans"))
    published = {"assessment_id": (await assessed(api))["id"]}
    erased = await _erased(api, "M-gone")
    own, another = await _living(api, "M-1"), await _living(api, "M-2")
    paper = {**own, "task_id": own["paper"], "system": "paper"}
    loans = {**another, "task_id": own["loans"], "system": "loans"}
    found = {"own": own, "another": loans, "erased": erased, "paper": paper}
    await api.core.get("/v1/events")
    hooks = {"core_banking": await _delivery(api, own_hook), "loans": await _delivery(api, loans_hook)}
    hooks["paper"] = hooks["loans"]
    return {"none": NONE, **{name: {**published, **thing, **hooks[thing["system"]]} for name, thing in found.items()}}


async def _endpoint(owner: Api) -> str:
    """A webhook endpoint, which has been told of everything since."""
    return str((await registered(owner))["id"])


async def _delivery(api: Api, endpoint_id: str) -> dict[str, str]:
    return {"endpoint_id": endpoint_id, "delivery_id": (await deliveries(api.dpo, endpoint_id))[0]["id"]}


async def _living(api: Api, subject_ref: str) -> dict[str, str]:
    """Somebody with all there is: of requests, an open one and one in fulfilment with a task for each holder."""
    await register(api, subject_ref, membership=LEFT)
    await approved(api, subject_ref)
    old = {"deposit_made": "2014-03-02"}
    await push(
        api,
        subject_ref,
        record("D-old", events=old),
        record("L-old", events=old, system="loans"),
        record("P-old", events=old, storage="paper"),
        record("D-new", events={"deposit_made": "2024-03-02"}),
    )
    consent = await given(api, subject_ref)
    asked = await submit(api, subject_ref, scope={"record_refs": ["D-old", "L-old", "P-old"]})
    assert (await decide(api, asked["id"], "granted")).status_code == 200
    tasks = (await api.staff.get("/v1/tasks")).json()["items"]
    by_system = {task["system"]: task["id"] for task in tasks if task["subject_ref"] == subject_ref}
    request = await submit(api, subject_ref, scope={"record_refs": ["D-new"]})
    hold = await placed(api, subject_ref, record_refs=["D-new"])
    found = _named(subject_ref, consent, request, hold, by_system["core_banking"])
    case = await opened(api, subject_ref=subject_ref)
    return {**found, "case_id": case["id"], "loans": by_system["loans"], "paper": by_system["paper"]}


async def _erased(api: Api, subject_ref: str) -> dict[str, str]:
    """Somebody who had all that, and of whom nothing is left."""
    await register(api, subject_ref, membership=LEFT)
    await approved(api, subject_ref)
    await push(api, subject_ref, record("D-old", events={"deposit_made": "2014-03-02"}))
    consent = await given(api, subject_ref)
    case = await opened(api, subject_ref=subject_ref)
    hold = await placed(api, subject_ref)
    await release(api.dpo, hold["id"])
    request = await submit(api, subject_ref)
    assert (await decide(api, request["id"], "granted")).status_code == 200
    [task] = [task for task in await finish_tasks(api) if task["subject_ref"] == subject_ref]
    refused = await api.core.put(f"/v1/subjects/{subject_ref}", {"kind": "visitor"})
    assert refused.json()["code"] == "subject_erased"
    return {**_named(subject_ref, consent, request, hold, task["id"]), "case_id": case["id"]}


def _named(
    subject_ref: str, consent: dict[str, Any], request: dict[str, Any], hold: dict[str, Any], task_id: str
) -> dict[str, str]:
    return {
        "subject_ref": subject_ref,
        "representative_ref": "P-1",
        "consent_id": consent["id"],
        "request_id": request["id"],
        "hold_id": hold["id"],
        "notice_id": "life-insurance",
        "task_id": task_id,
        "system": "core_banking",
    }
