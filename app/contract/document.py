"""The OpenAPI document: generated from the routes, completed with what the framework can't know (API.md 1)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__
from app.contract import problems, webhooks
from app.contract.examples import with_nulls
from app.contract.headers import HEADERS, IDEMPOTENCY_KEY
from app.contract.operations import complete, routes
from app.contract.schemas import Schema, name_enumerations, tidy
from app.core.idempotency import HEADER

SUMMARY = "Privacy rights for Thai savings cooperatives"
DESCRIPTION = """\
Consent, rights requests, retention and evidence under the Personal Data Protection Act B.E. 2562.

- **Authentication**: `Authorization: Bearer <JWT>`. Each operation names the permission it needs (`x-permission`).
- **Order of checks**: token (401), permission (403), visibility (404), then input (400, 413, 415, 422) and state
  (409, 412, 422, 423). What a caller may not see does not exist for it.
- **Errors** are problem documents (RFC 9457) in Thai or English, as `Accept-Language` prefers. Branch on `code`. A value
  that was sent is never sent back.
- **Dates** are ISO 8601 of the Common Era, instants RFC 3339 with offset. Days begin and end in Asia/Bangkok. A year of
  2400 or more is refused with `buddhist_era_year`.
- **Unknown** fields and query parameters are refused.
- **Decisions** (`/access/v1`) keep to AuthZEN 1.0 instead: unknown members are ignored, and what is malformed is 400.
- **Repetition**: `Idempotency-Key` on POST under `/v1`. **Concurrency**: `ETag` and `If-Match`.
- **Lists** have `limit` and `cursor`, and answer `next_cursor`, null at the end.
- `X-Request-ID` is taken over from the call where it is safe, else made, and stands in every answer and in the logs.
- Enumerations in answers may grow: take an unknown value as *other*.
"""
TAGS = {
    "catalogue": "What the controller has published: itself, the rights, purposes, retention rules, its policy and keys.",
    "notices": "Privacy notices, every version, and who was shown which.",
    "holidays": "Days off, which deadlines pass over: the lists of years, and what the cabinet announces besides.",
    "subjects": "Data subjects, as the core banking system registers them.",
    "representatives": "Who may act for a data subject: parents, guardians, custodians, curators, attorneys, heirs.",
    "records": "The inventory: which records are held about whom, and how long each is kept.",
    "legal-holds": "Orders that forbid destruction.",
    "consents": "Consent: granted, taken over, read, confirmed, withdrawn, and proven by receipts.",
    "deletion-cases": "Data collected without the consent that it needed: found, timed, erased or kept on another basis.",
    "requests": "Rights requests from submission through identity and assessment to decision and completion.",
    "controllers": "Other controllers that portable data may go to, as the DPO entered them.",
    "decisions": "May it be processed? For systems by OpenID AuthZEN Authorization API 1.0, for people as a dashboard.",
    "tasks": "Work for the systems that hold the data, and for staff, with proof.",
    "packages": "What was granted for access and portability, ready to be fetched: once for each link, by the proven person.",
    "disclosures": "To whom data was disclosed, as the systems tell of it.",
    "registers": "What the controller keeps: processing activities, refusals, deadlines kept, consents to ask for again.",
    "events": "What happened, to be read from any point on.",
    "webhooks": "Where events are sent to, signed, and how that went.",
    "webhook-events": "What is sent to webhook endpoints: the calls that they get.",
    "sandbox": "Tokens, outbox, clock and reset of the sandbox. In production these routes do not exist.",
    "health": "Probes, and figures for Prometheus.",
    "documentation": "This document, its reader, and a page for each problem type.",
}
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "An access token of the configured issuer, signed ES256 or RS256 and checked as RFC8725 demands: fixed algorithms, "
        "issuer, audience, expiry, and the key by `kid`. Claims: `sub`, `roles`, `subject_ref` (people), `system` (systems), "
        "`acr`. In the sandbox `POST /sandbox/tokens` makes one."
    ),
}


def document(app: FastAPI, base_url: str) -> dict[str, Any]:
    """The contract of an application whose routes are all guarded; served and published as it is."""
    made = get_openapi(
        title="Sitthi",
        version=__version__,
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        servers=[
            {
                "url": base_url,
                "description": "This deployment: local sandbox, staging or production",
                "x-internal": True,
            }
        ],
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
    )
    schemas = _schemas(made.get("components", {}).get("schemas", {}))
    components = problems.components(base_url)
    components |= {
        "schemas": schemas,
        "headers": HEADERS,
        "parameters": {HEADER: IDEMPOTENCY_KEY, **webhooks.parameters()},
    }
    operations = made["paths"]
    for path, method, route in routes(app):
        complete(operations[path][method], route, components)
    called = webhooks.webhooks()
    used = {webhooks.TAG} | {
        tag for path in operations.values() for operation in path.values() for tag in operation["tags"]
    }
    return {
        **made,
        "tags": [{"name": name, "description": told} for name, told in TAGS.items() if name in used],
        "paths": dict(sorted(operations.items())),
        "webhooks": called,
        "components": {**_used({**operations, **called}, components), "securitySchemes": {"bearer": BEARER}},
    }


def _schemas(made: dict[str, Schema]) -> dict[str, Schema]:
    """The models' schemas, tidied, and those of problems."""
    own = {name: schema for name, schema in made.items() if name not in {"HTTPValidationError", "ValidationError"}}
    for name, schema in list(own.items()):
        tidy(schema)
        name_enumerations(schema, name, own)
        if "examples" in schema:
            schema["examples"] = [with_nulls(value, schema, own) for value in schema["examples"]]
    return {**own, **problems.SCHEMAS, **webhooks.SCHEMAS}


def _used(paths: dict[str, Any], components: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The components that operations lead to, in order."""
    used: set[str] = set()
    found = _references(paths)
    while new := found - used:
        used |= new
        found = {inner for one in new for inner in _references(components[one.split("/")[2]][one.split("/")[3]])}
    return {
        kind: {name: part for name, part in sorted(parts.items()) if f"#/components/{kind}/{name}" in used}
        for kind, parts in components.items()
    }


def _references(value: Any) -> set[str]:
    match value:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return {found for inner in value.values() for found in _references(inner)}
        case list():
            return {found for inner in value for found in _references(inner)}
        case _:
            return set()
