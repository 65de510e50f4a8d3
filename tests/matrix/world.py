"""The world of the matrix: things of one's own, another's, an erased person's, and names of nothing."""

from collections.abc import Mapping
from typing import Any

from tests.support.api import Api
from tests.support.compatibility import assessed
from tests.support.consents import given
from tests.support.controllers import entered
from tests.support.deletion_cases import opened
from tests.support.holds import placed, release
from tests.support.members import push, record, register
from tests.support.packages import asked, built, link
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
        "name": "records.json",
        "token": "A" * 43,
        "link_of": "",
    },
}
CODES = {
    "getOtherController": {"code": "other_coop"},
    "putOtherController": {"code": "other_coop"},
    "getPurpose": {"code": "life_insurance_assessment"},
    "readProblem": {"code": "not_found"},
    "getNotice": {"notice_id": "life-insurance"},
    "getDocumentationAsset": {"asset": "page.css"},
}
OTHER_NAMES = {"getPackage": {"request_id": "packaged_id"}, "makePackageLink": {"request_id": "packaged_id"}}
"""Operations that are about another thing of a kind: the name in the path, and which thing it stands for."""


def named_for(operation_id: str, thing: Mapping[str, str]) -> Mapping[str, str]:
    """The names of what an operation is about, published things among them."""
    others = {name: thing[other] for name, other in OTHER_NAMES.get(operation_id, {}).items() if other in thing}
    return {**thing, **CODES.get(operation_id, {}), **others}


async def build(api: Api) -> Things:
    """What there is, by what it is to the member M-1; `paper`: their paper."""
    await entered(api)
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
    tasks_of = {"loans": by_system["loans"], "paper": by_system["paper"]}
    return {**found, **await _packaged(api, subject_ref), "case_id": case["id"], **tasks_of}


async def _packaged(api: Api, subject_ref: str) -> dict[str, str]:
    """A package of theirs that is ready, and a link to it; M-1's is made by the caller `member` of the matrix."""
    await push(api, subject_ref, record("A-1", "member_data", system="archive", categories=["photo"]))
    path = await asked(api, subject_ref=subject_ref, categories=["photo"])
    await finish_tasks(api, "archive")
    assert await built(api)
    sub = "sub-member" if subject_ref == "M-1" else subject_ref
    maker = api.as_role("member", subject_ref=subject_ref, acr="high", sub=sub)
    token = (await link(maker, path)).rpartition("/")[2]
    return {"packaged_id": path.rpartition("/")[2], "token": token, "link_of": sub}


async def _erased(api: Api, subject_ref: str) -> dict[str, str]:
    """Somebody who had all that, and of whom nothing is left."""
    await register(api, subject_ref, membership=LEFT)
    await approved(api, subject_ref)
    await push(api, subject_ref, record("D-old", events={"deposit_made": "2014-03-02"}))
    consent = await given(api, subject_ref)
    case = await opened(api, subject_ref=subject_ref)
    hold = await placed(api, subject_ref)
    await release(api.dpo, hold["id"])
    packaged = await _packaged(api, subject_ref)
    request = await submit(api, subject_ref)
    assert (await decide(api, request["id"], "granted")).status_code == 200
    await finish_tasks(api, "archive")
    [task] = [task for task in await finish_tasks(api) if task["subject_ref"] == subject_ref]
    refused = await api.core.put(f"/v1/subjects/{subject_ref}", {"kind": "visitor"})
    assert refused.json()["code"] == "subject_erased"
    return {**_named(subject_ref, consent, request, hold, task["id"]), **packaged, "case_id": case["id"]}


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
        "name": "records.json",
    }
