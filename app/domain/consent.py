"""Consent: what a grant may bind, and how it stands at an instant (PDPA s.19, s.26; DOMAIN "Consent")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import (
    ExplicitConsentRequired,
    FieldError,
    InvalidInput,
    IsStatutoryInstrument,
    NotConsentBased,
    WithdrawRestrictedByLaw,
)
from app.domain.policy import PolicyPack, Purpose
from app.domain.vocabulary import ConsentNeed


class ConsentEventKind(StrEnum):
    """What may happen to a consent."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CONFIRMED = "confirmed"


class ConsentStatus(StrEnum):
    """How a consent stands; only an active one is effective."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One entry of the history of a consent. It is never changed."""

    at: datetime
    kind: ConsentEventKind


@dataclass(frozen=True, slots=True)
class Binding:
    """What a grant covers: categories and recipients, in the order of the purpose; `explicit` as PDPA s.26 means it."""

    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    explicit: bool = False


def effective(
    events: Iterable[ConsentEvent],
    at: datetime,
    expires_at: datetime | None = None,
    superseded_at: datetime | None = None,
) -> ConsentStatus | None:
    """The status at an instant, from the events up to it and nothing else; None before the first grant.

    A withdrawal stands whatever came before it, and only a new grant revives; a confirmation changes nothing.
    `expires_at`: the first instant at which an active consent is no longer effective. `superseded_at`: the instant from
    which a notice wants it given afresh (`notices.superseded_at`). Whichever of the two comes first ends it.
    """
    happened = [event for event in events if event.at <= at]
    status = _fold(happened)
    end = end_by_itself(expires_at, superseded_at)
    return _after(status, end.kind) if end is not None and end.at <= at else status


def end_by_itself(expires_at: datetime | None, superseded_at: datetime | None) -> ConsentEvent | None:
    """How an active consent ends without anybody's doing: it expires, or a notice supersedes it."""
    ends = [
        ConsentEvent(at, kind)
        for at, kind in ((expires_at, ConsentEventKind.EXPIRED), (superseded_at, ConsentEventKind.SUPERSEDED))
        if at is not None
    ]
    return min(ends, key=lambda event: event.at, default=None)


def _fold(events: Iterable[ConsentEvent]) -> ConsentStatus | None:
    status: ConsentStatus | None = None
    for event in sorted(events, key=lambda event: event.at):
        status = _after(status, event.kind)
    return status


def _after(status: ConsentStatus | None, event: ConsentEventKind) -> ConsentStatus | None:
    if event is ConsentEventKind.GRANTED:
        return ConsentStatus.ACTIVE
    if event is ConsentEventKind.WITHDRAWN and status is not None:
        return ConsentStatus.WITHDRAWN
    if event is ConsentEventKind.EXPIRED and status is ConsentStatus.ACTIVE:
        return ConsentStatus.EXPIRED
    if event is ConsentEventKind.SUPERSEDED and status is ConsentStatus.ACTIVE:
        return ConsentStatus.SUPERSEDED
    return status


def check_consent_based(purpose: Purpose) -> None:
    """That consent under the Act is what the purpose, or a part of it, rests on.

    Raises IsStatutoryInstrument where another law governs the consent, NotConsentBased where none is needed.
    """
    if purpose.statutory_instrument is not None:
        raise IsStatutoryInstrument
    if purpose.requires_consent is ConsentNeed.NEVER:
        raise NotConsentBased


def check_grant(
    purpose: Purpose,
    pack: PolicyPack,
    *,
    categories: Sequence[str] | None = None,
    recipients: Sequence[str] | None = None,
    explicit: bool = False,
) -> Binding:
    """What a consent to `purpose` binds.

    `categories` None takes all ordinary ones, with `explicit` the sensitive ones too; `recipients` None takes those of
    the purpose. Raises what `check_consent_based` raises, InvalidInput for what does not belong to the purpose,
    ExplicitConsentRequired for sensitive data without it, and NotConsentBased where only sensitive data needs consent
    and none is named.
    """
    check_consent_based(purpose)
    if categories is not None and not categories:
        raise InvalidInput([FieldError("/categories", "too_short")])
    accepted = _accepted_recipients(purpose, pack)
    _check_named("/categories", categories, purpose.categories)
    _check_named("/recipients", recipients, accepted)
    spared = purpose.sensitive_exception is not None
    sensitive = {code for code in purpose.categories if pack.categories[code].sensitive and not spared}
    if purpose.requires_consent is ConsentNeed.SENSITIVE_ONLY and not explicit:
        raise ExplicitConsentRequired
    if categories is None:
        categories = [code for code in purpose.categories if explicit or code not in sensitive] or purpose.categories
    if sensitive.intersection(categories) and not explicit:
        raise ExplicitConsentRequired
    if purpose.requires_consent is ConsentNeed.SENSITIVE_ONLY and not sensitive.intersection(categories):
        raise NotConsentBased
    bound = purpose.recipients if recipients is None else recipients
    return Binding(
        categories=tuple(code for code in purpose.categories if code in categories),
        recipients=tuple(code for code in accepted if code in bound),
        explicit=explicit,
    )


def check_withdrawal(purpose: Purpose) -> None:
    """That no law restricts the withdrawal; nothing else may refuse it (PDPA s.19 ¶5).

    Raises WithdrawRestrictedByLaw with the provision.
    """
    if purpose.statutory_instrument is not None:
        raise WithdrawRestrictedByLaw(purpose.statutory_instrument.provision)


def _accepted_recipients(purpose: Purpose, pack: PolicyPack) -> tuple[str, ...]:
    """The recipients that the pack lists for the purpose; where it rests on legal obligation, the authorities too."""
    if not purpose.obliged_to_authorities:
        return purpose.recipients
    authorities = (code for code, recipient in pack.recipients.items() if recipient.authority)
    return tuple(dict.fromkeys((*purpose.recipients, *authorities)))


def _check_named(field: str, named: Sequence[str] | None, allowed: Sequence[str]) -> None:
    foreign = [FieldError(f"{field}/{at}", "not_allowed") for at, code in enumerate(named or ()) if code not in allowed]
    if foreign:
        raise InvalidInput(foreign)
