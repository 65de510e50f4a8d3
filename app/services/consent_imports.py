"""Taking over consents from paper forms and older systems (PDPA s.19, s.95; policy clause 14; LAW T-01, T-25).

What is on record here counts for more: nothing open is overwritten, and no older consent revives what was ended since.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from app.core.clock import BANGKOK
from app.core.ids import new_id
from app.core.work import Work
from app.domain.consent import Binding, ConsentEvent, ConsentEventKind
from app.domain.consent_imports import FormerConsent, ImportFault, judge
from app.domain.deletion_cases import lacking
from app.domain.vocabulary import Assurance
from app.repositories import consent_imports
from app.repositories.consent_imports import OnRecord, Subject
from app.repositories.consents import ConsentRecord, EventRow
from app.services import audit, consents, deletion_cases, keys
from app.services.consent_grants import SELF
from app.services.events import EventType
from app.services.keys import KeyPurpose


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken, by its place in the call, and why; what it is about as far as that could be read."""

    index: int
    subject_ref: str | None
    purpose: str | None
    code: ImportFault


@dataclass(frozen=True, slots=True)
class Import:
    """What became of an import; `rejected` in the order of its rows."""

    accepted: int
    rejected: Sequence[BadRow]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is on record about those whom an import names."""

    subjects: Mapping[str, Subject]
    consents: Mapping[tuple[str, str], OnRecord]


Judged = tuple[FormerConsent, Binding]


async def take_over(work: Work, rows: Sequence[FormerConsent | BadRow]) -> Import:
    """Take consents over in one unit of work; a bad row spoils itself only.

    Systems are told of each consent; the audit has one entry with counts. A consent that the subject was too young to
    give alone opens a deletion case.
    """
    named = [row for row in rows if isinstance(row, FormerConsent)]
    subjects = await consent_imports.lock_subjects(work, sorted({row.subject_ref for row in named}))
    known = _Known(subjects, await consent_imports.on_record(work, sorted({row.key for row in named})))
    judged = list(_judged(work, rows, known))
    good = [row for row in judged if not isinstance(row, BadRow)]
    done = Import(len(good), [row for row in judged if isinstance(row, BadRow)])
    await _keep(work, good)
    await _look_at_minors(work, good, subjects)
    _record(work, done, len({former.subject_ref for former, _ in good}))
    return done


def _judged(work: Work, rows: Sequence[FormerConsent | BadRow], known: _Known) -> Iterator[Judged | BadRow]:
    """Each row with what it binds, or as the bad row that it is."""
    taken: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        if isinstance(row, BadRow):
            yield row
            continue
        found = ImportFault.DUPLICATE_ROW if row.key in taken else _judge(work, row, known)
        if isinstance(found, ImportFault):
            yield BadRow(index, row.subject_ref, row.purpose, found)
        else:
            taken.add(row.key)
            yield row, found


def _judge(work: Work, row: FormerConsent, known: _Known) -> Binding | ImportFault:
    subject = known.subjects.get(row.subject_ref)
    if subject is None:
        return ImportFault.SUBJECT_UNKNOWN
    if subject.erased:
        return ImportFault.SUBJECT_ERASED
    found = judge(row, subject.person, work.pack, work.today)
    on_record = known.consents.get(row.key)
    if isinstance(found, ImportFault) or on_record is None:
        return found
    if on_record.open:
        return ImportFault.ALREADY_GRANTED
    ended = on_record.ended_at is not None and on_record.ended_at >= _begins(row.granted_on)
    return ImportFault.ENDED_SINCE if ended else found


async def _keep(work: Work, good: Sequence[Judged]) -> None:
    if not good:
        return
    proven = sorted({former.subject_ref for former, _ in good if former.evidence is not None})
    await keys.prepare(work, proven, KeyPurpose.EVIDENCE)
    taken = [await _taken(work, former, binding) for former, binding in good]
    await consent_imports.add(work, taken)
    for consent, _ in taken:
        consents.announce(work, EventType.CONSENT_GRANTED, consent)


async def _taken(work: Work, former: FormerConsent, binding: Binding) -> tuple[ConsentRecord, EventRow]:
    consent_id, granted_at = new_id(work.now), _begins(former.granted_on)
    place = consents.evidence_place(consent_id)
    consent = ConsentRecord(
        id=consent_id,
        subject_ref=former.subject_ref,
        purpose=former.purpose,
        categories=binding.categories,
        recipients=binding.recipients,
        explicit=binding.explicit,
        notice_version=None,
        notice_sha256=None,
        channel=former.channel,
        language=former.language,
        given_by=former.subject_ref,
        given_as=SELF,
        subject_agreed=None,
        evidence=await consents.seal_evidence(work, former.subject_ref, former.evidence, place),
        assurance=Assurance.NONE,
        granted_at=granted_at,
        withdrawn_at=None,
        ended_at=None,
        expires_on=None,
        quality=former.quality,
        wording=former.wording,
        policy=work.pack.sha256,
        version=1,
        happened=(ConsentEvent(granted_at, ConsentEventKind.GRANTED),),
    )
    granted = await consents.event_row(
        work, former.subject_ref, ConsentEventKind.GRANTED, granted_at, channel=former.channel
    )
    return consent, granted


async def _look_at_minors(work: Work, good: Sequence[Judged], subjects: Mapping[str, Subject]) -> None:
    alone = work.pack.minors_alone
    lack = {one.subject_ref for one, _ in good if lacking(subjects[one.subject_ref].person, one.granted_on, alone)}
    for subject_ref in sorted(lack):
        await deletion_cases.look(work, subject_ref)


def _begins(day: date) -> datetime:
    """The first instant of a day in Bangkok."""
    return datetime.combine(day, time.min, BANGKOK).astimezone(UTC)


def _record(work: Work, done: Import, subjects: int) -> None:
    rejected = Counter(row.code for row in done.rejected)
    audit.record(
        work,
        "consents.imported",
        "consents",
        "import",
        accepted=done.accepted,
        rejected=rejected,
        subjects=subjects,
    )
