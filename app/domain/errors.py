"""What may go wrong in the domain and the services: stable codes, no HTTP.

`core.problems` holds the one table that gives each of them a status. A refusal under the law is not here: it is a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class DomainError(Exception):
    """Something that was asked can't be done; everything that the unit of work wrote is rolled back."""

    code: ClassVar[str]

    def extras(self) -> Mapping[str, object]:
        """Members that the problem document carries besides the standard ones; never personal data."""
        return {}


class RecordedRefusal(DomainError):
    """A refusal that must leave its trace: what the use case wrote is committed before the answer is sent."""


class NotFound(DomainError):
    """No such thing, or not one that the actor may see: nobody can tell which."""

    code = "not_found"


class NotVisible(RecordedRefusal, NotFound):
    """An attempt on another's data: answered exactly like `NotFound`, and recorded."""


class Forbidden(DomainError):
    """The actor may see the thing but lacks the permission for this act."""

    code = "forbidden"


@dataclass
class AssuranceInsufficient(DomainError):
    """A direct act needs a more surely known identity than the token carries."""

    code = "assurance_insufficient"
    required: str

    def extras(self) -> Mapping[str, object]:
        return {"required": self.required}


class RepresentativeRequired(DomainError):
    """The subject can't act alone here (PDPA s.20), or who acts holds no effective representation."""

    code = "representative_required"


@dataclass(frozen=True)
class FieldError:
    """One fault of the input: where (JSON pointer) and what (code); never the value."""

    pointer: str
    code: str


@dataclass
class InvalidInput(DomainError):
    """Input whose meaning, not whose shape, is wrong; found by a service."""

    code = "validation_failed"
    errors: Sequence[FieldError]


class MalformedJson(DomainError):
    """The body is not JSON as RFC 8259 and this API want it."""

    code = "malformed_json"


class MalformedRequest(InvalidInput):
    """A question to the decision API that AuthZEN calls malformed: a member is missing or of the wrong type."""

    code = "malformed_request"


class UnsupportedMediaType(DomainError):
    """The body is not `application/json` in UTF-8."""

    code = "unsupported_media_type"


class BodyTooLarge(DomainError):
    """The body is longer than the route takes."""

    code = "body_too_large"


class InvalidToken(DomainError):
    """No token, or not one of ours, whatever the reason."""

    code = "invalid_token"


class VersionConflict(DomainError):
    """`If-Match` names another version than the present one."""

    code = "version_conflict"


class IdempotencyMismatch(DomainError):
    """The same idempotency key came with another body."""

    code = "idempotency_mismatch"


class IdempotencyInProgress(DomainError):
    """The first call with this idempotency key is still running."""

    code = "idempotency_in_progress"


class BadCursor(DomainError):
    """The cursor was not made by this list, or is damaged."""

    code = "bad_cursor"


class Unavailable(DomainError):
    """The database can't be reached now."""

    code = "unavailable"


class SubjectErased(DomainError):
    """The subject was erased; an erased reference is never taken again."""

    code = "subject_erased"


class SubjectDeceased(DomainError):
    """The subject has died: nobody can consent any more."""

    code = "subject_deceased"


@dataclass
class IllegalTransition(DomainError):
    """The request's status does not allow this move."""

    code = "illegal_transition"
    allowed: Sequence[str]

    def extras(self) -> Mapping[str, object]:
        return {"allowed": list(self.allowed)}


@dataclass
class CodeWrong(RecordedRefusal):
    """A wrong one-time code; the try is counted."""

    code = "code_wrong"
    tries_left: int

    def extras(self) -> Mapping[str, object]:
        return {"tries_left": self.tries_left}


@dataclass
class IdentityLocked(RecordedRefusal):
    """Too many wrong codes: no code is taken before the cool-off ends."""

    code = "identity_locked"
    retry_after: int


@dataclass
class RateLimited(DomainError):
    """Too often in too short a time; `retry_after` in seconds."""

    code = "rate_limited"
    retry_after: int


class CodeExpired(DomainError):
    """The one-time code has outlived its minutes or the contact it went to, or was replaced by a newer one."""

    code = "code_expired"


class ContactMissing(DomainError):
    """The core system registered no contact of that kind for the subject, or nothing leaves that way."""

    code = "contact_missing"


class ItemsIncomplete(DomainError):
    """The decision does not name each item exactly once."""

    code = "items_incomplete"


class OutcomeMismatch(DomainError):
    """The outcome of the decision is not the sum of its items."""

    code = "outcome_mismatch"


class GroundNotValid(DomainError):
    """Refused without a ground, or on one that is not a ground of this right."""

    code = "ground_not_valid"


class DecisionUnlawful(DomainError):
    """The decision grants what the law keeps, or refuses (also by cancelling) on no ground that holds for the item."""

    code = "decision_unlawful"


class FourEyesRequired(DomainError):
    """The pack wants an assessment signed by somebody else first."""

    code = "four_eyes_required"


class AssessmentStale(DomainError):
    """What was signed is no longer what law and pack say."""

    code = "assessment_stale"


class ExtensionNotAllowed(DomainError):
    """The pack allows no extension for this right."""

    code = "extension_not_allowed"


class NotConsentBased(DomainError):
    """The purpose does not rest on consent: none can be given or withdrawn."""

    code = "not_consent_based"


class ExplicitConsentRequired(DomainError):
    """Sensitive categories need explicit consent (PDPA s.26)."""

    code = "explicit_consent_required"


class IsStatutoryInstrument(DomainError):
    """Another law governs this consent: it is no consent under the Act (LAW T-23)."""

    code = "statutory_instrument"


@dataclass
class WithdrawRestrictedByLaw(DomainError):
    """The law restricts this withdrawal; the provision is named (PDPA s.19)."""

    code = "withdraw_restricted_by_law"
    provision: str

    def extras(self) -> Mapping[str, object]:
        return {"provision": self.provision}


class SubjectAgreementMissing(DomainError):
    """A minor above ten agrees besides the parent (PDPA s.20)."""

    code = "subject_agreement_missing"


class NoticeSuperseded(DomainError):
    """The notice version named is not the current one for the purpose."""

    code = "notice_superseded"


class NoticeVersionTaken(DomainError):
    """A notice of that version stands already; what was published is never changed."""

    code = "notice_version_taken"


class LeaseLost(DomainError):
    """The lease named is not, or no longer, the one that holds the task."""

    code = "lease_lost"


class LegalHoldInForce(RecordedRefusal):
    """A legal hold covers records of the task: whoever holds it must not destroy them; the attempt is recorded."""

    code = "legal_hold"


class ProofRequired(DomainError):
    """Erasing and destroying want proof: method, when, and a reference."""

    code = "proof_required"
