"""Access and copies (PDPA s.30; policy clause 12(1)): what is held, why, where from, for whom and how long."""

import asyncio
from collections.abc import Sequence

from app.core.work import Work
from app.domain.access import OWN_DATA, THIRD_PARTY, Holding, assess_item, purposes_of, recipients_of
from app.domain.disclosures import by_recipient
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemAssessment, ItemDecision, ItemOutcome
from app.domain.vocabulary import Assurance
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.repositories import disclosures, records, subjects
from app.services import collection, packages, retention
from app.services.rights_requests import is_deceased


async def receive(_: Work, __: RightsRequest, ___: Assurance) -> None:
    """Nothing is told on a bare submission."""


async def take_effect(_: Work, __: RightsRequest) -> None:
    """Nothing is told before the decision."""


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """Each category that is asked for, else each that is held; where there is no record, that of the service's own data."""
    deceased = await is_deceased(work, request)
    held = _categories(await records.held(work, request.subject_ref))
    asked = request.scope.get("categories", sorted(held or OWN_DATA))
    known = held if "categories" in request.scope else frozenset(asked)
    return [assess_item(code, _label(work, code), held=code in known, deceased=deceased) for code in asked]


def _categories(rows: Sequence[HeldRecord]) -> frozenset[str]:
    return frozenset(code for row in rows for code in row.categories)


def _label(work: Work, code: str) -> Bilingual:
    category = work.pack.categories.get(code)
    return category.label if category else Bilingual(code, code)


async def categories(work: Work, request: RightsRequest) -> frozenset[str]:
    """Those that are asked for, else those that are held."""
    asked = request.scope.get("categories")
    return (
        frozenset(asked)
        if asked is not None
        else _categories(await records.held(work, request.subject_ref)) or OWN_DATA
    )


async def holdings(work: Work, request: RightsRequest) -> list[Holding]:
    """The records that hold what is asked for, with all that has to be told about each."""
    asked = await categories(work, request)
    rows = [row for row in await records.held(work, request.subject_ref) if asked.intersection(row.categories)]
    return await describe(work, request, rows, include_sources=request.scope["include_sources"])


async def describe(
    work: Work, request: RightsRequest, rows: Sequence[HeldRecord], *, include_sources: bool = True
) -> list[Holding]:
    """All that has to be told about some records."""
    subject = await subjects.get(work, request.subject_ref)
    assert subject is not None, "a request has a subject"  # noqa: S101  (foreign key)
    kept = await retention.decisions_of(work, subject, rows, except_request=request.id)
    disclosed = await disclosures.of_subject(work, request.subject_ref)
    found = []
    for number, row in enumerate(rows):
        if number % retention.SLICE == 0:
            await asyncio.sleep(0)  # others are served meanwhile
        concerning = [each for each in disclosed if each.concerns(row.record_ref, row.categories)]
        purposes = purposes_of(row.kind, row.purpose, row.categories, work.pack)
        holding = Holding(
            record_ref=row.record_ref,
            kind=row.kind,
            label=work.pack.label_of_kind(row.kind),
            categories=tuple(row.categories),
            source=row.source if include_sources else None,
            provided_by_subject=row.provided_by_subject,
            purposes=purposes,
            recipients=recipients_of(purposes, work.pack),
            told=by_recipient(concerning),
            third_persons=THIRD_PARTY in row.categories,
            retention=kept[row.record_ref],
        )
        found.append(holding)
    return found


async def carry_out(
    work: Work, request: RightsRequest, _: Sequence[ItemAssessment], decided: Sequence[ItemDecision]
) -> int:
    """A task for each holder of records of what is granted, to deliver them."""
    granted = sorted(item.ref for item in decided if item.outcome is ItemOutcome.GRANTED)
    rows = [row for row in await records.held(work, request.subject_ref) if not set(granted).isdisjoint(row.categories)]
    asked = {name: request.scope[name] for name in ("include_sources", "format")}
    return collection.ask(work, request, rows, categories=granted, **asked)


async def give_up(_: Work, __: RightsRequest) -> None:
    """Nothing to end."""


async def task_done(_: Work, __: Task) -> None:
    """What was delivered waits, sealed, with the task."""


async def finish(work: Work, request: RightsRequest) -> None:
    """Have the package made of what was delivered."""
    packages.make_due(work, request)
