"""What the service itself holds about a data subject: a copy of it belongs to the answer to a request for access (PDPA s.30)."""

from typing import Any

from app.core.work import Work
from app.models.rights_request import RightsRequest
from app.models.subject import Subject
from app.repositories import acknowledgements, consents, disclosures, representations, rights_requests
from app.repositories.consents import Wanted as WantedConsents
from app.repositories.rights_requests import Wanted as WantedRequests
from app.services import subjects
from app.services.subjects import SubjectView

MOST = 1000
"""So many of each at most: consents, requests, notices, representatives."""
Sections = dict[str, Any]


async def gather(work: Work, subject: Subject) -> Sections:
    """All of it, as JSON takes it, by what it is."""
    ref = subject.subject_ref
    return {
        "person": _person(await subjects.whole(work, subject)),
        "consents": await _consents(work, ref),
        "requests": await _requests(work, ref),
        "notices_shown": await _notices(work, ref),
        "representatives": await _representatives(work, ref),
        "disclosures": await _disclosures(work, ref),
    }


def _person(found: SubjectView) -> dict[str, Any]:
    membership = found.membership
    return {
        "subject_ref": found.subject_ref,
        "kind": found.kind,
        "born_on": found.born_on,
        "legal_capacity": found.legal_capacity,
        "married_on": _text(found.married_on),
        "joined_on": _text(membership.joined_on) if membership else None,
        "membership_ended_on": _text(membership.ended_on) if membership else None,
        "phone": found.contacts.phone,
        "email": found.contacts.email,
        "national_id": found.national_id,
        "language": found.language,
        "related_to": found.related_to,
    }


async def _consents(work: Work, ref: str) -> list[dict[str, Any]]:
    return [
        {
            "purpose": one.purpose,
            "categories": list(one.categories),
            "recipients": list(one.recipients),
            "explicit": one.explicit,
            "notice_version": one.notice_version,
            "channel": one.channel,
            "given_by": one.given_by,
            "granted_at": _text(one.granted_at),
            "expires_on": _text(one.expires_on),
            "history": [
                {"at": _text(event.at), "event": event.event, "channel": event.channel}
                for event in await consents.events_of(work, one.id)
            ],
        }
        for one in await consents.list_newest(work, WantedConsents(ref), None, MOST)
    ]


async def _requests(work: Work, ref: str) -> list[dict[str, Any]]:
    found: list[RightsRequest] = list(await rights_requests.page(work, WantedRequests(subject_ref=ref), None, MOST))
    return [
        {
            "reference": one.reference,
            "kind": one.kind,
            "status": one.status,
            "outcome": one.outcome,
            "received_on": _text(one.received_on),
            "decided_at": _text(one.decided_at),
            "closed_at": _text(one.closed_at),
        }
        for one in sorted(found, key=lambda one: one.reference)
    ]


async def _notices(work: Work, ref: str) -> list[dict[str, Any]]:
    return [
        {
            "notice_id": one.notice_id,
            "version": one.version,
            "channel": one.channel,
            "acknowledged_at": _text(one.acknowledged_at),
        }
        for one in await acknowledgements.list_newest(work, ref, None, MOST)
    ]


async def _representatives(work: Work, ref: str) -> list[dict[str, Any]]:
    return [
        {
            "representative_ref": one.representative_ref,
            "relation": one.relation,
            "rights": one.rights,
            "valid_from": _text(one.valid_from),
            "valid_until": _text(one.valid_until),
            "approved_at": _text(one.approved_at),
        }
        for one in await representations.list_of(work, ref, None, MOST)
    ]


async def _disclosures(work: Work, ref: str) -> list[dict[str, Any]]:
    return [
        {
            "recipient": one.recipient,
            "purpose": one.purpose,
            "categories": sorted(one.categories),
            "first_at": _text(one.first_at),
            "last_at": _text(one.last_at),
            "times": one.times,
        }
        for one in await disclosures.of_subject(work, ref)
    ]


def _text(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
