"""What a request brings about the moment identity is proven, before anybody decides (DOMAIN, Rights requests)."""

from app.core.work import Work
from app.domain.erasure import ErasureGround
from app.domain.vocabulary import Basis, Channel, RequestKind
from app.models.rights_request import RightsRequest
from app.repositories import erasures, subjects
from app.services import consent_withdrawals
from app.services.consent_withdrawals import Withdrawal

CONSENT_BASES = frozenset({Basis.CONSENT, Basis.EXPLICIT_CONSENT})


async def take_effect(work: Work, request: RightsRequest) -> None:
    """Erasure because consent is withdrawn: the consents behind the records in scope end now (PDPA s.19, s.33(2))."""
    if request.kind != RequestKind.ERASURE or request.scope["ground"] != ErasureGround.CONSENT_WITHDRAWN:
        return
    await subjects.lock(
        work, request.subject_ref
    )  # no push adds a record, and none is decided, before the consents end
    records = await erasures.in_scope(work, request.subject_ref, *erasure_scope(request))
    purposes = sorted({row.purpose for row in records if row.purpose and row.lawful_basis in CONSENT_BASES})
    if purposes:
        given = Withdrawal(Channel(request.channel))
        await consent_withdrawals.withdraw_by_request(work, request.subject_ref, purposes, given)


def erasure_scope(request: RightsRequest) -> tuple[list[str] | None, list[str] | None]:
    """The records and the categories that an erasure is limited to; None: not limited."""
    scope = request.scope["scope"]
    return (None, None) if scope == "all" else (scope.get("record_refs"), scope.get("categories"))
