"""What others look for at a well-known address (RFC 8615): the keys that verify receipts."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, public
from app.core.work import Work
from app.schemas.receipts import PublicKey, PublicKeys
from app.services import signing_keys

router = APIRouter(prefix="/.well-known", route_class=GuardedRoute, tags=["catalogue"])
FRESH = {"Cache-Control": "public, max-age=300"}


@router.get("/jwks.json", operation_id="listSigningKeys", summary="The keys that verify receipts")
async def list_signing_keys(
    response: Response,
    work: Annotated[Work, public("whoever is shown a receipt must be able to verify it")],
) -> PublicKeys:
    """All of them, for ever: a receipt verifies after its key has been replaced too. May be kept for five minutes.

    A `kid` that is not in a kept copy is reason to ask again. Access tokens are signed with other keys, the issuer's.
    """
    response.headers.update(FRESH)
    return PublicKeys(keys=[PublicKey(**key) for key in await signing_keys.published(work)])
