"""What each right is asked for in the tests that hold for all of them, under every shipped pack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.api import Api
from tests.support.members import push, register
from tests.support.packs import CHANTHABURI, OFFICIALS, ShippedPack
from tests.support.requests import BODIES

JUDGED = frozenset({"insufficient_detail", "out_of_scope_credit_bureau"})
LONG_GONE = {"kind": "member", "membership": {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}}
OBJECTED: Mapping[str, Sequence[str]] = {
    CHANTHABURI.name: ("beneficiary_designation", "loan_application_assessment"),
    OFFICIALS.name: ("web_contact_history", "web_enquiry_analysis_and_callback"),
}
"""Of each pack two purposes that can be objected to, in the order of their codes."""


@dataclass(frozen=True)
class Asked:
    """A request whose items are all proposed granted.

    `items`: their references, None: the categories of what is held, or the purposes that are objected to. `grounds`: on
    which each may be refused. `body`: what is asked. `tasks`: the kind of task that carries it out. `person`: who asks.
    """

    items: tuple[str, ...] | None
    grounds: frozenset[str]
    body: Mapping[str, Any] = field(default_factory=dict)
    tasks: str | None = None
    person: Mapping[str, Any] = field(default_factory=dict)


CHANGES = [{"record_ref": ref, "field": "amount", "current": "1", "proposed": "2"} for ref in ("A-1", "B-1")]
BOTH = ("A-1", "B-1")
RIGHTS = {
    "complaint": Asked(("complaint",), frozenset({"complaint_not_founded"}) | JUDGED),
    "correction": Asked(
        ("0", "1"),
        frozenset({"rectify_accurate", "rectify_no_evidence"}) | JUDGED,
        {"changes": CHANGES},
        tasks="correct",
    ),
    "portability": Asked(BOTH, frozenset({"port_others_rights"}) | JUDGED, tasks="collect"),
    "access": Asked(None, frozenset({"access_law_court_and_others"}) | JUDGED, tasks="collect"),
    "objection": Asked(None, frozenset({"object_compelling", "object_legal_claims"}) | JUDGED, tasks="stop_processing"),
    "restriction": Asked(
        BOTH, frozenset({"restrict_ground_not_met"}) | JUDGED, {"record_refs": list(BOTH)}, tasks="restrict"
    ),
    "erasure": Asked(BOTH, frozenset(), tasks="erase", person=LONG_GONE),
}
"""The rights, and what is asked about the records of `held`."""


def items_of(kind: str, pack: ShippedPack) -> list[str]:
    """The references of the items of a request under a right."""
    if kind == "objection":
        return list(OBJECTED[pack.name])
    return list(RIGHTS[kind].items or sorted(pack.ordinary))


def body(kind: str, pack: ShippedPack, subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A request under a right, about all that `held` left."""
    objected = {"purposes": list(OBJECTED[pack.name])} if kind == "objection" else {}
    return BODIES[kind](subject_ref, **RIGHTS[kind].body, **objected, **changes)


async def held(api: Api, pack: ShippedPack, kind: str = "access", subject_ref: str = "M-1", **changes: Any) -> None:
    """Somebody of whom two records are held, of one category each, and served by the purposes that can be objected to."""
    await register(api, subject_ref, **{**pack.person, **RIGHTS[kind].person, **changes})
    common = {
        "kind": "member_data",
        "events": {},
        "system": "core_banking",
        "storage": "database",
        "provided_by_subject": True,
        "lawful_basis": "contract",
    }
    lines = zip(BOTH, pack.ordinary, OBJECTED[pack.name], strict=True)
    rows = [{**common, "record_ref": ref, "categories": [code], "purpose": purpose} for ref, code, purpose in lines]
    await push(api, subject_ref, *rows)


async def asked(api: Api, pack: ShippedPack, kind: str, subject_ref: str = "M-1") -> str:
    """The path of a request under a right, identity proven."""
    await held(api, pack, kind, subject_ref)
    answer = await api.member(subject_ref).post(f"/v1/requests/{kind}", body(kind, pack, subject_ref))
    assert answer.status_code == 201, answer.text
    return f"/v1/requests/{answer.json()['id']}"
