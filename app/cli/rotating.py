"""`sitthi rotate-signing-key`: a new key for what the service signs."""

import asyncio

from app.cli.terminal import say, step
from app.core.settings import Settings
from app.core.work import Actor
from app.services import signing_keys
from app.startup import process, read_settings

OPERATOR = Actor(sub="operator")


def rotate_signing_key() -> None:
    """Make a new key to sign receipts with. Those before it stay published, so that what they signed verifies.

    Works beside running processes, which sign with the new key from their next receipt on.
    """
    kid = asyncio.run(_rotate(read_settings()))
    say(f"Receipts are signed with {kid}")


async def _rotate(settings: Settings) -> str:
    async with (
        process(settings, step) as prepared,
        prepared.works.open(OPERATOR, "rotate-signing-key") as work,
    ):
        return await signing_keys.rotate(work)
