"""What each right is asked for in the tests that hold for all of them, under every shipped pack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.api import Api
from tests.support.members import push, register
from tests.support.packs import ShippedPack
from tests.support.requests import submit

JUDGED = frozenset({"insufficient_detail", "out_of_scope_credit_bureau"})


@dataclass(frozen=True)
class Asked:
    """A request whose items are all proposed granted.

    `items`: their references, None: the categories of what is held. `grounds`: on which each may be refused. `body`: what
    is asked. `tasks`: the kind of task that carries it out.
    """

    items: tuple[str, ...] | None
    grounds: frozenset[str]
    body: Mapping[str, Any] = field(default_factory=dict)
    tasks: str | None = None


CHANGES = [{"record_ref": ref, "field": "amount", "current": "1", "proposed": "2"} for ref in ("A-1", "B-1")]
RIGHTS = {
    "complaint": Asked(("complaint",), frozenset({"complaint_not_founded"}) | JUDGED),
    "correction": Asked(
        ("0", "1"),
        frozenset({"rectify_accurate", "rectify_no_evidence"}) | JUDGED,
        {"changes": CHANGES},
        tasks="correct",
    ),
    "portability": Asked(("A-1", "B-1"), frozenset({"port_others_rights"}) | JUDGED, tasks="collect"),
    "access": Asked(None, frozenset({"access_law_court_and_others"}) | JUDGED, tasks="collect"),
}
"""The rights, and what is asked about the records of `held`."""


def items_of(kind: str, pack: ShippedPack) -> list[str]:
    """The references of the items of a request under a right."""
    return list(RIGHTS[kind].items or sorted(pack.ordinary))


async def held(api: Api, pack: ShippedPack, **changes: Any) -> None:
    """Somebody of whom two records are held, of one category each."""
    await register(api, **pack.person, **changes)
    first, second = pack.ordinary
    given = {"kind": "member_data", "events": {}, "system": "core_banking", "storage": "database"}
    portable = {**given, "provided_by_subject": True, "lawful_basis": "contract"}
    await push(
        api,
        "M-1",
        {**portable, "record_ref": "A-1", "categories": [first]},
        {**portable, "record_ref": "B-1", "categories": [second]},
    )


async def asked(api: Api, pack: ShippedPack, kind: str) -> str:
    """The path of a request under a right, identity proven."""
    await held(api, pack)
    return f"/v1/requests/{(await submit(api, kind=kind, **RIGHTS[kind].body))['id']}"
