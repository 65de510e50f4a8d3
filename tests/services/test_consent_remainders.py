"""What stays of a consent is a record that the audit log knows."""

import json

from tests.support.api import Api
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.members import register


async def test_what_remains_is_audited_under_its_own_id(api: Api, database: Database) -> None:
    await register(api)
    whole = await given(api)
    answer = await withdraw(api.member("M-1"), whole["id"], categories=["health"])
    assert answer.status_code == 200
    [entry] = await database.fetch(
        "SELECT object_id, subject_ref, details FROM audit_entry WHERE action = 'consent.remained'"
    )
    assert (entry["object_id"], entry["subject_ref"]) == (answer.json()["remaining"], "M-1")
    details = json.loads(entry["details"])
    assert details["of"] == whole["id"]
    assert set(details["categories"]) == set(whole["categories"]) - {"health"}


async def test_where_nothing_remains_nothing_is_said_of_it(api: Api, database: Database) -> None:
    await register(api)
    whole = await given(api)
    assert (await withdraw(api.member("M-1"), whole["id"])).status_code == 200
    assert not await database.fetch("SELECT 1 FROM audit_entry WHERE action = 'consent.remained'")
