"""Rights requests on the wire, whatever the right."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Discriminator, Field, Tag

from app.domain.deadlines import SlaState
from app.domain.rights_request import ItemDecision, ItemOutcome, Status
from app.domain.transfers import TransferState
from app.domain.vocabulary import Assurance, Channel, Language, Outcome, RequestKind
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.retention import ReasonOut
from app.schemas.types import CalendarDate, Choice, Code, Id, Line, Name, Note, OutModel, Ref, StrictModel
from app.services.decisions import Decided
from app.services.submissions import Submission


class Delivery(StrictModel):
    """How the subject wants to be answered."""

    via: Literal["app", "email", "post", "counter"]


Refs = Annotated[Choice[tuple[Ref, ...]], Field(min_length=1, max_length=5000)]
Codes = Annotated[Choice[tuple[Code, ...]], Field(min_length=1, max_length=100)]


class SubmissionIn(StrictModel):
    """What all requests have in common."""

    subject_ref: Ref
    channel: Choice[Channel]
    language: Choice[Language] = Language.TH
    on_behalf_by: Ref | None = None
    """The representative who asks for the subject."""
    note: Note | None = None
    received_on: CalendarDate | None = None
    """Staff only: when the paper or the call came; not later than today, at most 30 days back."""
    delivery: Delivery | None = None

    def asked(self, kind: RequestKind, scope: Mapping[str, Any], covers: object, **named: Any) -> Submission:
        """As the service takes it; `named`: the fields of `Submission` that only some kinds have."""
        return Submission(
            kind=kind,
            subject_ref=self.subject_ref,
            channel=self.channel,
            language=self.language,
            scope=scope,
            covers=covers,
            on_behalf_by=self.on_behalf_by,
            note=self.note,
            received_on=self.received_on,
            delivery=self.delivery.via if self.delivery else None,
            **named,
        )


def pointed(field: str, codes: tuple[str, ...] | None) -> dict[str, str]:
    """The codes of a list by the JSON pointer to each."""
    return {f"{field}/{at}": code for at, code in enumerate(codes or ())}


class QuestionIn(StrictModel):
    """What the subject is asked."""

    question: Note


class AnswerIn(StrictModel):
    """What the subject answers."""

    answer: Note


class ReasonIn(StrictModel):
    """Why."""

    reason: Line


class OptionalReasonIn(StrictModel):
    """Why, if that is said."""

    reason: Line | None = None


class AssignmentIn(StrictModel):
    """Which officer takes the request."""

    assigned_to: Annotated[Name, Field(pattern=r"^[A-Za-z0-9._:@-]{1,128}$")]
    """The `sub` of the officer's tokens."""


class ItemDecisionIn(StrictModel):
    """What is decided about one item."""

    ref: Annotated[Name, Field(max_length=64)]
    outcome: Choice[ItemOutcome]
    ground: Code | None = None
    """Needed for a refusal: one of the item's `grounds`."""
    note: Note | None = None


class DecisionIn(StrictModel):
    """The decision. Without `items`: the proposal of the assessment as it stands."""

    outcome: Choice[Outcome]
    items: Annotated[Choice[tuple[ItemDecisionIn, ...]], Field(max_length=5000)] | None = None
    note: Note | None = None

    def decided(self) -> Decided:
        """As the service takes it."""
        items = [ItemDecision(item.ref, item.outcome, item.ground) for item in self.items or ()]
        notes = {item.ref: item.note for item in self.items or () if item.note is not None}
        return Decided(self.outcome, items if self.items is not None else None, notes, self.note)


class ItemOut(OutModel):
    """One item of a request."""

    ref: str
    label: BilingualOut
    proposed: ItemOutcome
    grounds: list[str]
    """Grounds on which this item may be refused."""
    outcome: ItemOutcome | None
    ground: str | None
    until: date | None
    """Last day of keeping."""
    waits_for: str | None
    """The event or condition that must come or end first."""
    deferred_until: date | None
    """Kept in storage only until this day, and proposed for erasure after it."""
    because: list[ReasonOut]
    reason: BilingualOut | None = None
    """Of a refused item: what its ground says, with the law, date, purpose or missing detail that it names."""
    refusal_id: UUID | None = None
    """Its entry in the register of refusals."""


class IdentityOut(OutModel):
    """How surely the requester must be, and is, known."""

    required: Assurance
    reached: Assurance
    state: Literal["pending", "proven", "locked", "lapsed"]


class SlaOut(OutModel):
    """The clock, in Bangkok dates. `days_left` and `overdue` run against `decide_by`, after the decision `complete_by`."""

    received_at: date
    decide_by: date
    decide_by_internal: date
    complete_by: date
    complete_by_internal: date
    state: SlaState
    days_left: int
    provisional: bool
    """Counted without a list of holidays for the year."""
    extensions: int
    paused: bool
    """Whether the clock stands still while the subject is asked, where the pack lets it: then nothing falls due, `days_left`
    stay, and the dates are told anew when it goes on."""


class RequestSummary(OutModel):
    """A rights request as lists show it: without its items."""

    id: UUID
    reference: str
    case_id: UUID
    kind: RequestKind
    status: Status
    outcome: Outcome | None
    subject_ref: str
    on_behalf_by: str | None
    """The representative who asked for the subject."""
    channel: Channel
    language: Language
    scope: dict[str, Any]
    """What was asked, as the kind defines it."""
    identity: IdentityOut
    sla: SlaOut
    assigned_to: str | None
    submitted_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None
    policy: str
    version: int


class TransferOut(OutModel):
    """A direct transfer to another controller (PDPA s.31)."""

    controller: str
    state: TransferState
    ground: str | None
    """`port_technically_impossible` where it can't be made; the package is there for the subject."""


class RequestOut(RequestSummary):
    """A rights request."""

    items: list[ItemOut]
    """What was decided; empty before."""
    duplicate: bool = False
    """Whether this is an open request that a submission met."""
    transfer: TransferOut | None = None
    """The direct transfer that a request for portability asked for, once it was decided."""


class TimelineItem(OutModel):
    """One thing that happened to a request."""

    at: datetime
    event: str
    actor: str
    detail: dict[str, Any]


class Timeline(OutModel):
    """What happened, in order."""

    items: list[TimelineItem]


class ChallengeIn(StrictModel):
    """Where to send the code: a contact of this kind that the core banking system registered."""

    via: Literal["sms", "email"]


class ChallengeOut(OutModel):
    """A code that is on its way."""

    challenge_id: UUID
    sent_to: str
    """Masked."""
    expires_at: datetime


class DocumentSeen(StrictModel):
    """The document that staff saw; no copy is kept."""

    kind: Literal["national_id", "passport", "member_card", "driving_licence", "other"]
    last4: Annotated[str, Field(min_length=4, max_length=4, pattern=r"^[0-9A-Za-z]{4}$")]


class CodeProof(StrictModel):
    """Proof by the one-time code."""

    challenge_id: Id
    code: Annotated[str, Field(min_length=4, max_length=12, pattern=r"^[0-9]+$")]


class InPersonProof(StrictModel):
    """Proof at the counter, by staff."""

    method: Literal["in_person"]
    document: DocumentSeen


def _way(body: object) -> str:
    return "<in_person>" if isinstance(body, dict) and "method" in body else "<code>"


IdentityProof = Annotated[
    Annotated[CodeProof, Tag("<code>")] | Annotated[InPersonProof, Tag("<in_person>")], Discriminator(_way)
]
"""One way to prove identity; `method` tells which."""


class RequestPage(PageOut[RequestSummary]):
    """A page of them."""
