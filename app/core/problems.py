"""Errors become RFC 9457 problem documents: one table, two languages, no value ever echoed."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml
from starlette.responses import JSONResponse

from app.domain.errors import DomainError, FieldError, IdentityLocked, InvalidInput, Unavailable
from app.domain.policy import Bilingual
from app.domain.vocabulary import Language


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem, as documented at `{public_url}/problems/{code}`."""

    code: str
    status: int
    title: Bilingual
    means: str
    do: str


def _load() -> dict[str, ProblemType]:
    entries = yaml.safe_load(files(__package__).joinpath("problem_types.yaml").read_text(encoding="utf-8"))
    return {
        code: ProblemType(code, entry["status"], Bilingual(**entry["title"]), entry["means"], entry["do"])
        for code, entry in entries.items()
    }


PROBLEM_TYPES: Mapping[str, ProblemType] = _load()
HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}
RETRY_SECONDS = 2


def preferred_language(accept_language: str | None) -> Language:
    """The language of `title` and `detail`: the best match of `Accept-Language`, Thai by default (RFC 9110 12.5.4)."""
    best, best_quality = Language.TH, 0.0
    for part in (accept_language or "")[:200].split(","):
        tag, _, parameters = part.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            quality = float(value) if name == "q" else 1.0
        except ValueError:
            continue
        primary = tag.split("-")[0].lower()
        if primary in set(Language) and quality > best_quality:
            best, best_quality = Language(primary), quality
    return best


class ProblemResponse(JSONResponse):
    """An answer of type `application/problem+json`."""

    media_type = "application/problem+json"

    def __init__(
        self,
        code: str,
        *,
        base_url: str,
        instance: str,
        language: Language,
        extras: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        kind = PROBLEM_TYPES[code]
        thai = language is Language.TH
        body = {
            "type": f"{base_url}/problems/{code}",
            "title": kind.title.th if thai else kind.title.en,
            "status": kind.status,
            "detail": kind.title.th if thai else f"{kind.means} {kind.do}",
            "instance": instance,
            "code": code,
            **(extras or {}),
        }
        super().__init__(body, kind.status, {"Content-Language": language, **(headers or {})})


def headers_of(error: DomainError) -> dict[str, str]:
    """Headers that an error adds to its answer."""
    if isinstance(error, IdentityLocked):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_SECONDS)}
    if error.code == "invalid_token":
        return {"WWW-Authenticate": 'Bearer realm="sitthi", error="invalid_token"'}
    return {}


def describe(error: DomainError) -> tuple[str, dict[str, object]]:
    """Code and further members of a problem: input errors that all share one code take that code."""
    if isinstance(error, InvalidInput):
        return shared_code(error.errors), {"errors": [{"pointer": e.pointer, "code": e.code} for e in error.errors]}
    return error.code, dict(error.extras())


def shared_code(errors: Sequence[FieldError]) -> str:
    """The code that all errors share, else `validation_failed`."""
    codes = {error.code for error in errors}
    return codes.pop() if len(codes) == 1 else "validation_failed"


def page(kind: ProblemType) -> str:
    """The page that a problem's `type` leads to."""
    title, thai, means, do = map(html.escape, (kind.title.en, kind.title.th, kind.means, kind.do))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{kind.code}</title>'
        f"<body><h1>{title}</h1><p lang=th>{thai}</p>"
        f"<p><code>{kind.code}</code>, HTTP status {kind.status}</p><p>{means}</p><p>{do}</p></body></html>"
    )


def markdown(kind: ProblemType) -> str:
    """The same page as it is published in `openapi/problems/`."""
    return (
        f"# {kind.title.en}\n\n{kind.title.th}\n\n- code: `{kind.code}`\n- HTTP status: {kind.status}\n\n"
        f"{kind.means}\n\n**What to do.** {kind.do}\n"
    )
