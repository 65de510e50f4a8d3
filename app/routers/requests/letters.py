"""The letters of a request: issued with what they tell, read as they were issued."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.documents.pages import page
from app.documents.typesetting import typeset
from app.domain.errors import NotFound
from app.domain.letters import LetterKind
from app.domain.vocabulary import Language, Permission
from app.routers.requests.parameters import RequestId
from app.services import letters
from app.services.letters import ReadLetter
from app.services.rights_requests import see

router = APIRouter(prefix="/v1/requests/{request_id}", route_class=GuardedRoute, tags=["requests"])
PDF = "application/pdf"


class LetterAsPdf(Response):
    """A letter that is set when it is sent, so that no transaction waits for it."""

    media_type = PDF

    def __init__(self, letter: ReadLetter, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self._letter, self._named = letter, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set it, and send it."""
        body = await typeset("letter", self._letter.content, at=self._letter.issued_at)
        await Response(body, media_type=PDF, headers=self._named)(scope, receive, send)


@router.get(
    "/letter",
    operation_id="readLetter",
    summary="A letter of a request",
    response_class=HTMLResponse,
    responses={
        200: {
            "description": "The letter.",
            "content": {
                "text/html": {"schema": {"type": "string"}, "example": "<!doctype html><html lang='th'>…</html>"},
                PDF: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7 …"},
            },
        }
    },
)
async def read_letter(
    request_id: RequestId,
    work: Annotated[Work, allow(Permission.LETTER_READ, sees=see, raises=(NotFound,))],
    language: Annotated[Language | None, Query(description="Left out: that of the request")] = None,
    kind: Annotated[LetterKind | None, Query(description="Left out: the latest letter that was issued")] = None,
    format: Annotated[Literal["html", "pdf"], Query(description="PDF is PDF/A-2a and PDF/UA-1")] = "html",
) -> Response:
    """As it was issued, whatever has changed since: receipt, question, decision, certificate of what was destroyed, completion.

    Officers' reading of what people wrote is audited; auditors see that, not what, they wrote. Heirs read answers only.
    """
    letter = await letters.read(work, request_id, kind, language)
    name = f"{letter.reference}-{letter.kind}-{letter.language}.{format}"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Content-Language": letter.language}
    if format == "pdf":
        return LetterAsPdf(letter, headers)
    made = page("letter", "letter", letter.content)
    return HTMLResponse(made.html, headers={**headers, "Content-Security-Policy": made.policy})
