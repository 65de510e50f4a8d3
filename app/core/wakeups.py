"""Word to workers that there is something to do at once (`Work.wake`), by NOTIFY; a second later they look by themselves."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from app.core.database import Lane

CHANNEL = "sitthi_work"
RETRY_SECONDS = 1.0
ALIVE_SECONDS = 20.0


async def listen(lane: Lane, wake: Callable[[], None]) -> None:
    """Calls `wake` at each word, and whenever it has begun to listen: until then words were missed. Until cancelled.

    Over a connection of its own beside those of `lane`, made anew whenever it is lost; nothing depends on it but speed.
    """
    while True:
        with suppress(Exception):
            await _listen_once(lane, wake)
        await asyncio.sleep(RETRY_SECONDS)


async def _listen_once(lane: Lane, wake: Callable[[], None]) -> None:
    connection = await lane.connect()
    try:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(CHANNEL, lambda *_: wake())
        wake()
        while not gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ALIVE_SECONDS):
                    await gone.wait()
            await connection.execute("SELECT 1")  # raises where the other end is gone without a word
    finally:
        connection.terminate()
