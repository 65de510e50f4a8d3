"""The policy in force: the pack of this deployment with the overlay that the database holds (DOMAIN "Policy pack")."""

import asyncpg

from app.domain.policy import PolicyPack
from app.policies.overlay import overlaid
from app.repositories import overlay


async def load(connection: "asyncpg.Connection[asyncpg.Record]", base: PolicyPack) -> tuple[int, PolicyPack]:
    """The position of the newest entry, 0 without any, and the pack in force: `base` itself where nothing is on top of it.

    `base`, where it is overlaid already, is taken to hold the first `base.overlay_entries` entries of this database.
    """
    pack = overlaid(base, await overlay.entries_after(connection, base.overlay_entries))
    return pack.overlay_entries, pack
