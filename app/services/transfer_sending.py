"""The sending of packages to other controllers: claimed, declared and signed, acknowledged or tried again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.work import Work
from app.domain.transfers import TransferState, declared, try_again_at
from app.models.package import DataPackage
from app.models.rights_request import RightsRequest
from app.models.transfer import OtherController, Transfer
from app.repositories import controllers, packages, rights_requests, transfers
from app.services import messages, signing_keys
from app.services.events import EventType
from app.services.package_links import Download
from app.services.packages import READY
from app.services.rights_requests import note_event, record
from app.services.transfers import end, give_up

LEASE = timedelta(minutes=15)
PUT_OFF = timedelta(minutes=1)
DECLARATION = "sitthi-transfer+jwt"


@dataclass(frozen=True, slots=True)
class Errand:
    """A package to be sent now. `signed`: the declaration as compact JWS; `key`: what the receipt must be signed with."""

    request_id: UUID
    fence: int
    endpoint: str
    key: Mapping[str, Any]
    declaration: Mapping[str, object]
    signed: str
    package: Download


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went: the receipt, or the code of what failed."""

    receipt: str | None
    failure: str | None = None


async def claim_next(work: Work) -> Errand | None:
    """Take the transfer that is due longest, one to each controller at a time; one that can't be made any more ends here."""
    transfer = await transfers.claim_next(work, LEASE)
    if transfer is None:
        return None
    request = await _request(work, transfer)
    controller = await controllers.get(work, transfer.controller)
    package = await packages.of_request(work, transfer.request_id)
    if package is None or package.state != READY:
        end(work, transfer, request)
        return None
    if controller is None:
        await give_up(work, transfer, request, "controller_unknown")
        return None
    return await _errand(work, transfer, request, controller, package)


async def _errand(
    work: Work, transfer: Transfer, request: RightsRequest, controller: OtherController, package: DataPackage
) -> Errand:
    assert package.chunks is not None and package.size is not None, "it is ready"  # noqa: S101, PT018  (asked before)
    manifest = next(member["sha256"] for member in package.members if member["name"] == "manifest.json")
    declaration = declared(
        request_id=str(request.id),
        reference=request.reference,
        sender=work.pack.controller.code,
        receiver=controller.code,
        manifest_sha256=manifest,
        size=package.size,
        sent_at=work.now,
    )
    key = await signing_keys.current(work)
    return Errand(
        request_id=request.id,
        fence=transfer.fence,
        endpoint=controller.endpoint,
        key=controller.key,
        declaration=declaration,
        signed=key.sign(json.dumps(declaration).encode(), typ=DECLARATION),
        package=Download(
            package_id=package.id,
            request_id=request.id,
            subject_ref=package.subject_ref,
            reference=request.reference,
            fence=package.fence,
            chunks=package.chunks,
            size=package.size,
        ),
    )


async def settle(work: Work, errand: Errand, sent: Sent) -> None:
    """Take down how a transfer went, if it is still this one's to tell.

    What failed is tried again for three days from when the package was there to be sent. Whatever else is for that
    controller waits a minute, behind what is for others.
    """
    transfer = await transfers.lock_held(work, errand.request_id, errand.fence)
    if transfer is None:
        return
    request = await _request(work, transfer)
    transfer.lease_until, transfer.failure = None, sent.failure
    if sent.receipt is not None:
        transfer.state, transfer.ended_at = TransferState.SENT, work.now
        transfer.receipt, transfer.sha256 = sent.receipt, str(errand.declaration["manifest_sha256"])
        note_event(work, request, EventType.TRANSFER_COMPLETED, controller=transfer.controller)
        await messages.tell(work, request, "transfer")
        record(work, request, "transfer.completed", controller=transfer.controller, attempts=transfer.attempts)
        return
    await transfers.put_off(work, transfer.controller, work.now + PUT_OFF)
    package = await packages.of_request(work, transfer.request_id)
    ready_at = package.ready_at if package is not None else None
    again = try_again_at(transfer.attempts, ready_at or transfer.created_at, work.now)
    if again is None:
        await give_up(work, transfer, request, sent.failure or "failed")
        return
    transfer.not_before = again
    record(
        work, request, "transfer.failed", controller=transfer.controller, code=sent.failure, attempts=transfer.attempts
    )


async def _request(work: Work, transfer: Transfer) -> RightsRequest:
    request = await rights_requests.get(work, transfer.request_id)
    assert request is not None, "a transfer belongs to a request"  # noqa: S101  (foreign key)
    return request
