"""Packages of what was granted for access and portability: due with the completed request, kept for their days, removed.

`package_building` builds them, `package_links` hands them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from app.core.clock import BANGKOK
from app.core.ids import new_id
from app.core.work import Work
from app.domain.errors import NotFound
from app.domain.vocabulary import Outcome
from app.models.package import DataPackage
from app.models.rights_request import RightsRequest
from app.repositories import packages, parts, rights_requests
from app.services.events import EventType
from app.services.rights_requests import get, note_event, record

BUILDING, READY, REMOVED = "building", "ready", "removed"


@dataclass(frozen=True, slots=True)
class Part:
    """A file in the package."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package as its readers see it; `failure`: the code of what went wrong last."""

    state: str
    size: int | None
    parts: Sequence[Part]
    ready_at: datetime | None
    remove_on: date | None
    attempts: int
    failure: str | None


def make_due(work: Work, request: RightsRequest) -> None:
    """Have a package made of what the systems delivered, where anything was granted."""
    if request.outcome not in {Outcome.GRANTED, Outcome.PARTLY_GRANTED}:
        return
    due = DataPackage(
        id=new_id(work.now),
        request_id=request.id,
        subject_ref=request.subject_ref,
        members=[],
        not_before=work.now,
        created_at=work.now,
    )
    packages.add(work, due)
    work.wake()


async def read(work: Work, request_id: UUID) -> PackageView:
    """The package of a request. Raises `NotFound`, also where none is due."""
    await get(work, request_id)
    found = await packages.of_request(work, request_id)
    if found is None:
        raise NotFound
    files = [Part(one["name"], one["sha256"]) for one in found.members]
    return PackageView(found.state, found.size, files, found.ready_at, found.remove_on, found.attempts, found.failure)


async def remove_next(work: Work, *, wait: bool = False) -> bool:
    """Remove one package whose days are over. False: none is due, or others are at it."""
    package = await packages.lock_next_to_remove(work, wait=wait)
    if package is None:
        return False
    await _remove(work, package)
    return True


async def next_removal(work: Work) -> datetime | None:
    """When the next package is removed, or should have been: the start of a day in Bangkok."""
    day = await packages.first_removal(work)
    return datetime.combine(day, time(), BANGKOK).astimezone(UTC) if day is not None else None


async def withdraw(work: Work, subject_ref: str, record_refs: Sequence[str]) -> None:
    """Some records were erased: no package holds them any more. One that is not built yet is built without them."""
    for package in await packages.lock_holding(work, subject_ref, record_refs):
        if package.state == READY:
            await _remove(work, package)
            continue
        await packages.empty(work, package.id)
        package.fence, package.lease_until = package.fence + 1, None


async def remove_all(work: Work, subject_ref: str) -> None:
    """Remove at once all that was delivered about a subject, and all that was made of it: the profile dies."""
    for package in await packages.lock_of_subject(work, subject_ref):
        await _remove(work, package)
    await parts.forget_subject(work, subject_ref)


async def _remove(work: Work, package: DataPackage) -> None:
    await packages.empty(work, package.id)
    package.state, package.removed_at, package.lease_until = REMOVED, work.now, None
    request = await rights_requests.get(work, package.request_id)
    assert request is not None, "a package belongs to a request"  # noqa: S101  (foreign key)
    note_event(work, request, EventType.PACKAGE_REMOVED)
    record(work, request, "package.removed", package=str(package.id))
