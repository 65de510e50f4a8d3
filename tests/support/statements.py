"""The statements that the service sends to the database, as its driver sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from asyncpg.connection import LoggedQuery
from sqlalchemy import event

from app.main import Process


@asynccontextmanager
async def listening(process: Process) -> AsyncIterator[list[str]]:
    """Every statement of ordinary units of work, in order, for the time of the block."""
    heard: list[str] = []
    listened: list[asyncpg.Connection[asyncpg.Record]] = []

    def note(query: LoggedQuery) -> None:
        heard.append(" ".join(query.query.split()))

    def on_checkout(connection: Any, *_: Any) -> None:
        driver = connection.driver_connection
        driver.add_query_logger(note)
        listened.append(driver)

    pool = process.works.engine.sync_engine.pool
    event.listen(pool, "checkout", on_checkout)
    try:
        yield heard
    finally:
        event.remove(pool, "checkout", on_checkout)
        for driver in listened:
            driver.remove_query_logger(note)
