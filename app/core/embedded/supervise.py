"""The service's own eye on its database; apart from the rest so that short-lived processes need no event loop."""

import asyncio

import structlog

from app.core.embedded.errors import EmbeddedError
from app.core.embedded.server import Running

INTERVAL = 2.0


async def supervise(server: Running, interval: float = INTERVAL) -> None:
    """Looks after `server` every `interval` seconds until cancelled: brings back the keeper, and with it the server.

    The keeper restarts a dead server by itself; this covers the death of the keeper. Never raises EmbeddedError.
    """
    log = structlog.get_logger(__name__)
    while True:
        await asyncio.sleep(interval)
        try:
            await asyncio.to_thread(server.ensure)
        except EmbeddedError as error:
            log.error("embedded_database_down", reason=str(error))
