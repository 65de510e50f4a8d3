"""What each operation may answer when it can't do what was asked: RFC 9457 problems, by status and code."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from app.contract.headers import REQUEST_ID, header
from app.contract.schemas import REF, Schema, pascal
from app.core.access import GuardedRoute, RawRoute
from app.core.problems import PROBLEM_TYPES, ProblemType
from app.domain.vocabulary import Language
from app.schemas.types import FIELD_CODES

MEDIA_TYPE = "application/problem+json"
ALWAYS = {"unknown_parameter", "rate_limited", "internal_error"}
PARAMETER_CODES = {"validation_failed", *FIELD_CODES} - {"unknown_field"}
BODY_CODES = {"validation_failed", *FIELD_CODES, "malformed_json", "body_too_large", "unsupported_media_type"}
RAW_CODES = {"malformed_json", "body_too_large", "rate_limited", "internal_error", "unavailable"}
GUARDED_CODES = {"invalid_token", "forbidden"}
KEYED_CODES = {"idempotency_in_progress", "idempotency_mismatch"}

_CODE: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 64}
_TEXT: Schema = {"type": "string", "maxLength": 4_000}
SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457). Branch on `code`, never on texts; more members may come.",
        "required": ["type", "title", "status", "detail", "instance", "code"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri",
                "maxLength": 2_048,
                "description": "A page that anyone can open: what happened, and what to do about it.",
            },
            "title": {**_TEXT, "description": "In the language that `Accept-Language` prefers, Thai by default."},
            "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599},
            "detail": {**_TEXT, "description": "What it means and what to do. Never holds a value that was sent."},
            "instance": {**_TEXT, "description": "`urn:uuid:` of the request, which is its `X-Request-ID` too."},
            "code": {"$ref": "#/components/schemas/ProblemCode"},
            "errors": {
                "type": "array",
                "maxItems": 100_000,
                "items": {"$ref": "#/components/schemas/FieldFault"},
                "description": "For bad input: each fault.",
            },
            "allowed": {
                "type": "array",
                "maxItems": 20,
                "items": _CODE,
                "description": "With `illegal_transition`: the moves that are possible now.",
            },
            "provision": {**_TEXT, "description": "With `withdraw_restricted_by_law`: the law."},
            "required": {**_CODE, "description": "With `assurance_insufficient`: the level needed."},
            "tries_left": {
                "type": "integer",
                "format": "int32",
                "minimum": 0,
                "maximum": 100,
                "description": "With `code_wrong`: how many tries remain.",
            },
        },
    },
    "FieldFault": {
        "type": "object",
        "description": "One fault of the input.",
        "required": ["pointer", "code"],
        "properties": {
            "pointer": {
                **_TEXT,
                "description": "JSON pointer (RFC 6901) into the body, or below `/query`, `/path`, `/header`.",
            },
            "code": {**_CODE, "x-extensible-enum": sorted(FIELD_CODES)},
        },
    },
    "Language": {"type": "string", "enum": [language.value for language in Language], "description": Language.__doc__},
    "ProblemCode": {
        **_CODE,
        "description": "Stable. New codes may come: treat an unknown one by the status of its answer.",
        "x-extensible-enum": sorted(PROBLEM_TYPES),
    },
}
_MEMBERS: dict[str, dict[str, object]] = {
    "assurance_insufficient": {"required": "substantial"},
    "code_wrong": {"tries_left": 3},
    "illegal_transition": {"allowed": ["ask", "decide", "cancel"]},
    "validation_failed": {
        "errors": [{"pointer": "/subject_ref", "code": "missing"}, {"pointer": "/colour", "code": "unknown_field"}]
    },
    "withdraw_restricted_by_law": {"provision": "Cooperatives Act s.42/1"},
}


def codes_of(route: GuardedRoute, operation: dict[str, Any]) -> set[str]:
    """The codes of every problem that an operation may answer."""
    access = route.access
    told = {error.code for error in access.raises}
    if isinstance(route, RawRoute):
        return RAW_CODES | GUARDED_CODES | told
    codes = ALWAYS | told
    if not access.offline:
        codes |= {"unavailable"}
    if access.permission is not None:
        codes |= GUARDED_CODES
        if route.methods == {"POST"}:
            codes |= KEYED_CODES
    if access.sees is not None or route.param_convertors:
        codes |= {"not_found"}
    if operation.get("parameters"):
        codes |= PARAMETER_CODES
    if route.body_field is not None or access.spools is not None:
        codes |= BODY_CODES
    elif route.methods != {"GET"}:
        codes |= {"unknown_field"}
    return codes


def by_status(codes: Iterable[str]) -> dict[str, list[ProblemType]]:
    """Problem types by status, both in order."""
    kinds = sorted((PROBLEM_TYPES[code] for code in codes), key=lambda kind: (kind.status, kind.code))
    return {str(status): list(group) for status, group in groupby(kinds, key=lambda kind: kind.status)}


def refer(kinds: list[ProblemType]) -> dict[str, Any]:
    """A response; one with a single code is a component that all operations share."""
    if len(kinds) == 1:
        return {"$ref": f"#/components/responses/{pascal(kinds[0].code)}"}
    return response(kinds)


def components(base_url: str) -> dict[str, Any]:
    """Responses, schemas and examples that operations refer to."""
    return {
        "schemas": SCHEMAS,
        "responses": {pascal(kind.code): response([kind]) for kind in PROBLEM_TYPES.values()},
        "examples": {kind.code: _example(kind, base_url) for kind in PROBLEM_TYPES.values()},
    }


def response(kinds: list[ProblemType]) -> dict[str, Any]:
    """A response of one status that may carry several codes."""
    status = kinds[0].status
    names = ["X-Request-ID", "Content-Language"]
    names += ["Retry-After"] if status in {423, 429, 503} else []
    names += ["WWW-Authenticate"] if status == 401 else []
    faults = [kind.code for kind in kinds if kind.code in FIELD_CODES]
    shown = [kind for kind in kinds if kind.code not in FIELD_CODES] or kinds
    told = [f"`{kind.code}`: {kind.title.en}." for kind in shown]
    if len(shown) < len(kinds):
        told.append(f"Where all `errors` share a code, that: {', '.join(f'`{code}`' for code in faults)}.")
    return {
        "description": told[0] if len(told) == 1 else "\n".join(f"- {line}" for line in told),
        "headers": {name: header(name) for name in names},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"{REF}Problem"},
                "examples": {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in shown},
            }
        },
        "x-problem-codes": [kind.code for kind in kinds],
    }


def _example(kind: ProblemType, base_url: str) -> dict[str, Any]:
    members = _MEMBERS.get(kind.code, {})
    if kind.code in FIELD_CODES:
        members = {"errors": [{"pointer": "/born_on", "code": kind.code}]}
    return {
        "summary": kind.title.en,
        "value": {**kind.document(base_url, f"urn:uuid:{REQUEST_ID}", Language.TH), **members},
    }
