"""Direct transfer of portable data to another controller (PDPA s.31): ordered by the decision, told with the request.

It goes nowhere but to an endpoint that the DPO entered, so that no stolen session is an export. Where it can't be made, the
subject keeps the package, and the refusal of that one part is entered and told. `transfer_sending` makes it.
"""

from dataclasses import dataclass

from app.core.work import Work
from app.domain.transfers import IMPOSSIBLE, TransferState
from app.models.rights_request import RightsRequest
from app.models.transfer import Transfer
from app.repositories import controllers, transfers
from app.services import messages, refusals
from app.services.events import EventType
from app.services.rights_requests import note_event, record

PACKAGE_REMOVED = "package_removed"


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer as the readers of its request see it; `ground`: why it can't be made."""

    controller: str
    state: str
    ground: str | None


async def order(work: Work, request: RightsRequest) -> None:
    """Have what was granted sent to the controller that the request names; an unknown one can't be sent to."""
    asked = request.scope.get("transfer_to")
    if asked is None:
        return
    transfer = Transfer(
        request_id=request.id,
        subject_ref=request.subject_ref,
        controller=asked["controller"],
        state=TransferState.WAITING,
        not_before=work.now,
        created_at=work.now,
    )
    transfers.add(work, transfer)
    if await controllers.get(work, transfer.controller) is None:
        await give_up(work, transfer, request, "controller_unknown")
    await work.session.flush()  # the letters of the decision look for it


async def view(work: Work, request: RightsRequest) -> TransferView | None:
    """The transfer that a request asked for, once it was decided."""
    if request.scope.get("transfer_to") is None:
        return None
    found = await transfers.of_request(work, request.id)
    if found is None:
        return None
    refused = found.state == TransferState.IMPOSSIBLE and found.failure != PACKAGE_REMOVED
    ground = IMPOSSIBLE if refused else None
    return TransferView(found.controller, found.state, ground)


async def give_up(work: Work, transfer: Transfer, request: RightsRequest, code: str) -> None:
    """The data can't be sent directly: that part of the request is refused, and the package is the subject's to fetch."""
    transfer.state, transfer.failure, transfer.ended_at = TransferState.IMPOSSIBLE, code, work.now
    transfer.lease_until = None
    note_event(work, request, EventType.TRANSFER_FAILED, controller=transfer.controller, ground=IMPOSSIBLE)
    told_by = await messages.tell(work, request, "transfer_impossible")
    await messages.tell_officer(work, "transfer_failed", request.reference, request)
    refusals.enter_part(work, request, "transfer_to", IMPOSSIBLE, told_by=told_by)
    record(work, request, "transfer.impossible", controller=transfer.controller, code=code)


def end(work: Work, transfer: Transfer, request: RightsRequest) -> None:
    """There is nothing left to send: it was erased meanwhile, as the subject asked. That refuses nothing."""
    transfer.state, transfer.failure, transfer.ended_at = TransferState.IMPOSSIBLE, PACKAGE_REMOVED, work.now
    transfer.lease_until = None
    note_event(work, request, EventType.TRANSFER_FAILED, controller=transfer.controller)
    record(work, request, "transfer.ended", controller=transfer.controller, code=PACKAGE_REMOVED)
