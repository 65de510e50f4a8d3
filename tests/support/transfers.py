"""Transfers of the tests: another controller that acknowledges what it gets, and the worker's own job."""

import asyncio
import json
from typing import Any

from jose import jws

from app.core.signing import SigningKey
from app.workers import transfers
from tests.support.api import Api
from tests.support.controllers import OTHER
from tests.support.key_server import Answer, http
from tests.support.receiver import Receiver

RECEIPT = "sitthi-receipt+jwt"


def declaration_of(receiver: Receiver) -> dict[str, Any]:
    """What was declared with the package that came last, whoever signed it."""
    said: dict[str, Any] = json.loads(jws.get_unverified_claims(receiver.got[-1].headers["sitthi-declaration"]))
    return said


def acknowledging(receiver: Receiver, key: SigningKey = OTHER, **changes: Any) -> Answer:
    """A receipt for the package that came last, signed."""

    async def send(writer: asyncio.StreamWriter) -> None:
        said = {name: declaration_of(receiver)[name] for name in ("jti", "manifest_sha256")} | changes
        await http(key.sign(json.dumps(said).encode(), typ=RECEIPT).encode(), "201 Created")(writer)

    return send


async def sent(api: Api) -> bool:
    """One turn of the worker; tells whether there was a package to send."""
    return await transfers.jobs(api.process.outbound)[0].run(api.process.works)
