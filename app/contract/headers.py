"""Headers that answers carry and calls may carry, described once."""

from typing import Any

from app.core.idempotency import HEADER, REPLAYED

REQUEST_ID = "019ab2c4-7a10-7c3e-9f52-3d8b6a1e4c70"
HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "The request's id: the caller's own where it sent a safe one, else made here.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$", "maxLength": 128},
        "example": REQUEST_ID,
    },
    "ETag": {
        "description": "The version of the resource, for `If-Match`.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$', "maxLength": 11},
        "example": '"3"',
    },
    REPLAYED: {
        "description": "Present where this is the kept answer of the first call with the same `Idempotency-Key`.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "Content-Language": {
        "description": "The language of `title` and `detail`.",
        "schema": {"$ref": "#/components/schemas/Language"},
        "example": "th",
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 6750).",
        "schema": {"type": "string", "maxLength": 200},
        "example": 'Bearer realm="sitthi", error="invalid_token"',
    },
}
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Makes a repetition safe: for 24 hours the same key of the same caller on the same route answers what the first "
        "call answered. Any 1-255 printable ASCII characters, such as a UUID."
    ),
    "schema": {"type": "string", "pattern": "^[ -~]+$", "minLength": 1, "maxLength": 255},
}


def header(name: str) -> dict[str, str]:
    """A reference to a header's description."""
    return {"$ref": f"#/components/headers/{name}"}
