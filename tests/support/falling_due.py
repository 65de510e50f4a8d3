"""Of each kind of what is due three things: that of M-1 first, which can be made unsound, and later those of M-2 and M-3."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from app.core.notifying import Via
from app.services import keys, message_delivery
from app.services.keys import KeyPurpose
from app.services.message_delivery import Draft
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.consents import given
from tests.support.controllers import entered
from tests.support.database import Database
from tests.support.deletion_cases import opened
from tests.support.members import push, record, register
from tests.support.packages import asked, built
from tests.support.representatives import approved
from tests.support.requests import decide, erasure, finish_tasks, submit
from tests.support.services import working
from tests.support.unsound import garbled, unwritable
from tests.support.webhooks import registered, sequenced

REFS = ("M-1", "M-2", "M-3")
LATER = "UPDATE sandbox SET clock_offset = clock_offset + $1::text::interval"
AUDITED = "SELECT subject_ref AS done FROM audit_entry WHERE action = '{}'"
PACKAGES = """
INSERT INTO data_package (id, request_id, subject_ref, state, members, created_at, not_before, fence, attempts, ready_at, remove_on)
SELECT gen_random_uuid(), id, subject_ref, 'ready', '[]', now(), now(), 0, 1, now(), date '2026-12-01' + right(subject_ref, 1)::int
FROM rights_request
"""
OF_EVENT = "SELECT data->>'subject_ref' AS done FROM outgoing_event WHERE type = 'consent.granted' AND {}"
OF_DELIVERY = "SELECT right(url, 3) AS done FROM webhook_delivery JOIN webhook_endpoint e ON e.id = endpoint_id"
EVENT = "SELECT id::text AS value FROM outgoing_event WHERE data->>'subject_ref' = 'M-1'"
OLD = record("D-new", events={"deposit_made": "2016-12-20"})
PORTABLE = record("D-1", provided_by_subject=True, lawful_basis="contract", events={"deposit_made": "2024-03-02"})
Unsound = Callable[[Api, Database], Awaitable[AbstractAsyncContextManager[None]]]


async def unaudited(_: Api, database: Database) -> AbstractAsyncContextManager[None]:
    """The last write of whatever is done about M-1 fails."""
    return unwritable(database, "audit_entry", "subject_ref", "M-1")


@dataclass(frozen=True)
class Falling:
    """A kind. `done`: a query for whose has come about. `marks`: what rows about M-1 have in them besides its reference.

    `job`: the name of what does it, where that is another.
    """

    prepare: Callable[[Api, Database], Awaitable[None]]
    done: str
    unsound: Unsound = unaudited
    job: str = ""
    first: str = "M-1"
    others: tuple[str, ...] = ("M-2", "M-3")
    marks: tuple[str, ...] = ()


async def members(api: Api, **changes: object) -> None:
    await noon_of(api, "2026-12-01")
    for ref in REFS:
        await register(api, ref, **changes)


async def identity_lapse(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        answer = await api.staff.post("/v1/requests/erasure", erasure(ref, channel="counter"))
        assert answer.status_code == 201, answer.text
    await database.execute("UPDATE rights_request SET received_on = date '2026-10-01' + right(subject_ref, 1)::int")


async def consent_expiry(api: Api, database: Database) -> None:
    await members(api)
    for day, ref in enumerate(REFS, 2):
        await given(api, ref, expires_on=f"2026-12-0{day}")
    await database.execute(LATER, "5 days")


async def package_removal(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await submit(api, ref, kind="access")
    await database.execute(PACKAGES)
    await database.execute(LATER, "5 days")


async def task_escalation(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await push(api, ref, PORTABLE)
        await asked(api, "access", ref)
    await database.execute("UPDATE task SET escalate_at = now() + right(subject_ref, 1)::int * interval '1 hour'")
    await database.execute("UPDATE rights_request SET complete_by_internal = '2026-12-01'")
    await database.execute("UPDATE task SET created_at = '2026-11-01'")
    await database.execute(LATER, "5 days")


async def queued(api: Api) -> None:
    """A letter to each that is to leave by mail."""
    await members(api)
    async with working(api.process) as work:
        for ref in REFS:
            await message_delivery.queue(work, ref, Draft("letter", Via.EMAIL, "a@b.example", "Title", "Text"))


async def message_of_no_more_use(api: Api, database: Database) -> None:
    await queued(api)
    await database.execute(
        "UPDATE outgoing_message SET state = 'waiting', address = 'x', ended_at = NULL, "
        "good_until = at + right(subject_ref, 1)::int * interval '1 minute'"
    )
    await database.execute(LATER, "1 hour")


async def representation_end(api: Api, database: Database) -> None:
    await members(api)
    for day, ref in enumerate(REFS, 2):
        await approved(api, ref, "P-1", valid_until=f"2026-12-0{day}")
    await database.execute(LATER, "5 days")


async def majority(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    for day, ref in enumerate(REFS, 2):
        await register(api, ref, kind="beneficiary", born_on=f"2006-12-0{day}", membership=None)
        await approved(api, ref, "P-1", relation="parent")
    await database.execute(LATER, "5 days")


async def deferred_erasure(api: Api, database: Database) -> None:
    await members(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    for ref in REFS:
        await push(api, ref, OLD)
        assert (await decide(api, (await submit(api, ref))["id"], "refused")).status_code == 200
    await database.execute("UPDATE deferred_erasure SET evaluate_on = evaluate_on + right(subject_ref, 1)::int")
    await database.execute(LATER, "30 days")


async def rescheduling(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await submit(api, ref)
    await database.execute(
        "UPDATE rights_request SET decide_by = '2027-01-11', "
        "reschedule_at = submitted_at + right(subject_ref, 1)::int * interval '1 second'"
    )
    await database.execute(LATER, "1 minute")


async def reminder(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await submit(api, ref)
    await database.execute(
        "UPDATE rights_request SET next_reminder_at = next_reminder_at + right(subject_ref, 1)::int * interval '1 second'"
    )
    await database.execute(LATER, "25 days")


async def deletion_case_reminder(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await opened(api, subject_ref=ref)
    await database.execute(
        "UPDATE deletion_case SET next_reminder_at = next_reminder_at + right(subject_ref, 1)::int * interval '1 second'"
    )
    await database.execute(LATER, "28 days")


async def missing_holidays(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    await database.execute(LATER, "1045 days")


async def events(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await given(api, ref)


async def webhook_removal(api: Api, database: Database) -> None:
    await registered(api.core, "https://core.coop.example/hooks", event_types=["consent.granted"])
    await events(api, database)
    await sequenced(api.process)
    await database.execute(
        "UPDATE webhook_delivery SET status = 'cancelled', ended_at = e.occurred_at FROM outgoing_event e WHERE e.id = event_id"
    )
    await database.execute(LATER, "31 days")


async def webhook_delivery(api: Api, database: Database) -> None:
    """One to each of three endpoints, which take nothing: each is tried once."""
    for ref in REFS:
        await registered(api.core, f"http://127.0.0.1:9/{ref}", event_types=["consent.granted"])
    await register(api, "M-9")
    await given(api, "M-9")
    await sequenced(api.process)
    await database.execute(
        "UPDATE webhook_delivery SET not_before = not_before - interval '1 minute' + right(url, 1)::int * interval '1 second' "
        "FROM webhook_endpoint e WHERE e.id = endpoint_id"
    )


async def data_package(api: Api, database: Database) -> None:
    await members(api)
    for ref in REFS:
        await asked(api, "access", ref)


async def transfer(api: Api, database: Database) -> None:
    """Each to a receiver that can't be reached: it is tried once."""
    await members(api)
    for ref in REFS:
        await push(api, ref, PORTABLE)
        code = f"coop_{ref[-1]}"
        await entered(api, code, endpoint="https://127.0.0.1:9/packages")
        await asked(api, "portability", ref, transfer_to={"controller": code})
        await finish_tasks(api)
        assert await built(api)


async def outgoing_message(api: Api, database: Database) -> None:
    await queued(api)


async def without_a_text(api: Api, database: Database) -> AbstractAsyncContextManager[None]:
    [row] = await database.fetch("SELECT id FROM outgoing_message WHERE subject_ref = 'M-1'")
    async with working(api.process) as work:
        box = await keys.seal(work, "M-1", KeyPurpose.EVIDENCE, {"title": "Title"}, f"message/{row['id']}")
    return garbled(database, "outgoing_message", "content", "subject_ref = 'M-1'", box)


async def without_a_manifest(_: Api, database: Database) -> AbstractAsyncContextManager[None]:
    return garbled(database, "data_package", "members", "subject_ref = 'M-1'", "[]")


async def of_no_known_right(_: Api, database: Database) -> AbstractAsyncContextManager[None]:
    return garbled(database, "rights_request", "kind", "subject_ref = 'M-1'", "right_to_be_ignored")


async def of_no_known_kind(_: Api, database: Database) -> AbstractAsyncContextManager[None]:
    return garbled(database, "held_record", "lawful_basis", "subject_ref = 'M-1'", "whim")


def unwritten(table: str, column: str, query: str) -> Unsound:
    """The row of a table that has what a query tells in a column."""

    async def unsound(_: Api, database: Database) -> AbstractAsyncContextManager[None]:
        [row] = await database.fetch(query)
        return unwritable(database, table, column, row["value"])

    return unsound


TRIED = "attempts > 0"
FALLING: Mapping[str, Falling] = {
    "identity_lapse": Falling(identity_lapse, AUDITED.format("request.lapsed")),
    "consent_expiry": Falling(consent_expiry, AUDITED.format("consent.expired")),
    "package_removal": Falling(package_removal, AUDITED.format("package.removed")),
    "task_escalation": Falling(task_escalation, AUDITED.format("task.escalated")),
    "message_of_no_more_use": Falling(message_of_no_more_use, AUDITED.format("message.given_up")),
    "representation_end": Falling(representation_end, AUDITED.format("representation.end_told")),
    "majority": Falling(majority, AUDITED.format("subject.came_of_age")),
    "deferred_erasure": Falling(deferred_erasure, AUDITED.format("disposal.due"), of_no_known_kind),
    "rescheduling": Falling(rescheduling, AUDITED.format("request.rescheduled"), of_no_known_right),
    "reminder": Falling(reminder, AUDITED.format("request.due_soon")),
    "deletion_case_reminder": Falling(deletion_case_reminder, AUDITED.format("deletion_case.due_soon")),
    "missing_holidays": Falling(
        missing_holidays,
        "SELECT year::text AS done FROM holiday_warning",
        unwritten("audit_entry", "object_id", "SELECT '2029' AS value"),
        first="2029",
        others=("2030",),
        marks=("[(]2029,", "holidays,2029", '"year": 2029'),
    ),
    "webhook_removal": Falling(
        webhook_removal,
        OF_EVENT.format("NOT EXISTS (SELECT FROM webhook_delivery WHERE event_id = outgoing_event.id)"),
        unwritten("webhook_delivery", "event_id", EVENT),
    ),
    "webhook_delivery": Falling(
        webhook_delivery,
        f"{OF_DELIVERY} WHERE {TRIED} AND lease_until IS NULL",
        unwritten(
            "webhook_delivery", "endpoint_id", "SELECT id::text AS value FROM webhook_endpoint WHERE url LIKE '%1'"
        ),
        job="webhooks_1",
    ),
    "outgoing_event": Falling(
        events,
        OF_EVENT.format("position IS NOT NULL"),
        unwritten("outgoing_event", "id", EVENT),
        job="event_feed",
    ),
    "data_package": Falling(
        data_package,
        "SELECT subject_ref AS done FROM data_package WHERE state = 'ready'",
        unwritten("data_package", "subject_ref", "SELECT 'M-1' AS value"),
        job="package_building",
    ),
    "transfer": Falling(
        transfer,
        f"SELECT subject_ref AS done FROM transfer WHERE {TRIED} AND lease_until IS NULL",
        without_a_manifest,
        job="transfers",
    ),
    "outgoing_message": Falling(
        outgoing_message,
        "SELECT subject_ref AS done FROM outgoing_message WHERE state = 'sent'",
        without_a_text,
        job="messages_by_email",
    ),
}
