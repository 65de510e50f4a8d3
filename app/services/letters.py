"""Letters to the data subject: each issued, whole and sealed, in the transaction that causes it; read as it was issued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain import letter_closing, letter_decision, letter_opening
from app.domain.errors import NotFound
from app.domain.letters import ANSWERS, Letter, LetterKind, holds_free_text, reading
from app.domain.vocabulary import Language, Outcome
from app.models.letter import IssuedLetter
from app.models.rights_request import RequestItem, RightsRequest
from app.repositories import letters
from app.services import keys, letter_contents
from app.services.keys import KeyPurpose
from app.services.letter_contents import matter, told
from app.services.rights_requests import decision_note, get, reach_of, takes_part


@dataclass(frozen=True, slots=True)
class ReadLetter:
    """A letter in one language, ready to be set. `issued_at`: in seconds since 1970; `content`: what the templates take."""

    reference: str
    kind: LetterKind
    language: Language
    issued_at: int
    content: Mapping[str, Any]


async def receipt(work: Work, request: RightsRequest) -> None:
    """Issue the letter that the request was received."""
    await _issue(work, request, letter_opening.receipt(await matter(work, request), work.pack, on=work.today))


async def information(work: Work, request: RightsRequest, question: str) -> None:
    """Issue the letter that asks the subject something."""
    about = await matter(work, request)
    await _issue(work, request, letter_opening.information(about, work.pack, on=work.today, question=question))


async def decision(
    work: Work,
    request: RightsRequest,
    items: Sequence[RequestItem],
    notes: Mapping[str, str],
    note: str | None,
    *,
    work_left: bool,
) -> None:
    """Issue the letter that tells the decision; of a complaint it is the answer."""
    about = await matter(work, request)
    assert request.outcome is not None, "it is decided"  # noqa: S101  (the caller has just set it)
    outcome = Outcome(request.outcome)
    letter = letter_decision.decision(
        about, work.pack, told(items, notes), on=work.today, outcome=outcome, note=note, work_left=work_left
    )
    await _issue(work, request, letter)


async def completion(work: Work, request: RightsRequest) -> None:
    """Issue the letter that all is done, and the certificate of what was destroyed."""
    about = await matter(work, request)
    items = await letter_contents.decided(work, request)
    done = await letter_contents.done(work, request, items)
    assert request.outcome is not None, "only what was decided is completed"  # noqa: S101  (the table of moves)
    if any(one.proof is not None for one in done):
        await _issue(work, request, letter_closing.certificate(about, work.pack, done, on=work.today))
    note = await decision_note(work, request) if about.is_complaint else None
    outcome = Outcome(request.outcome)
    letter = letter_closing.completion(about, work.pack, items, done, on=work.today, outcome=outcome, note=note)
    await _issue(work, request, letter)


async def _issue(work: Work, request: RightsRequest, letter: Letter) -> None:
    letter_id = new_id(work.now)
    content = await keys.seal(work, request.subject_ref, KeyPurpose.EVIDENCE, letter.document(), _place(letter_id))
    row = IssuedLetter(
        id=letter_id,
        request_id=request.id,
        subject_ref=request.subject_ref,
        kind=letter.kind,
        issued_at=work.now,
        content=content,
    )
    letters.add(work, row)


def _place(letter_id: UUID) -> str:
    return f"letter/{letter_id}"


async def read(work: Work, request_id: UUID, kind: LetterKind | None, language: Language | None) -> ReadLetter:
    """A letter of a request, as it was issued; without `kind` the latest, without `language` in that of the request.

    Officers' reading of anybody's own words is recorded; others who take no part do not see these. Heirs read answers
    only. Raises `NotFound`, also where no such letter was issued or its key was destroyed.
    """
    request = await get(work, request_id, heirs=True)
    found = await letters.newest(work, request.id, await _readable(work, request, kind))
    if found is None:
        raise NotFound
    document = await keys.unseal(work, found.subject_ref, KeyPurpose.EVIDENCE, found.content, _place(found.id))
    if not isinstance(document, Mapping):
        raise NotFound
    free = holds_free_text(document)
    shown = free and takes_part(work, request, "request.letter_read")
    spoken = language or Language(request.language)
    content = reading(document, spoken, told=shown)
    return ReadLetter(request.reference, LetterKind(found.kind), spoken, int(found.issued_at.timestamp()), content)


async def _readable(work: Work, request: RightsRequest, kind: LetterKind | None) -> Sequence[LetterKind]:
    """The kinds that the actor may read of those wanted."""
    reach = await reach_of(work, request.subject_ref)
    allowed = list(LetterKind) if reach is None or request.kind in reach else list(ANSWERS)
    return allowed if kind is None else [one for one in allowed if one is kind]
