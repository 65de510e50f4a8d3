"""Taking over consents from paper forms and older systems."""

from typing import Annotated

from fastapi import APIRouter

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.vocabulary import Permission
from app.routers.records import PUSH_LIMIT
from app.schemas.consent_imports import ConsentImport, ConsentImportOut
from app.services import consent_imports

router = APIRouter(prefix="/v1/consents", route_class=GuardedRoute, tags=["consents"])


@router.post("/imports", operation_id="importConsents", summary="Take over consents given elsewhere")
async def import_consents(
    body: ConsentImport,
    work: Annotated[Work, allow(Permission.CONSENT_IMPORT, body_limit=PUSH_LIMIT, direct=True)],
) -> ConsentImportOut:
    """Up to 5,000 rows; a bad one spoils itself only, and importing the same rows again changes nothing.

    What is taken over is `doubtful`, or `original_purpose` for data from before the Act whose wording is sound. Either is
    in force and can always be withdrawn; neither is explicit. Nothing open is overwritten, and what was ended on the day
    of the former consent or later is not revived.
    """
    return ConsentImportOut.model_validate(await consent_imports.take_over(work, body.rows()))
