"""Messages that leave a service of the tests: over which channels, and what the worker does with them, step by step."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.core.notifying import Channels, Failure, Notifier, Outage, Via
from app.core.notifying.sms import Body, Gateway, Headers, SmsNotifier, Success, read_body
from app.core.notifying.smtp import Security, Sender, SmtpNotifier, SmtpServer
from app.core.work import Works
from app.services import message_delivery
from app.services.message_delivery import Claimed
from app.workers import messages
from app.workers.loop import SYSTEM, Job
from tests.support.api import Api
from tests.support.clock import set_to
from tests.support.database import Database
from tests.support.gateway import SmsGateway
from tests.support.post_office import PostOffice, post_office

BODY = read_body('{"to": "{to}", "text": "{text}"}')


@dataclass
class Delivery:
    """A service whose messages leave by a real mail server and a real gateway. `works`: those of its worker."""

    api: Api
    works: Works
    database: Database
    office: PostOffice
    gateway: SmsGateway

    async def round(self) -> bool:
        """Each of the worker's jobs once; tells whether one had anything to do."""
        return any([await self._turn(job) for job in messages.jobs(self.works.channels)])

    async def _turn(self, job: Job) -> bool:
        try:
            return await job.run(self.works)
        except Outage:
            return True

    async def claim(self, via: Via, *, codes: bool = False) -> Claimed:
        """A message in a worker's hands."""
        async with self.works.open(SYSTEM, "test") as work:
            claimed = await message_delivery.claim(work, via, codes=codes)
        assert claimed is not None
        return claimed

    async def settle(self, claimed: Claimed, failure: Failure | None = None) -> None:
        """What became of it."""
        async with self.works.open(SYSTEM, "test") as work:
            await message_delivery.settle(work, claimed, failure)

    async def rows(self, kind: str | None = None) -> list[Mapping[str, Any]]:
        """All messages, or those of a kind, oldest first."""
        query = "SELECT * FROM outgoing_message WHERE $1::text IS NULL OR kind = $1 ORDER BY id"
        return [dict(row) for row in await self.database.fetch(query, kind)]

    async def states(self) -> list[tuple[str, str]]:
        """Kind and state of each."""
        return [(row["kind"], row["state"]) for row in await self.rows()]

    async def given_up(self) -> list[tuple[str, str]]:
        """Kind and reason of those that the event says were given up."""
        query = "SELECT data FROM outgoing_event WHERE type = 'message.given_up' ORDER BY id"
        found = [json.loads(row["data"]) for row in await self.database.fetch(query)]
        return [(data["kind"], data["reason"]) for data in found]

    async def until_due(self) -> None:
        """The clock at the next attempt."""
        [row] = await self.database.fetch(
            "SELECT min(not_before) AS at FROM outgoing_message WHERE address IS NOT NULL"
        )
        await set_to(self.api, row["at"].isoformat())

    async def keys(self) -> set[str]:
        """The purposes of the keys that there are."""
        return {row["purpose"] for row in await self.database.fetch("SELECT purpose FROM keys.subject_key")}


@asynccontextmanager
async def working_otherwise(app: Any, **changes: Any) -> AsyncIterator[Works]:
    """The application with other parts of `Works`, for the time of the block."""
    desk = app.state.desk
    works = replace(desk.works, **changes)
    app.state.desk = replace(desk, works=works)
    try:
        yield works
    finally:
        app.state.desk = desk


@asynccontextmanager
async def delivering(
    app: Any, api: Api, database: Database, *vias: Via, outbox: bool = True
) -> AsyncIterator[Delivery]:
    """A service that delivers over these channels; without `outbox`, as production does."""
    async with post_office() as office, SmsGateway.running() as gateway:
        server, tls = SmtpServer("127.0.0.1", office.port, Security.NONE), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        assert isinstance(BODY, Body)
        all_of_them: dict[Via, Notifier] = {
            Via.EMAIL: SmtpNotifier(server, Sender("", "privacy@coop.example"), tls),
            Via.SMS: SmsNotifier(Gateway(gateway.url, BODY, Headers({}), Success(("2xx",))), tls),
        }
        channels = Channels({via: all_of_them[via] for via in vias}, outbox)
        async with working_otherwise(app, channels=channels) as works:
            yield Delivery(api, works, database, office, gateway)
