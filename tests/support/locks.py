"""Calls held up at a chosen place, so that what races does so every time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.support.database import Database


@asynccontextmanager
async def holding(database: Database, statement: str, *arguments: object) -> AsyncIterator[None]:
    """What a statement locks stays locked while this lasts."""
    connection = await asyncpg.connect(database.owner)
    try:
        async with connection.transaction():
            await connection.execute(statement, *arguments)
            yield
    finally:
        await connection.close()


async def until_waiting(database: Database, number: int) -> None:
    """Until so many calls wait for a lock."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(500):
        if (await database.fetch(query))[0]["count"] == number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not {number} calls wait")
