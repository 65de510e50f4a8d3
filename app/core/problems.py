"""Errors become RFC 9457 problem documents: one table, two languages, no value ever echoed."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml
from starlette.responses import JSONResponse

from app.domain.errors import DomainError, FieldError, IdentityLocked, InvalidInput, RateLimited, Unavailable
from app.domain.policy import Bilingual
from app.domain.vocabulary import Language


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem, as documented at `{public_url}/problems/{code}`."""

    code: str
    status: int
    title: Bilingual
    means: Bilingual
    do: Bilingual

    def document(self, base_url: str, instance: str, language: Language) -> dict[str, object]:
        """The members that every problem document has (RFC 9457)."""
        title, means, do = (
            text.th if language is Language.TH else text.en for text in (self.title, self.means, self.do)
        )
        return {
            "type": f"{base_url}/problems/{self.code}",
            "title": title,
            "status": self.status,
            "detail": f"{means} {do}",
            "instance": instance,
            "code": self.code,
        }


def _load() -> dict[str, ProblemType]:
    entries = yaml.safe_load(files(__package__).joinpath("problem_types.yaml").read_text(encoding="utf-8"))
    return {
        code: ProblemType(code, entry["status"], *(Bilingual(**entry[text]) for text in ("title", "means", "do")))
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
        body = {**kind.document(base_url, instance, language), **(extras or {})}
        super().__init__(body, kind.status, {"Content-Language": language, **(headers or {})})


def headers_of(error: DomainError) -> dict[str, str]:
    """Headers that an error adds to its answer."""
    if isinstance(error, IdentityLocked | RateLimited):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_SECONDS)}
    if error.code == "invalid_token":
        return {"WWW-Authenticate": 'Bearer realm="sitthi", error="invalid_token"'}
    return {}


def describe(error: DomainError) -> tuple[str, dict[str, object]]:
    """Code and further members of a problem: input errors that all share one code take that code, where the error has no own."""
    if isinstance(error, InvalidInput):
        code = shared_code(error.errors) if error.code == InvalidInput.code else error.code
        return code, {"errors": [{"pointer": e.pointer, "code": e.code} for e in error.errors]}
    return error.code, dict(error.extras())


def shared_code(errors: Sequence[FieldError]) -> str:
    """The code that all errors share, else `validation_failed`."""
    codes = {error.code for error in errors}
    return codes.pop() if len(codes) == 1 else "validation_failed"


def page(kind: ProblemType) -> str:
    """The page that a problem's `type` leads to, in both languages; its style sheet lies beside the API documentation."""
    return (
        f'<!doctype html>\n<html lang="th">\n<head>\n<meta charset="utf-8">\n<title>{kind.code}: '
        f'{html.escape(kind.title.th)}</title>\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<link rel="stylesheet" href="../docs/page.css">\n</head>\n<body>\n<main>\n'
        f"<p><code>{kind.code}</code> · HTTP {kind.status}</p>\n"
        f"<h1>{html.escape(kind.title.th)}</h1>\n<p>{_marked(kind.means.th)}</p>\n"
        f"<h2>วิธีแก้ไข</h2>\n<p>{_marked(kind.do.th)}</p>\n"
        f'<section lang="en">\n<h2>{html.escape(kind.title.en)}</h2>\n<p>{_marked(kind.means.en)}</p>\n'
        f"<h3>What to do</h3>\n<p>{_marked(kind.do.en)}</p>\n</section>\n</main>\n</body>\n</html>\n"
    )


def _marked(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def markdown(kind: ProblemType) -> str:
    """The same page as it is published in `openapi/problems/`."""
    return (
        f"# {kind.title.en}\n\n- code: `{kind.code}`\n- HTTP status: {kind.status}\n\n"
        f"{kind.means.en}\n\n**What to do.** {kind.do.en}\n\n"
        f"## {kind.title.th}\n\n{kind.means.th}\n\n**วิธีแก้ไข** {kind.do.th}\n"
    )
