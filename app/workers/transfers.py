"""Sends packages to other controllers, one after the other to each, and takes nothing for a receipt that they did not sign."""

import json
from collections.abc import Sequence

from jose import jws
from jose.exceptions import JOSEError

from app.core.outbound import Outbound, Unreached
from app.core.sealing import SealBroken
from app.core.signing import ALGORITHM
from app.core.work import SYSTEM, Works
from app.domain.transfers import acknowledges
from app.services import package_links, transfer_sending
from app.services.transfer_sending import Errand, Sent
from app.workers.loop import Job

SECONDS = 600.0
RECEIPT_SECONDS = 60.0
"""A receiver may answer before it has looked through the package, and sign only then."""
LANES = 2
"""So many packages are under way at most in one process: one controller that hangs holds up no other."""
NAME = "transfers"


def jobs(outbound: Outbound) -> Sequence[Job]:
    """The sending of packages through a guarded way out."""
    return [_job(f"{NAME}_{lane}", outbound) for lane in range(1, LANES + 1)]


def _job(name: str, outbound: Outbound) -> Job:
    async def run(works: Works) -> bool:
        async with works.open(SYSTEM, f"worker/{NAME}") as work:
            errand = await transfer_sending.claim_next(work)
        if errand is None:
            return False
        sent = await _send(works, outbound, errand)
        async with works.open(SYSTEM, f"worker/{NAME}") as work:
            await transfer_sending.settle(work, errand, sent)
        return True

    return Job(name, run)


async def _send(works: Works, outbound: Outbound, errand: Errand) -> Sent:
    headers = {
        "Content-Type": "application/zip",
        "Content-Length": str(errand.package.size),
        "Sitthi-Declaration": errand.signed,
        "Idempotency-Key": str(errand.request_id),
    }
    pieces = package_links.pieces(lambda: works.open(SYSTEM, f"worker/{NAME}"), errand.package)
    try:
        reply = await outbound.post(errand.endpoint, headers, pieces, seconds=SECONDS, reading=RECEIPT_SECONDS)
    except Unreached as error:
        return Sent(None, error.reason)
    except SealBroken:
        return Sent(None, "seal_broken")
    if not 200 <= reply.status < 300:
        return Sent(None, f"status_{reply.status}")
    return _checked(reply.body, errand)


def _checked(body: bytes, errand: Errand) -> Sent:
    """A receipt counts when the receiver's own key has signed it, and it names this package."""
    try:
        receipt = body.decode("ascii").strip()
        said = json.loads(jws.verify(receipt, dict(errand.key), ALGORITHM))
    except (JOSEError, ValueError, TypeError, KeyError, RecursionError):
        return Sent(None, "receipt_invalid")
    return Sent(receipt) if acknowledges(said, errand.declaration) else Sent(None, "receipt_of_another")
