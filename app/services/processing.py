"""Whether personal data may be processed: the facts are read in one statement, the domain decides, nothing is written."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.paging import Page
from app.core.work import Work
from app.domain.catalogue import Purpose
from app.domain.consent import ConsentStatus
from app.domain.policy import PolicyPack
from app.domain.processing import (
    OBJECTION,
    RESTRICTION,
    Decision,
    asked_categories,
    decide,
    finds_record_in_use,
)
from app.domain.processing_facts import Facts, GivenConsent, Limit, Question
from app.domain.processing_moves import ProcessingMove, limit_of, moves
from app.domain.vocabulary import Action
from app.repositories import processing
from app.repositories.processing import Probe
from app.services.pages import page
from app.services.subjects import visible

Asked = tuple[str, Question]
Settle = Callable[[Work, timedelta | None, str | None], Awaitable[Work]]
FEW, TIMES_MORE = 2, 32
SLICE = 100


@dataclass(frozen=True, slots=True)
class ProcessingView:
    """How a purpose stands for one person: whether the ordinary data may be used, each category, and what they can do.

    `since`: the instant of what decides: of the restriction, the objection, the grant or the end of the consent.
    """

    purpose: Purpose
    decision: Decision
    categories: tuple[tuple[str, Decision], ...]
    consent: GivenConsent | None
    consent_status: ConsentStatus | None
    restriction: Limit | None
    objection: Limit | None
    since: datetime | None
    can: tuple[ProcessingMove, ...]


async def overview(work: Work, subject_ref: str, limit: int, cursor: str | None) -> Page[ProcessingView]:
    """Every purpose as it stands for a person who may be seen, by number. Raises `NotFound`, `BadCursor`."""
    await visible(work, subject_ref)
    purposes = sorted(work.pack.purposes.values(), key=lambda purpose: purpose.number)
    shown = page(work, f"processing/{subject_ref}", purposes, lambda purpose: purpose.code, limit=limit, cursor=cursor)
    asked = [(subject_ref, question) for purpose in shown.items for question in _questions(purpose)]
    _, facts = await _facts(work, asked, _settled)
    known = dict(zip((question for _, question in asked), facts, strict=True))
    return Page([_view(work, purpose, known) for purpose in shown.items], shown.next_cursor)


async def _settled(work: Work, _clock_offset: timedelta | None, _overlay: str | None) -> Work:
    """The unit of work as it was opened: it knows its instant and its policy."""
    return work


def _questions(purpose: Purpose) -> Iterator[Question]:
    """Whether the ordinary categories may be used, and each one."""
    yield Question(Action.USE, purpose.code)
    yield from (Question(Action.USE, purpose.code, (category,)) for category in purpose.categories)


def _view(work: Work, purpose: Purpose, known: dict[Question, Facts]) -> ProcessingView:
    found = {
        question: decide(question, known[question], work.pack, work.now, work.today) for question in _questions(purpose)
    }
    ordinary, *each = found
    facts = known[ordinary]
    status = facts.consent.status(work.pack, work.now, work.today) if facts.consent is not None else None
    restriction, objection = limit_of(purpose, facts, RESTRICTION), limit_of(purpose, facts, OBJECTION)
    return ProcessingView(
        purpose=purpose,
        decision=found[ordinary],
        categories=tuple((code, found[question]) for question in each for code in question.categories or ()),
        consent=facts.consent,
        consent_status=status,
        restriction=restriction,
        objection=objection,
        since=_since(restriction or objection, facts.consent),
        can=moves(purpose, facts, status, work.pack, work.today),
    )


def _since(limit: Limit | None, consent: GivenConsent | None) -> datetime | None:
    if limit is not None:
        return limit.since
    return (consent.withdrawn_at or consent.ended_at or consent.granted_at) if consent is not None else None


async def decide_all(work: Work, asked: Sequence[Asked], settle: Settle) -> tuple[Work, list[Decision]]:
    """The decision about each question, with the subject that it is about; and the unit of work as of their instant.

    One statement, whatever the number of questions; further ones only where a subject's newest records are all over.
    `settle` tells the instant and the policy of the state that the facts were read in.
    """
    distinct = list(dict.fromkeys(asked))
    work, facts = await _facts(work, distinct, settle)
    work.transaction.ask_no_more()  # whoever withdraws meanwhile does not wait for these decisions
    decisions = []
    for number, ((_, question), known) in enumerate(zip(distinct, facts, strict=True), 1):
        decisions.append(decide(question, known, work.pack, work.now, work.today))
        await _pause(known)
        if number % SLICE == 0:
            await asyncio.sleep(0)  # other requests are served meanwhile
    if len(distinct) == len(asked):
        return work, decisions
    made = dict(zip(distinct, decisions, strict=True))
    return work, [made[one] for one in asked]


async def _facts(work: Work, asked: Sequence[Asked], settle: Settle) -> tuple[Work, list[Facts]]:
    """What is known for each question: of many records as few as decide it, read once for all that need the same."""
    probes = [_probe(work.pack, *one) for one in asked]
    wanted, most = list(dict.fromkeys(probes)), FEW
    found = await processing.read(work, wanted, most)
    work = await settle(work, found.clock_offset, found.overlay)
    known = dict(zip(wanted, found.facts, strict=True))
    while found.more and (wanted := await _undecided(work, asked, probes, known, {wanted[n] for n in found.more})):
        most *= TIMES_MORE
        found = await processing.read(work, wanted, most)
        known |= zip(wanted, found.facts, strict=True)
    return work, [known[probe] for probe in probes]


async def _undecided(
    work: Work, asked: Sequence[Asked], probes: Sequence[Probe], known: Mapping[Probe, Facts], cut: Collection[Probe]
) -> list[Probe]:
    """Those of the probes that were cut off for which more records may answer some question otherwise."""
    undecided: dict[Probe, None] = {}
    for (_, question), probe in zip(asked, probes, strict=True):
        if probe not in cut or probe in undecided:
            continue
        if not finds_record_in_use(question, known[probe], work.pack, work.now, work.today):
            undecided[probe] = None
        await _pause(known[probe])
    return list(undecided)


async def _pause(facts: Facts) -> None:
    """After work on many records, others are served."""
    if len(facts.records) > TIMES_MORE:
        await asyncio.sleep(0)


def _probe(pack: PolicyPack, subject_ref: str, question: Question) -> Probe:
    purpose = pack.purposes.get(question.purpose) if question.purpose is not None else None
    if purpose is None:
        return Probe(subject_ref, None, (), (), None)
    kinds = tuple(pack.kinds_by_purpose[purpose.code])
    return Probe(subject_ref, purpose.code, kinds, asked_categories(question, purpose, pack), question.record_refs)
