"""Consent receipts: proof in the data subject's own hands of what was consented to."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.core.access import GuardedRoute, allow, public
from app.core.work import Work
from app.domain.errors import NotFound
from app.domain.vocabulary import Permission
from app.routers.consents import ConsentId
from app.schemas.receipts import receipt_schema
from app.services import consents, receipts

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["consents"])
JOSE = "application/jose"


@router.get(
    "/consents/{consent_id}/receipt",
    operation_id="getConsentReceipt",
    summary="The signed receipt of one consent",
    response_class=Response,
    responses={
        200: {
            "description": "The receipt: header, payload and signature in base64url, joined by dots.",
            "content": {JOSE: {"example": "eyJhbGciOiJFUzI1NiIs….eyJAY29udGV4dCI6….Zk3Jw7…"}},
        }
    },
)
async def get_consent_receipt(
    request: Request,
    consent_id: ConsentId,
    work: Annotated[Work, allow(Permission.CONSENT_READ, sees=consents.see, raises=(NotFound,))],
) -> Response:
    """A consent record in the structure of ISO/IEC TS 27560 with terms of the W3C Data Privacy Vocabulary, as compact JWS.

    Signed (ES256) when it is first asked for, and the same to the byte ever after; once the consent has changed, there is
    another one. `/.well-known/jwks.json` has the keys, `/v1/receipt-schema` the schema of the payload.
    """
    return Response(await receipts.issue(work, consent_id, request.app.state.desk.base_url), media_type=JOSE)


@router.get(
    "/receipt-schema",
    operation_id="getReceiptSchema",
    summary="What a receipt looks like",
    response_class=Response,
    responses={
        200: {
            "description": "The schema.",
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"$id": "urn:sitthi:consent-receipt:1", "type": "object"},
                }
            },
        }
    },
)
async def get_receipt_schema(
    work: Annotated[Work, public("a format is there to be read", offline=True)],  # noqa: ARG001  (declares access)
) -> Response:
    """The JSON Schema (2020-12) of a receipt's payload; `openapi/` of the source has the same file."""
    return Response(receipt_schema(), media_type="application/json")
