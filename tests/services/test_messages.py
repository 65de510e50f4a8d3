"""What people and officers are told."""

import json
import re
from dataclasses import replace

import pytest

from app.domain.reminders import Addressee
from app.models.rights_request import RightsRequest
from app.services import messages
from app.services.messages import remind_officers, tell_officer
from app.workers.loop import SYSTEM
from tests.support.api import Api
from tests.support.database import Database
from tests.support.delivery import delivering
from tests.support.members import register
from tests.support.packs import OFFICIALS
from tests.support.requests import submit
from tests.support.services import working

OFFICER_KINDS = sorted(messages._TO_OFFICERS)


async def shown(api: Api) -> list[dict[str, str]]:
    items: list[dict[str, str]] = (await api.get("/sandbox/outbox")).json()["items"]
    return items


@pytest.mark.parametrize("kind", OFFICER_KINDS)
async def test_whom_the_pack_names_is_told_by_reference_alone_in_both_languages(api: Api, kind: str) -> None:
    async with working(api.process) as work:
        await tell_officer(work, kind, "R-2569-000123")
    [told] = await shown(api)
    contact = api.process.works.pack.controller.dpo.contact
    assert contact is not None
    assert (told["kind"], told["via"]) == (f"officer_{kind}", "email")
    assert told["to"].endswith(contact.partition("@")[2])
    assert "R-2569-000123" in told["text"]
    assert re.search("[ก-๙]", told["text"])
    assert re.search("[A-Za-z]{3}", told["text"].replace("R-2569", ""))


async def test_it_is_nobody_s_message_and_lies_sealed(api: Api, database: Database) -> None:
    await register(api)
    request_id = (await submit(api))["id"]
    async with working(api.process) as work:
        request = await work.session.get(RightsRequest, request_id)
        assert request is not None
        await tell_officer(work, "overdue", request.reference, request)
    [row] = await database.fetch("SELECT request_id, t::text AS text FROM outgoing_message t")
    assert str(row["request_id"]) == request_id
    assert request.reference not in row["text"]
    assert (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"] == []


async def test_where_nothing_leaves_by_e_mail_the_record_says_so(api: Api, app: object, database: Database) -> None:
    async with delivering(app, api, database, outbox=False) as delivery, delivery.works.open(SYSTEM, "test") as work:
        await tell_officer(work, "task_escalated", "019ab2c5")
    [entry] = await database.fetch("SELECT subject_ref, details FROM audit_entry WHERE action = 'message.given_up'")
    assert entry["subject_ref"] is None
    assert json.loads(entry["details"])["reason"] == "no_channel"


@pytest.mark.packs(OFFICIALS)
async def test_where_the_policy_names_nobody_to_write_to_that_is_recorded(api: Api, database: Database) -> None:
    async with working(api.process) as work:
        await tell_officer(work, "overdue", "R-2569-000123")
    assert await shown(api) == []
    [entry] = await database.fetch("SELECT details FROM audit_entry WHERE action = 'officers.not_told'")
    assert json.loads(entry["details"]) == {"kind": "overdue"}


async def test_a_reminder_goes_to_each_addressee_whose_address_is_known(api: Api) -> None:
    await register(api)
    request_id = (await submit(api))["id"]

    async def told(assigned_to: str, management: str | None, *addressees: Addressee) -> list[str]:
        async with working(api.process) as work:
            request = await work.session.get(RightsRequest, request_id)
            assert request is not None
            request.assigned_to = assigned_to
            pack = replace(work.pack, controller=replace(work.pack.controller, management=management))
            before = len(await shown(api))
            await remind_officers(replace(work, pack=pack), addressees, "overdue", request.reference, request)
        return sorted(one["to"].partition("@")[2] for one in (await shown(api))[: -before or None])

    everybody = tuple(Addressee)
    officer = "hotmail.co.th"
    assert await told("a@desk.example", "m@board.example", *everybody) == ["board.example", "desk.example", officer]
    assert await told("a@desk.example", "m@board.example", Addressee.ASSIGNEE) == ["desk.example"]
    assert await told("auth0:17@realm", None, *everybody) == [officer], "a name is no address"
