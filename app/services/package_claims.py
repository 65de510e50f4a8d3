"""A package in the hands of one builder: every step asks whether it still is, in a unit of work of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from app.core.archive import Member
from app.core.work import Work
from app.models.package import DataPackage
from app.models.rights_request import RightsRequest
from app.repositories import packages, parts, rights_requests
from app.services import keys, messages
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.package_links import Unit, chunk_place
from app.services.packages import BUILDING, READY
from app.services.rights_requests import note_event, record

LEASE = timedelta(minutes=2)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)


class Overtaken(Exception):
    """The package is no longer this builder's: the lease ran out and another took it, or it was removed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One builder's hold on a package."""

    unit: Unit
    package_id: UUID
    request_id: UUID
    subject_ref: str
    fence: int

    @asynccontextmanager
    async def step(self) -> AsyncIterator[tuple[Work, DataPackage]]:
        """A unit of work in which the package is this builder's, and a lease that begins anew. Raises `Overtaken`."""
        async with self.unit() as work:
            yield work, await self._hold(work)

    async def _hold(self, work: Work) -> DataPackage:
        package = await packages.lock_held(work, self.package_id, self.fence)
        if package is None or package.state != BUILDING:
            raise Overtaken
        package.lease_until = work.real_now + LEASE
        return package

    async def empty(self) -> None:
        """Drop what a builder before has left."""
        async with self.step() as (work, _):
            await packages.empty(work, self.package_id)

    async def keep(self, position: int, piece: bytes, *, last: bool) -> None:
        """Seal one chunk of the package. Raises `Overtaken`."""
        async with self.step() as (work, _):
            place = chunk_place(self.package_id, self.fence, position, last=last)
            box = await keys.seal_bytes(work, self.subject_ref, KeyPurpose.PROFILE, piece, place)
            await packages.add_chunk(work, self.package_id, self.fence, position, box)

    async def finish(self, members: Sequence[Member], size: int, chunks: int) -> None:
        """The package is ready: the subject is told, and what it was made of is dropped. Raises `Overtaken`."""
        async with self.step() as (work, package):
            package.state, package.lease_until, package.failure = READY, None, None
            package.members, package.size, package.chunks = [asdict(one) for one in members], size, chunks
            package.ready_at = work.now
            package.remove_on = work.today + timedelta(days=work.pack.packages.keep_days)
            request = await request_of(work, package)
            note_event(work, request, EventType.PACKAGE_READY)
            await messages.tell(work, request, "package", until=package.remove_on - timedelta(days=1))
            await parts.forget_request(work, self.request_id)
            record(work, request, "package.ready", package=str(package.id), size=size)

    async def give_up(self, code: str) -> None:
        """Note what went wrong, and tell the officers once; it is tried again after a delay that grows. Raises `Overtaken`."""
        async with self.step() as (work, package):
            request = await request_of(work, package)
            if package.failure is None:
                await messages.tell_officer(work, "package_failed", request.reference, request)
            package.failure, package.lease_until = code, None
            delay = FIRST_RETRY * 2 ** min(package.attempts - 1, 9)
            package.not_before = work.now + min(delay, LONGEST_RETRY)
            await packages.empty(work, package.id)
            record(work, request, "package.failed", package=str(package.id), code=code, attempts=package.attempts)


async def claim_next(unit: Unit) -> Claim | None:
    """Take the package that has waited longest to be built."""
    async with unit() as work:
        row = await packages.claim_next(work, LEASE)
    return Claim(unit, row.id, row.request_id, row.subject_ref, row.fence) if row is not None else None


async def request_of(work: Work, package: DataPackage) -> RightsRequest:
    """The request that a package answers."""
    request = await rights_requests.get(work, package.request_id)
    assert request is not None, "a package belongs to a request"  # noqa: S101  (foreign key)
    return request
