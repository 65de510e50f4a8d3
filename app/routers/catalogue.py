"""What the controller has published: itself, the rights, its purposes, its retention rules and its policy."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.core.access import GuardedRoute, allow, public
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.schemas.catalogue import PolicyOut, PurposeOut, PurposePage, RightOut, RightPage
from app.schemas.controller import ControllerOut
from app.schemas.retention_rules import RetentionRuleOut, RetentionRulePage
from app.services import catalogue

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["catalogue"])


@router.get("/controller", operation_id="getController", summary="The data controller")
async def get_controller(
    work: Annotated[Work, public("who controls the data, and how to reach them, must be told to everyone (PDPA s.23)")],
) -> ControllerOut:
    """Name, address, contacts, office hours and the data protection officer's contact point."""
    return ControllerOut.model_validate(catalogue.controller(work))


@router.get("/rights", operation_id="listRights", summary="The eight rights of data subjects")
async def list_rights(
    work: Annotated[Work, public("everyone may know which rights there are (PDPA s.23)", raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RightPage:
    """For each: how to exercise it, its deadlines, the assurance needed, and the closed list of refusal grounds."""
    page = catalogue.rights(work, limit, cursor)
    return RightPage(items=[RightOut.of(view) for view in page.items], next_cursor=page.next_cursor)


@router.get("/purposes", operation_id="listPurposes", summary="The purposes of processing")
async def list_purposes(
    work: Annotated[Work, allow(Permission.CATALOGUE_READ, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> PurposePage:
    """By number, with bases, categories, recipients, retention rules and what a withdrawal of consent brings."""
    page = catalogue.purposes(work, limit, cursor)
    return PurposePage(items=[PurposeOut.of(view) for view in page.items], next_cursor=page.next_cursor)


@router.get("/purposes/{code}", operation_id="getPurpose", summary="One purpose of processing")
async def get_purpose(
    code: Annotated[str, Path(description="Code of the purpose", examples=["life_insurance_assessment"])],
    work: Annotated[Work, allow(Permission.CATALOGUE_READ, raises=(NotFound,))],
) -> PurposeOut:
    """With `notice_version`, the notice to show today before asking for consent."""
    return PurposeOut.of(catalogue.purpose(work, code))


@router.get("/retention-rules", operation_id="listRetentionRules", summary="The retention rules")
async def list_retention_rules(
    work: Annotated[Work, allow(Permission.CATALOGUE_READ, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RetentionRulePage:
    """By number, with their statutory floors; `verified` and `registrar_defined` tell what nobody has confirmed yet."""
    page = catalogue.retention_rules(work, limit, cursor)
    items = [RetentionRuleOut.of(view) for view in page.items]
    return RetentionRulePage(items=items, next_cursor=page.next_cursor, warnings=work.pack.warnings)


@router.get("/policy", operation_id="getPolicy", summary="The policy in force")
async def get_policy(work: Annotated[Work, allow(Permission.POLICY_READ)]) -> PolicyOut:
    """Name, version and digest of the policy that acts of today are made under."""
    return PolicyOut.model_validate(work.pack)
