"""Links that hand a package out: made by the proven person, used once, by nobody else (API 8)."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from app.core.ids import new_id
from app.core.sealing import SealBroken
from app.core.work import Work
from app.domain.errors import AssuranceInsufficient, Forbidden, NotFound, NotVisible
from app.domain.package_errors import LinkExpired, LinkUsed, PackageNotReady, PackageRemoved
from app.domain.vocabulary import Assurance
from app.models.package import DataPackage, PackageLink
from app.models.rights_request import RightsRequest
from app.repositories import packages, rights_requests
from app.services import audit, keys
from app.services.events import EventType
from app.services.identity import assurance_about
from app.services.keys import KeyPurpose
from app.services.packages import BUILDING, REMOVED
from app.services.rights_requests import get, reach_of, record, step

HANDED_OVER = frozenset({"counter", "post"})
"""Deliveries that officers make."""
Unit = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a unit of work."""


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link as it is told, once."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Download:
    """A package to be handed out now."""

    package_id: UUID
    request_id: UUID
    subject_ref: str
    reference: str
    fence: int
    chunks: int
    size: int


async def make(work: Work, request_id: UUID) -> MadeLink:
    """Make a link to the package of a request.

    Raises `NotFound`, `Forbidden` for officers who are not to hand it over, `AssuranceInsufficient`, `PackageNotReady`,
    `PackageRemoved`.
    """
    request = await get(work, request_id)
    package = await packages.of_request(work, request_id)
    if package is None:
        raise NotFound
    _check_may_have(work, request)
    if package.state == BUILDING:
        raise PackageNotReady
    if package.state == REMOVED:
        raise PackageRemoved
    token = secrets.token_urlsafe(32)
    link = PackageLink(
        id=new_id(work.now),
        package_id=package.id,
        token_hash=_hash(token),
        made_by=work.actor.sub,
        maker_ref=work.actor.subject_ref,
        made_at=work.now,
        expires_at=work.now + timedelta(hours=work.pack.packages.link_hours),
    )
    packages.add(work, link)
    record(work, request, "package.link_made", link=str(link.id))
    return MadeLink(token, link.expires_at)


def _check_may_have(work: Work, request: RightsRequest) -> None:
    """The person whose data it is, or who stands for them, as surely known as the right needs; officers to hand it over.

    Raises `Forbidden`, `AssuranceInsufficient`.
    """
    actor = work.actor
    if actor.everyone and not actor.is_subject(request.subject_ref):
        if request.delivery not in HANDED_OVER:
            raise Forbidden
        return
    representative_ref = None if actor.is_subject(request.subject_ref) else actor.subject_ref
    reached = assurance_about(actor, request.subject_ref, representative_ref)
    if reached.rank < Assurance(request.identity_required).rank:
        raise AssuranceInsufficient(request.identity_required)


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the link that a path names is the actor's. Raises `NotFound`."""
    await _own(work, path["token"])


async def take(work: Work, token: str, *, use: bool) -> Download:
    """What a link hands out; `use`: to hand it out now, so that it never does again.

    Raises `NotFound` to all but the one who made it and may still see the request, `AssuranceInsufficient`, `LinkUsed`,
    `LinkExpired`, `PackageRemoved`.
    """
    link, package, request = await _own(work, token)
    _check_may_have(work, request)
    if link.used_at is not None:
        raise LinkUsed
    if link.expires_at <= work.now:
        raise LinkExpired
    if package.state == REMOVED or package.chunks is None or package.size is None:
        raise PackageRemoved
    if use:
        link.used_at = work.now
        rights_requests.add(work, step(work, request.id, EventType.PACKAGE_DOWNLOADED))
        record(work, request, "package.downloaded", link=str(link.id))
    return Download(
        package_id=package.id,
        request_id=request.id,
        subject_ref=package.subject_ref,
        reference=request.reference,
        fence=package.fence,
        chunks=package.chunks,
        size=package.size,
    )


async def _own(work: Work, token: str) -> tuple[PackageLink, DataPackage, RightsRequest]:
    link = await packages.find_link(work, _hash(token))
    actor = work.actor
    if link is None or (link.made_by, link.maker_ref) != (actor.sub, actor.subject_ref):
        _refuse(work, token)
    package = await packages.get(work, link.package_id)
    request = await rights_requests.get(work, package.request_id) if package is not None else None
    assert package is not None and request is not None, "a link has a package"  # noqa: S101, PT018  (foreign keys)
    reach = await reach_of(work, request.subject_ref)
    if reach is not None and request.kind not in reach:
        _refuse(work, token)
    return link, package, request


def _refuse(work: Work, token: str) -> NoReturn:
    """Nobody can tell an unknown link from another's; attempts of people are recorded, by the hash."""
    if work.actor.everyone:
        raise NotFound
    audit.record(work, "access.denied", "package_link", _hash(token).hex())
    raise NotVisible


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def pieces(unit: Unit, download: Download) -> AsyncIterator[bytes]:
    """The package, chunk by chunk, each read by itself. Raises `SealBroken` at one that is not as it was made; that is told."""
    for position in range(download.chunks):
        try:
            async with unit() as work:
                piece = await _piece(work, download, position)
        except SealBroken:
            async with unit() as work:
                await _tell_damage(work, download)
            raise
        yield piece


async def _piece(work: Work, download: Download, position: int) -> bytes:
    box = await packages.get_chunk(work, download.package_id, download.fence, position)
    last = position == download.chunks - 1
    place = chunk_place(download.package_id, download.fence, position, last=last)
    opened = await keys.unseal_bytes(work, download.subject_ref, KeyPurpose.PROFILE, box, place)
    if opened is None:
        raise SealBroken("package")
    return opened


def chunk_place(package_id: UUID, fence: int, position: int, *, last: bool) -> str:
    """What a chunk of a package is bound to: none can be moved, and none cut off."""
    return f"package/{package_id}/{fence}/{position}/{'last' if last else 'more'}"


async def _tell_damage(work: Work, download: Download) -> None:
    package = await packages.get(work, download.package_id)
    request = await rights_requests.get(work, download.request_id)
    assert package is not None and request is not None, "they were there"  # noqa: S101, PT018  (never deleted)
    if package.state == REMOVED:
        return
    record(work, request, "package.damaged", package=str(download.package_id))
