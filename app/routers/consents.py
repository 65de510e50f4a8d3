"""Consent: grant, read, confirm, withdraw."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.confirmation import ConsentNotActive
from app.domain.consent import ConsentStatus
from app.domain.errors import (
    AssuranceInsufficient,
    BadCursor,
    ExplicitConsentRequired,
    IsStatutoryInstrument,
    NotConsentBased,
    NotFound,
    NoticeSuperseded,
    RepresentativeRequired,
    SubjectAgreementMissing,
    SubjectDeceased,
    SubjectErased,
    VersionConflict,
    WithdrawRestrictedByLaw,
)
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch, tag
from app.routers.pages import Cursor, Limit
from app.routers.subjects import SubjectRef
from app.schemas.consents import (
    ConsentConfirmation,
    ConsentGrant,
    ConsentList,
    ConsentOut,
    ConsentPage,
    ConsentWithdrawal,
    ConsentWithdrawals,
    HistoryEntryOut,
    HistoryPage,
    WithdrawnOut,
)
from app.schemas.types import Code, Id, Instant, Ref
from app.services import consent_confirmations, consent_grants, consent_withdrawals, consents, subjects

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["consents"])
ConsentId = Annotated[Id, Path(description="Identifier of the consent")]
GRANT = allow(
    Permission.CONSENT_GRANT,
    names=subjects.see_named,
    raises=(
        NotFound,
        SubjectErased,
        SubjectDeceased,
        NotConsentBased,
        ExplicitConsentRequired,
        IsStatutoryInstrument,
        RepresentativeRequired,
        SubjectAgreementMissing,
        AssuranceInsufficient,
        NoticeSuperseded,
    ),
    direct=True,
)
CONFIRM = allow(
    Permission.CONSENT_GRANT,
    sees=consents.see,
    raises=(
        NotFound,
        SubjectErased,
        SubjectDeceased,
        RepresentativeRequired,
        SubjectAgreementMissing,
        AssuranceInsufficient,
        ConsentNotActive,
    ),
    direct=True,
)
WITHDRAW = (NotFound, RepresentativeRequired, AssuranceInsufficient, WithdrawRestrictedByLaw)


@router.post(
    "/consents",
    operation_id="grantConsent",
    summary="Record a consent",
    status_code=201,
    responses={200: {"model": ConsentOut, "description": "Granted already; the active record"}},
)
async def grant_consent(body: ConsentGrant, response: Response, work: Annotated[Work, GRANT]) -> ConsentOut:
    """Binds subject, purpose, categories, recipients and the notice that was shown, by its digest.

    What the active consent covers already is answered with it, status 200. A grant that says something else (more
    categories or recipients, a newer notice, another last day) replaces the active one, which becomes `superseded`, and
    binds exactly what it names itself. A person who consents over an own token must be known at level `substantial`.
    """
    consent, created = await consent_grants.grant(work, body.grant())
    response.status_code = 201 if created else 200
    tag(response, consent.version)
    return ConsentOut.model_validate(consent)


@router.get("/consents", operation_id="listConsents", summary="Consents of a person, or of all")
async def list_consents(
    work: Annotated[Work, allow(Permission.CONSENT_READ, raises=(NotFound, BadCursor))],
    subject_ref: Annotated[Ref | None, Query(description="Whose; a member's own where left out")] = None,
    purpose: Annotated[Code | None, Query(description="Only for this purpose")] = None,
    status: Annotated[ConsentStatus | None, Query(description="Only in this status")] = None,
    at: Annotated[Instant | None, Query(description="As they stood at this instant; now where left out")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ConsentPage:
    """The newest first. How a consent stands at an instant follows from the events up to it, and from nothing else."""
    page = await consents.list_consents(
        work, subject_ref=subject_ref, purpose=purpose, status=status, at=at, limit=limit, cursor=cursor
    )
    return ConsentPage(items=[ConsentOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)


@router.get("/consents/{consent_id}", operation_id="getConsent", summary="One consent")
async def get_consent(
    consent_id: ConsentId,
    response: Response,
    work: Annotated[Work, allow(Permission.CONSENT_READ, sees=consents.see, raises=(NotFound,))],
) -> ConsentOut:
    """As it stands now, with what its withdrawal brings. Evidence that was given with it stays sealed."""
    consent = await consents.read(work, consent_id)
    tag(response, consent.version)
    return ConsentOut.model_validate(consent)


@router.get("/consents/{consent_id}/history", operation_id="getConsentHistory", summary="The history of one consent")
async def get_consent_history(
    consent_id: ConsentId,
    work: Annotated[Work, allow(Permission.CONSENT_READ, sees=consents.see, raises=(NotFound, BadCursor))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> HistoryPage:
    """Everything that happened to it, the oldest first. Nothing here is ever changed."""
    page = await consents.history(work, consent_id, limit, cursor)
    return HistoryPage(items=[HistoryEntryOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)


@router.post("/consents/{consent_id}/withdrawal", operation_id="withdrawConsent", summary="Withdraw one consent")
async def withdraw_consent(
    consent_id: ConsentId,
    body: ConsentWithdrawal,
    response: Response,
    if_match: IfMatch,
    work: Annotated[
        Work, allow(Permission.CONSENT_WITHDRAW, sees=consents.see, raises=(*WITHDRAW, VersionConflict), direct=True)
    ],
) -> WithdrawnOut:
    """By any channel and free of charge, in force when this answers. What was done before stays lawful.

    With `categories`, only these are taken back: the record is withdrawn, and `remaining` is the one of what stays.
    Asks for no more assurance than the grant did. Withdrawn twice, it is answered with the first withdrawal. Withdrawing
    a superseded record withdraws what replaced it too, and one that was withdrawn in part what remained of it.
    """
    withdrawn = await consent_withdrawals.withdraw(work, consent_id, body.withdrawal(), if_match)
    tag(response, withdrawn.consent.version)
    return WithdrawnOut.of(withdrawn)


@router.post("/consents/{consent_id}/confirmation", operation_id="confirmConsent", summary="Confirm one consent")
async def confirm_consent(
    consent_id: ConsentId,
    body: ConsentConfirmation,
    response: Response,
    work: Annotated[Work, CONFIRM],
) -> ConsentOut:
    """Who has come of age confirms what a parent consented to; nobody asks again then.

    Confirmed already, it stays as it is. It makes nothing of doubtful wording good: that wants a new consent.
    """
    consent = await consent_confirmations.confirm(work, consent_id, body.confirmation())
    tag(response, consent.version)
    return ConsentOut.model_validate(consent)


@router.post(
    "/subjects/{subject_ref}/consent-withdrawals",
    operation_id="withdrawConsents",
    summary="Withdraw consent for some purposes or all",
)
async def withdraw_consents(
    subject_ref: SubjectRef,
    body: ConsentWithdrawals,
    work: Annotated[
        Work,
        allow(
            Permission.CONSENT_WITHDRAW, sees=subjects.see_standing, raises=(*WITHDRAW, NotConsentBased), direct=True
        ),
    ],
) -> ConsentList:
    """All or none: where one of the purposes named can't be withdrawn, nothing is. Answers what this call has withdrawn."""
    withdrawn = await consent_withdrawals.withdraw_purposes(work, subject_ref, body.named, body.withdrawal())
    return ConsentList(items=[ConsentOut.model_validate(one) for one in withdrawn])
