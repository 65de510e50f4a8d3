"""Portability (PDPA s.31; policy clause 12(3)): what the subject gave, delivered by the systems in a form machines read."""

from collections.abc import Sequence

from app.core.work import Work
from app.domain.portability import assess_item
from app.domain.rights_request import (
    DECEASED_SUBJECT,
    NO_DATA_HELD,
    WHOLE,
    ItemAssessment,
    ItemDecision,
    ItemOutcome,
    refused_for,
)
from app.domain.vocabulary import Assurance, Basis, Right
from app.models.rights_request import RightsRequest, Task
from app.repositories import erasures, records
from app.services import collection, packages, transfers
from app.services.rights_requests import is_deceased


async def receive(_: Work, __: RightsRequest, ___: Assurance) -> None:
    """Nothing is handed out on a bare submission."""


async def take_effect(_: Work, __: RightsRequest) -> None:
    """Nothing is handed out before the decision."""


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """Each record that is held, those that are not portable with the reason."""
    deceased = await is_deceased(work, request)
    found = [
        assess_item(
            row.record_ref,
            work.pack.label_of_kind(row.kind),
            Basis(row.lawful_basis) if row.lawful_basis else None,
            provided_by_subject=row.provided_by_subject,
            deceased=deceased,
        )
        for row in await records.held(work, request.subject_ref)
    ]
    nothing = DECEASED_SUBJECT if deceased else NO_DATA_HELD
    return found or [refused_for(nothing, WHOLE, work.pack.rights[Right.PORTABILITY].label)]


async def categories(work: Work, request: RightsRequest) -> frozenset[str]:
    """Those of the records that are held."""
    return frozenset(code for row in await records.held(work, request.subject_ref) for code in row.categories)


async def carry_out(
    work: Work, request: RightsRequest, _: Sequence[ItemAssessment], decided: Sequence[ItemDecision]
) -> int:
    """A task for each holder of what is granted, to deliver it; and the order to send it on, where that is asked for."""
    granted = [item.ref for item in decided if item.outcome is ItemOutcome.GRANTED]
    rows = await erasures.named(work, request.subject_ref, granted)
    if granted:
        await transfers.order(work, request)
    return collection.ask(work, request, rows, format=request.scope["format"])


async def give_up(_: Work, __: RightsRequest) -> None:
    """Nothing to end."""


async def task_done(_: Work, __: Task) -> None:
    """What was delivered waits, sealed, with the task."""


async def finish(work: Work, request: RightsRequest) -> None:
    """Have the package made of what was delivered."""
    packages.make_due(work, request)
