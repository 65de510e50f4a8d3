"""What webhook endpoints get: one call for each type of event (API 11), as OpenAPI describes webhooks."""

from collections.abc import Mapping
from typing import Any

from app.contract.examples import KNOWN
from app.contract.headers import REQUEST_ID
from app.contract.schemas import REF, Schema, pascal
from app.services.events import EventType

TAG = "webhook-events"
SECONDS = 1_795_752_000
_CONSENT = {"consent_id": REQUEST_ID, "subject_ref": KNOWN["subject_ref"], "purpose": KNOWN["purpose"]}
_REQUEST = {"request_id": REQUEST_ID, "kind": "erasure", "subject_ref": KNOWN["subject_ref"]}
_RESTRICTION, _OBJECTION = {**_REQUEST, "kind": "restriction"}, {**_REQUEST, "kind": "objection"}
_TASK = {"task_id": REQUEST_ID, "kind": "erase", "system": KNOWN["system"], "request_id": REQUEST_ID}
_NOTICE = {
    "notice_id": "life-insurance",
    "version": "2569-1",
    "purposes": [KNOWN["purpose"]],
    "fresh_consent_for": [],
    "effective_from": "2026-12-01",
}
_DISPOSAL = {"disposal_id": REQUEST_ID}
TOLD: Mapping[EventType, tuple[str, Mapping[str, object]]] = {
    EventType.CONSENT_GRANTED: ("Consent was granted", _CONSENT),
    EventType.CONSENT_WITHDRAWN: ("Consent was withdrawn: processing on it stops", _CONSENT),
    EventType.CONSENT_EXPIRED: ("Consent has expired: processing on it stops", _CONSENT),
    EventType.REQUEST_RECEIVED: ("A rights request was received", _REQUEST),
    EventType.REQUEST_IDENTITY_VERIFIED: ("Who asked is known surely enough", _REQUEST),
    EventType.REQUEST_DECIDED: ("A rights request was decided", _REQUEST),
    EventType.REQUEST_COMPLETED: ("All that a rights request was granted has been carried out", _REQUEST),
    EventType.REQUEST_DUE_SOON: ("A rights request is due soon", _REQUEST),
    EventType.REQUEST_OVERDUE: ("A rights request is overdue", _REQUEST),
    EventType.RESTRICTION_APPLIED: ("The use of data was restricted", _RESTRICTION),
    EventType.RESTRICTION_LIFTED: ("A restriction ended", _RESTRICTION),
    EventType.OBJECTION_APPLIED: ("An objection has taken effect", _OBJECTION),
    EventType.TASK_CREATED: ("There is work for a system that holds data", _TASK),
    EventType.NOTICE_PUBLISHED: ("A privacy notice was published", _NOTICE),
    EventType.DISPOSAL_APPROVED: ("A disposal was approved", _DISPOSAL),
    EventType.DISPOSAL_COMPLETED: ("A disposal was completed", _DISPOSAL),
    EventType.WEBHOOK_ENDPOINT_DISABLED: (
        "A webhook endpoint was disabled because it failed or was gone",
        {"endpoint_id": REQUEST_ID, "reason": "failing"},
    ),
}
"""What each type says, and what its `data` holds."""

DESCRIPTION = """\
Sent to the endpoints that want this type, at least once, and in no promised order: `webhook-id` is the same however often
an event comes, so keep those that were seen. Verify `webhook-signature` (Standard Webhooks) over the bytes as they came,
and refuse a `webhook-timestamp` that is more than five minutes off. `data` holds references and codes, never personal data.

Any 2xx accepts it. Else it is tried again for three days, after `Retry-After` where 429 or 503 name one; no redirection is
followed. 410 disables the endpoint at once, and so do three days without any success.
"""
SCHEMAS: dict[str, Schema] = {
    "WebhookEvent": {
        "type": "object",
        "description": "What happened. More members may come.",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {
                "type": "string",
                "maxLength": 64,
                "pattern": r"^[a-z_]+\.[a-z_]+$",
                "x-extensible-enum": sorted(event.value for event in EventType),
                "description": "New types may come.",
            },
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "maxLength": 35,
                "description": "When it happened.",
            },
            "data": {
                "type": "object",
                "additionalProperties": True,
                "description": "References and codes, by type; fetch what they lead to over the API.",
            },
        },
    }
}
PARAMETERS: dict[str, Any] = {
    "webhook-id": {
        "description": "The event's id: the same at every attempt.",
        "schema": {"type": "string", "format": "uuid", "maxLength": 36},
        "example": REQUEST_ID,
    },
    "webhook-timestamp": {
        "description": "The real instant of this attempt, in seconds since 1970.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,12}$", "maxLength": 12},
        "example": str(SECONDS),
    },
    "webhook-signature": {
        "description": (
            "`v1,` and base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`; two with a blank between "
            "for 24 hours after the secret was rotated."
        ),
        "schema": {"type": "string", "pattern": "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$", "maxLength": 200},
        "example": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    },
}


def parameters() -> dict[str, Any]:
    """The headers of every call, as components."""
    return {name: {"name": name, "in": "header", "required": True, **told} for name, told in PARAMETERS.items()}


def webhooks() -> dict[str, Any]:
    """The section of the document."""
    return {event.value: {"post": _operation(event, *told)} for event, told in TOLD.items()}


def _operation(event: EventType, summary: str, data: Mapping[str, object]) -> dict[str, Any]:
    body = {"type": event.value, "timestamp": "2026-11-20T04:30:00Z", "data": dict(data)}
    return {
        "operationId": "on" + pascal(event.value.replace(".", "_")),
        "tags": [TAG],
        "summary": summary,
        "description": DESCRIPTION,
        "security": [],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{REF}WebhookEvent"}, "example": body}},
        },
        "responses": {
            "2XX": {"description": "Accepted: not sent again."},
            "410": {"description": "Gone: nothing more is sent to this endpoint."},
            "default": {"description": "Not accepted: tried again later."},
        },
    }
