"""`sitthi migrate`: brings the database to the newest schema."""

import asyncio

from app.cli.terminal import say, step
from app.core.settings import Settings
from app.migrations.upgrade import newest_revision
from app.startup import database, inspect, read_settings, upgrade


def migrate() -> None:
    """Bring the database to the newest schema, and grant the service's role what it needs. Safe to repeat."""
    asyncio.run(_migrate(read_settings()))


async def _migrate(settings: Settings) -> None:
    async with database(settings) as reached:
        found = await inspect(settings, reached)
        with step(f"Migrating the schema from {found.revision or 'nothing'} to {newest_revision()}"):
            await upgrade(reached, found)
    say("The schema is the newest")
