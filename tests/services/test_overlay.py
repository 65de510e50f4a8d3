"""The policy in force is read from the database, entry by entry."""

import asyncpg
import pytest

from app.domain.policy import PolicyPack
from app.policies.loader import load_pack
from app.policies.overlay import overlaid
from app.repositories import overlay as rows
from app.services import overlay
from tests.policies.test_overlay import another, entry
from tests.support.database import Database

PACK = load_pack("chanthaburi-teachers")
pytestmark = pytest.mark.usefixtures("api")


async def keep(database: Database, *positions: int) -> None:
    """Entries at these positions."""
    connection = await asyncpg.connect(database.service)
    try:
        for position in positions:
            await rows.append(connection, position, entry() if position == 1 else another(), "somebody")
    finally:
        await connection.close()


async def load(database: Database, base: PolicyPack) -> tuple[int, PolicyPack]:
    connection = await asyncpg.connect(database.service)
    try:
        return await overlay.load(connection, base)
    finally:
        await connection.close()


async def test_a_database_without_entries_has_the_pack_itself_in_force(database: Database) -> None:
    position, pack = await load(database, PACK)
    assert position == 0
    assert pack is PACK


async def test_entries_lie_on_the_pack_in_the_order_of_their_positions(database: Database) -> None:
    await keep(database, 2, 1)
    position, pack = await load(database, PACK)
    assert position == 2
    assert pack == overlaid(PACK, [entry(), another()])


async def test_from_what_is_known_already_only_the_rest_is_read(database: Database) -> None:
    await keep(database, 1)
    _, known = await load(database, PACK)
    await keep(database, 2)
    assert (await load(database, known)) == (await load(database, PACK))
    assert known == overlaid(PACK, [entry()])
