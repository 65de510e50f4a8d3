"""The register of other controllers: only where the DPO entered one does portable data go to it (PDPA s.31)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from app.core.outbound import Outbound, TargetRefused, parse_target
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput, NotFound, VersionConflict
from app.domain.policy import Bilingual
from app.models.transfer import OtherController
from app.repositories import controllers
from app.services import audit

SCOPE = "controllers"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the DPO enters. `key`: the public key that the controller signs its receipts with, as JWK (RFC 7517)."""

    name: Bilingual
    endpoint: str
    key: Mapping[str, str]


async def put(
    work: Work, outbound: Outbound, code: str, entry: Entry, expected_version: int | None
) -> tuple[OtherController, bool]:
    """Enter or replace a controller; tells whether it is new. Raises `VersionConflict`, `InvalidInput` for its endpoint."""
    await _check(outbound, entry.endpoint)
    controller, created = await controllers.lock(work, code), False
    if expected_version not in {None, controller.version if controller is not None else None}:
        raise VersionConflict
    if controller is None:
        controller, created = await controllers.add_unless_there(work, _blank(work, code))
    controller.name = asdict(entry.name)
    controller.endpoint, controller.key = entry.endpoint, dict(entry.key)
    controller.registered_by, controller.changed_at = work.actor.sub, work.now
    controller.version += 1
    audit.record(work, "controller.entered", "controller", code, version=controller.version)
    return controller, created


def _blank(work: Work, code: str) -> OtherController:
    now = work.now
    return OtherController(
        code=code, name={}, endpoint="", key={}, registered_by="", registered_at=now, changed_at=now, version=0
    )


async def _check(outbound: Outbound, endpoint: str) -> None:
    """Personal data goes over TLS alone, also where webhooks need none; what stays on this machine has no wire."""
    try:
        target = parse_target(endpoint)
        stays_here = target.address is not None and target.address.is_loopback
        if target.scheme != "https" and not stays_here:
            raise TargetRefused
        await outbound.check(endpoint)
    except TargetRefused:
        raise InvalidInput([FieldError("/endpoint", "not_allowed")]) from None


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether there is the controller that a path names. Raises `NotFound`."""
    await read(work, path["code"])


async def read(work: Work, code: str) -> OtherController:
    """One controller. Raises `NotFound`."""
    found = await controllers.get(work, code)
    if found is None:
        raise NotFound
    return found


async def page(work: Work, cursor: str | None, limit: int) -> Page[OtherController]:
    """Controllers by code. Raises `BadCursor`."""
    after = decode_cursor(work.ring, SCOPE, cursor)[0] if cursor is not None else None
    rows = await controllers.page(work, after, limit + 1)
    more = encode_cursor(work.ring, SCOPE, [rows[limit - 1].code]) if len(rows) > limit else None
    return Page(rows[:limit], more)
