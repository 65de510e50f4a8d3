"""Restriction of processing (PDPA s.34; policy clause 12(5)): in force from proof of identity until it is lifted."""

from collections.abc import Sequence
from uuid import UUID

from app.core.work import Work
from app.domain.errors import IllegalTransition
from app.domain.policy import Bilingual
from app.domain.restriction import assess_item, categories_of
from app.domain.rights_request import ItemAssessment, ItemDecision, ItemOutcome, Status, allowed_moves
from app.domain.vocabulary import Assurance, RequestKind
from app.models.rights_request import RightsRequest, Task
from app.repositories import erasures
from app.services import limits, messages
from app.services.rights_requests import (
    Direction,
    check_not_own_matter,
    exchange,
    is_deceased,
    lock_with_subject,
    record,
)


async def receive(_: Work, __: RightsRequest, ___: Assurance) -> None:
    """Nothing is restricted before identity is proven."""


async def take_effect(work: Work, request: RightsRequest) -> None:
    """What is named is restricted from now on."""
    limits.impose(work, request, purposes=request.scope.get("purposes"), record_refs=request.scope.get("record_refs"))
    limits.announce(work, request)


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """Each purpose or record; a record that is not held, or a purpose that the policy has dropped, can't be restricted."""
    deceased = await is_deceased(work, request)
    purposes = request.scope.get("purposes")
    if purposes is not None:
        known = work.pack.purposes
        return [
            assess_item(code, _purpose_label(work, code), held=code in known, deceased=deceased) for code in purposes
        ]
    record_refs = request.scope["record_refs"]
    kinds = {row.record_ref: row.kind for row in await erasures.named(work, request.subject_ref, record_refs)}
    return [
        assess_item(ref, work.pack.label_of_kind(kinds.get(ref, ref)), held=ref in kinds, deceased=deceased)
        for ref in record_refs
    ]


def _purpose_label(work: Work, code: str) -> Bilingual:
    purpose = work.pack.purposes.get(code)
    return purpose.label if purpose else Bilingual(code, code)


async def categories(work: Work, request: RightsRequest) -> frozenset[str]:
    """Those of the purposes, or of the records, that are named."""
    purposes = request.scope.get("purposes")
    if purposes is not None:
        return categories_of(purposes, work.pack)
    rows = await erasures.named(work, request.subject_ref, request.scope["record_refs"])
    return frozenset(code for row in rows for code in row.categories)


async def carry_out(
    work: Work, request: RightsRequest, _: Sequence[ItemAssessment], decided: Sequence[ItemDecision]
) -> int:
    """What is granted stays restricted until it is lifted, and its holders are told; the rest is free again."""
    granted = [item.ref for item in decided if item.outcome is ItemOutcome.GRANTED]
    await limits.settle(work, request, granted)
    return await limits.assign(work, request, granted, "restrict")


async def give_up(work: Work, request: RightsRequest) -> None:
    """Nothing is restricted any more."""
    await limits.lift(work, request)


async def task_done(_: Work, __: Task) -> None:
    """The limits stand already: nothing more to take down."""


async def finish(_: Work, __: RightsRequest) -> None:
    """A completed restriction goes on until it is lifted."""


async def lift(work: Work, request_id: UUID, reason: str, expected_version: int | None) -> RightsRequest:
    """Lift a restriction that was granted and carried out; the subject is told first. One lifted before stays as it is.

    Raises `NotFound`, `VersionConflict`, `Forbidden`, `IllegalTransition` where there is none to lift.
    """
    request = await lock_with_subject(work, request_id, expected_version)
    check_not_own_matter(work, request)
    if request.kind != RequestKind.RESTRICTION or request.status != Status.COMPLETED:
        raise IllegalTransition(allowed_moves(Status(request.status)))
    freed = await limits.lift(work, request)
    if not freed:
        return request
    await messages.tell(work, request, "lifting")
    await exchange(work, request, Direction.LIFTING, reason)
    tasks = await limits.assign(work, request, freed, "lift_restriction")
    request.version += 1
    record(work, request, "restriction.lifted", tasks=tasks)
    return request
