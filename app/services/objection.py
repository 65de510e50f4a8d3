"""Objection to processing (PDPA s.32; policy clause 12(4)): what can be objected to is set apart at once."""

from collections.abc import Sequence

from app.core.work import Work
from app.domain.errors import DecisionUnlawful
from app.domain.objection import ObjectionGround, assess_item, objectable
from app.domain.policy import Bilingual
from app.domain.restriction import categories_of
from app.domain.rights_request import NO_DATA_HELD, ItemAssessment, ItemDecision, ItemOutcome, refused_for
from app.domain.vocabulary import Assurance, Right
from app.models.rights_request import RightsRequest, Task
from app.services import limits
from app.services.rights_requests import is_deceased


async def receive(work: Work, request: RightsRequest, reached: Assurance) -> None:
    """Direct marketing stops over a weak token too, whatever else is objected to beside it."""
    marketing = work.pack.rights[Right.OBJECTION].direct_marketing
    if marketing is not None and reached.rank >= marketing.assurance.rank:
        await _set_apart(work, request, absolutely=(True,))


async def take_effect(work: Work, request: RightsRequest) -> None:
    """Direct marketing stops for good, whatever else can be objected to until the decision, the rest not at all."""
    await _set_apart(work, request, absolutely=(True, False))


async def _set_apart(work: Work, request: RightsRequest, *, absolutely: Sequence[bool]) -> None:
    """Limit what can be objected to absolutely, or otherwise, or both; what is limited already stays as it is."""
    standing = {code for limit in await limits.standing(work, request) for code in limit.purposes or ()}
    imposed = False
    for final in absolutely:
        wanted = objectable(request.scope["purposes"], work.pack, absolutely=final)
        purposes = [code for code in wanted if code not in standing]
        if purposes:
            limits.impose(work, request, purposes=purposes, final=final)
            imposed = True
    if imposed:
        limits.announce(work, request)


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """Each purpose by its own nature; one that the policy has dropped processes nothing."""
    deceased = await is_deceased(work, request)
    ground = ObjectionGround(request.scope["ground"])
    known = work.pack.purposes
    return [
        assess_item(known[code], ground, deceased=deceased)
        if code in known
        else refused_for(NO_DATA_HELD, code, Bilingual(code, code))
        for code in request.scope["purposes"]
    ]


async def categories(work: Work, request: RightsRequest) -> frozenset[str]:
    """Those of the purposes."""
    return categories_of(request.scope["purposes"], work.pack)


async def carry_out(
    work: Work, request: RightsRequest, _: Sequence[ItemAssessment], decided: Sequence[ItemDecision]
) -> int:
    """What is granted stops for good, and its holders are told; the rest goes on, and what was consented to since."""
    granted = [item.ref for item in decided if item.outcome is ItemOutcome.GRANTED]
    stopped = await limits.settle(work, request, granted)
    return await limits.assign(work, request, stopped, "stop_processing")


async def give_up(work: Work, request: RightsRequest) -> None:
    """Nothing is objected to any more. Where direct marketing has stopped, only the person's own token says so.

    Raises `DecisionUnlawful`: cancelled by anybody else it would be refused, and for that there is no ground (LAW E7).
    """
    final = any(limit.final for limit in await limits.standing(work, request))
    if final and not limits.of_their_own_accord(work, request.subject_ref):
        raise DecisionUnlawful
    await limits.lift(work, request)


async def task_done(_: Work, __: Task) -> None:
    """The limits stand already: nothing more to take down."""


async def finish(_: Work, __: RightsRequest) -> None:
    """A granted objection goes on."""
