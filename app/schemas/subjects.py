"""Data subjects on the wire."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.domain.vocabulary import Language, LegalCapacity, SubjectKind
from app.schemas.types import (
    CalendarDate,
    Choice,
    Email,
    OutModel,
    PartialDate,
    Ref,
    StrictModel,
    ThaiNationalId,
    ThaiPhone,
)
from app.services import subjects


class Membership(StrictModel):
    """Membership of the cooperative."""

    joined_on: CalendarDate
    """First day of membership."""
    ended_on: CalendarDate | None = None
    """Last day of membership; the default retention period counts from it."""


class Contacts(StrictModel):
    """How the subject is reached. One-time codes go only to contacts that the core banking system itself has put."""

    phone: ThaiPhone | None = None
    email: Email | None = None


class SubjectIn(StrictModel):
    """A data subject as the core banking system knows it; the whole resource, replaced by each PUT."""

    kind: Choice[SubjectKind]
    born_on: PartialDate | None = None
    """Date of birth as far as known (Civil Code 16); required for members."""
    legal_capacity: Choice[LegalCapacity] = LegalCapacity.FULL
    married_on: CalendarDate | None = None
    deceased_on: CalendarDate | None = None
    membership: Membership | None = None
    contacts: Contacts | None = None
    national_id: ThaiNationalId | None = None
    language: Choice[Language] = Language.TH
    related_to: Annotated[Choice[tuple[Ref, ...]], Field(max_length=100)] = ()
    """Subjects whose membership is this connected person's clock."""

    def particulars(self) -> subjects.Particulars:
        """As the service takes it."""
        given, joined = self.contacts or Contacts(), self.membership
        return subjects.Particulars(
            kind=self.kind,
            born_on=self.born_on,
            legal_capacity=self.legal_capacity,
            married_on=self.married_on,
            deceased_on=self.deceased_on,
            membership=subjects.Membership(joined.joined_on, joined.ended_on) if joined else None,
            contacts=subjects.Contacts(given.phone, given.email),
            national_id=self.national_id,
            language=self.language,
            related_to=self.related_to,
        )


class MembershipOut(OutModel):
    """Membership of the cooperative, by its first and last day."""

    joined_on: date
    ended_on: date | None


class ContactsOut(OutModel):
    """Masked (`+66•••••4567`) except to roles that may see them."""

    phone: str | None
    email: str | None


class SubjectOut(OutModel):
    """A data subject."""

    subject_ref: str
    kind: SubjectKind
    born_on: str | None
    legal_capacity: LegalCapacity
    married_on: date | None
    deceased_on: date | None
    membership: MembershipOut | None
    contacts: ContactsOut
    national_id: str | None
    """Masked (`x-xxxx-xxxxx-12-3`) except to roles that may see it."""
    language: Language
    related_to: list[str]
    masked: bool
    """Whether contacts and national ID are masked in this answer."""
    erased_at: datetime | None
    """Since when nothing but this tombstone is left."""
    changed_at: datetime
    version: int
