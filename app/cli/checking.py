"""`sitthi check`: a rehearsal of `serve`, part by part, that neither serves nor migrates."""

import asyncio
from collections.abc import Callable, Sequence

import asyncpg
import typer

from app.cli.terminal import say
from app.core.clock import Clock, today_in_bangkok
from app.core.notifying.channels import closed_channels
from app.core.settings import Settings
from app.domain.calendar import Calendar
from app.domain.holidays import missing_years
from app.services import overlay
from app.startup import CannotStart, database, inspect, must_migrate, open_ring, read_pack, read_settings

Findings = Sequence[str]
NEWEST = ", the newest"


def check() -> None:
    """Check the settings, the policy pack, the database and the master keys, without serving or migrating.

    An embedded database is started where it does not run, and created when there is none yet.
    """
    settings: Settings | None = None

    def read() -> Findings:
        nonlocal settings
        settings = read_settings()
        return [f"mode {settings.mode}", *closed_channels(settings)]

    good = _report("settings", read)
    if settings is None:
        for part in ("pack", "database", "keys"):
            say(f"{part:<10}skipped")
    else:
        given = settings
        good &= _report("pack", lambda: _pack(given))
        good &= _report("database", lambda: asyncio.run(_database(given)))
        good &= _report("keys", lambda: _keys(given))
    if not good:
        raise typer.Exit(1)


def _report(part: str, find: Callable[[], Findings]) -> bool:
    try:
        found, state = find(), "ok"
    except CannotStart as why:
        found, state = [why.sentence, *why.details, f"Hint: {why.hint}"], "failed"
    say(f"{part:<10}{state:<9}{found[0]}")
    for line in found[1:]:
        say(f"{'':<21}{line}")
    return state == "ok"


def _pack(settings: Settings) -> Findings:
    pack = read_pack(settings)
    return [f"{pack.name} {pack.version}, {len(pack.warnings)} points to confirm", *pack.warnings]


async def _database(settings: Settings) -> Findings:
    async with database(settings) as reached:
        found = await inspect(settings, reached)
        note = ", which the next start migrates" if must_migrate(settings, reached, found) else NEWEST
        where = f"embedded in {settings.data_dir}" if reached.embedded else "reached"
        missing = await _missing_holidays(settings, reached.service) if note == NEWEST else []
        return [f"{where}, schema {found.revision or 'none'}{note}", *missing]


async def _missing_holidays(settings: Settings, dsn: str) -> Findings:
    """Years whose list should be there by now, neither in the pack nor announced; nothing where the pack can't be read."""
    try:
        pack = read_pack(settings)
    except CannotStart:
        return []
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        _, in_force = await overlay.load(connection, pack)
    finally:
        await connection.close()
    years = missing_years(Calendar.of(in_force), today_in_bangkok(Clock().now()))
    return [f"the list of holidays of {year} is missing: POST /v1/holidays takes it" for year in years]


def _keys(settings: Settings) -> Findings:
    ring = open_ring(settings)
    return [f"{len(ring.keys)} in the ring, {ring.current} in use"]
