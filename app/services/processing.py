"""Whether personal data may be processed: the facts are read in one statement, the domain decides, nothing is written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from app.core.work import Work
from app.domain.policy import PolicyPack
from app.domain.processing import Decision, asked_categories, decide, finds_record_in_use, kinds_of
from app.domain.processing_facts import Facts, Question
from app.repositories import processing
from app.repositories.processing import Probe

Asked = tuple[str, Question]
Settle = Callable[[Work, timedelta | None, str | None], Awaitable[Work]]
FEW, TIMES_MORE = 2, 32
SLICE = 100


async def decide_all(work: Work, asked: Sequence[Asked], settle: Settle) -> tuple[Work, list[Decision]]:
    """The decision about each question, with the subject that it is about; and the unit of work as of their instant.

    One statement, whatever the number of questions; further ones only where a subject's newest records are all over.
    `settle` tells the instant and the policy of the state that the facts were read in.
    """
    distinct = list(dict.fromkeys(asked))
    work, facts = await _facts(work, distinct, settle)
    made: dict[Asked, Decision] = {}
    for number, ((subject_ref, question), known) in enumerate(zip(distinct, facts, strict=True), 1):
        made[subject_ref, question] = decide(question, known, work.pack, work.now, work.today)
        if number % SLICE == 0:
            await asyncio.sleep(0)  # other requests are served meanwhile
    return work, [made[one] for one in asked]


async def _facts(work: Work, asked: Sequence[Asked], settle: Settle) -> tuple[Work, list[Facts]]:
    """What is known for each question: of many records as few as decide it."""
    most = FEW
    found = await processing.read(work, [_probe(work.pack, *one) for one in asked], most)
    work = await settle(work, found.clock_offset, found.overlay)
    facts = list(found.facts)
    cut = _undecided(work, asked, facts, sorted(found.more))
    while cut:
        most *= TIMES_MORE
        found = await processing.read(work, [_probe(work.pack, *asked[n]) for n in cut], most)
        for n, known in zip(cut, found.facts, strict=True):
            facts[n] = known
        cut = _undecided(work, asked, facts, [cut[n] for n in sorted(found.more)])
    return work, facts


def _undecided(work: Work, asked: Sequence[Asked], facts: Sequence[Facts], cut: Sequence[int]) -> list[int]:
    """Those of the questions that more records may answer otherwise."""
    return [n for n in cut if not finds_record_in_use(asked[n][1], facts[n], work.pack, work.now, work.today)]


def _probe(pack: PolicyPack, subject_ref: str, question: Question) -> Probe:
    purpose = pack.purposes.get(question.purpose) if question.purpose is not None else None
    if purpose is None:
        return Probe(subject_ref, None, (), (), None)
    kinds = tuple(sorted(kinds_of(purpose, pack)))
    return Probe(subject_ref, purpose.code, kinds, asked_categories(question, purpose, pack), question.record_refs)
