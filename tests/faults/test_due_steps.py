"""What falls due comes about whole or not at all: a write that fails leaves no trace, and it comes about afterwards."""

from collections.abc import Awaitable, Callable

import pytest

from app.core.work import SYSTEM
from app.main import Process
from app.services.due import DUE
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.deletion_cases import opened
from tests.support.faults import failing, watching
from tests.support.holidays import PATH, announced, day
from tests.support.members import push, record, register
from tests.support.representatives import approved
from tests.support.requests import decide, submit

pytestmark = pytest.mark.faults
LATER = "UPDATE sandbox SET clock_offset = clock_offset + $1::text::interval"
TOLD = {"public.outgoing_event", "public.audit_entry"}
WRITTEN = {"public.outgoing_message", "keys.subject_key"}
"""An e-mail to the officers."""


async def reminder(api: Api) -> str:
    await register(api)
    await submit(api)
    return "28 days"


async def rescheduling(api: Api) -> str:
    await register(api)
    await submit(api)
    await announced(api, "2027-01-04")
    return "1 minute"


async def representation_end(api: Api) -> str:
    await register(api)
    await approved(api, valid_until="2026-12-02")
    return "2 days"


async def majority(api: Api) -> str:
    await register(api, kind="beneficiary", born_on="2006-12-03", membership=None)
    await approved(api, relation="parent")
    return "2 days"


async def deferred_erasure(api: Api) -> str:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", record("D-new", events={"deposit_made": "2016-12-20"}))
    assert (await decide(api, (await submit(api))["id"], "refused")).status_code == 200
    return "30 days"


async def deletion_case_reminder(api: Api) -> str:
    await register(api)
    await opened(api)
    await announced(api, "2027-01-04")
    return "28 days"


async def missing_holidays(_: Api) -> str:
    return "310 days"


Prepared = Callable[[Api], Awaitable[str]]
WRITES: dict[Prepared, set[str]] = {
    reminder: {"public.rights_request", "public.request_reminder", "public.request_event", *TOLD, *WRITTEN},
    rescheduling: {"public.rights_request", "public.request_event", *TOLD},
    representation_end: {"public.representation", *TOLD},
    majority: {"public.subject", "public.representation", *TOLD},
    deferred_erasure: {"public.deferred_erasure", *TOLD},
    deletion_case_reminder: {"public.deletion_case", "public.deletion_case_reminder", *TOLD, *WRITTEN},
    missing_holidays: {"public.holiday_warning", *TOLD, *WRITTEN},
}


@pytest.mark.parametrize("prepare", WRITES, ids=lambda prepare: prepare.__name__)
async def test_it_comes_about_whole_or_not_at_all(
    prepare: Prepared, api: Api, process: Process, database: Database
) -> None:
    await noon_of(api, "2026-12-01")
    [due] = [due for due in DUE if due.name == prepare.__name__]
    after = await prepare(api)
    await database.execute("UPDATE rights_request SET reschedule_at = submitted_at, decide_by = '2027-01-04'")
    await database.execute(LATER, after)

    async def happen() -> bool:
        async with process.works.open(SYSTEM, "test") as work:
            return await due.happen(work)

    async with watching(database) as watch:
        for table in sorted(WRITES[prepare]):
            async with failing(database, table):
                with pytest.raises(Exception, match="injected"):
                    await happen()
            assert await watch.changes() == set(), table
        async with failing(database, "audit_entry", at_commit=True):
            with pytest.raises(Exception, match="injected"):
                await happen()
        assert await watch.changes() == set()
        assert await happen()
        assert await watch.changes() == WRITES[prepare]


async def test_an_announcement_is_made_whole_or_not_at_all(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    await submit(api)
    body = {"source": "Gazette", "reason": "A long weekend", "announced": [day("2027-01-04")]}
    tables = {"policy_overlay", "policy_version", "rights_request", "outgoing_event", "audit_entry"}
    async with watching(database) as watch:
        for table in sorted(tables):
            async with failing(database, table):
                assert (await api.dpo.post(PATH, body)).status_code == 500, table
            assert await watch.changes() == set(), table
        assert (await api.dpo.post(PATH, body)).status_code == 201
        assert await watch.changes() == {f"public.{table}" for table in tables | {"request_event"}}
