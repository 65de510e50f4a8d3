"""What must hold of consent when calls race, when a write fails, and for whoever reads the database; under every pack."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import given, history, read, withdraw
from tests.support.database import Database
from tests.support.locks import holding, until_waiting
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS, ShippedPack

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
MARKED = "M-fault"
KEY = {"Idempotency-Key": "only-once"}
CANARY = "ใบยินยอมเลขที่ 4711-นกขมิ้น"


@asynccontextmanager
async def failing(database: Database, table: str) -> AsyncIterator[None]:
    """Every insert into a table fails that has to do with the marked subject; updates too. A kept answer names nobody."""
    await database.execute(
        "CREATE FUNCTION injected_fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_TABLE_NAME = 'kept_answer' OR to_jsonb(NEW)::text LIKE '%{MARKED}%' "
        "THEN RAISE EXCEPTION 'injected'; END IF; RETURN NEW; END $$"
    )
    await database.execute(
        f"CREATE TRIGGER injected_fault BEFORE INSERT OR UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION injected_fault()"
    )
    try:
        yield
    finally:
        await database.execute("DROP FUNCTION injected_fault CASCADE")


def locked_subject(database: Database, subject_ref: str) -> AbstractAsyncContextManager[None]:
    """Nobody else gets the subject's row while this lasts."""
    return holding(database, "SELECT 1 FROM subject WHERE subject_ref = $1 FOR UPDATE", subject_ref)


async def dump(database: Database) -> str:
    """Every row of every table, as text."""
    tables = await database.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'keys')"
    )
    rows = [row["text"] for t in tables for row in await database.fetch(f"SELECT t::text AS text FROM {t['name']} t")]
    return "\n".join(sorted(rows))


class TestFaults:
    @pytest.mark.parametrize(
        "table",
        ["keys.subject_key", "consent", "consent_event", "outgoing_event", "audit_entry", "kept_answer"],
    )
    async def test_a_grant_that_fails_at_any_write_leaves_nothing_and_can_be_repeated(
        self, api: Api, database: Database, pack: ShippedPack, table: str
    ) -> None:
        await register(api, MARKED)
        await database.execute("DELETE FROM keys.subject_key")
        body = pack.body(MARKED, evidence="a signed form")
        before = await database.counts()
        async with failing(database, table):
            answer = await api.member(MARKED).post("/v1/consents", body, headers=KEY)
        assert problem(answer) == (500, "internal_error")
        assert "injected" not in answer.text
        assert set(answer.json()) == {"type", "title", "status", "detail", "instance", "code"}
        assert await database.counts() == before
        assert (await api.member(MARKED).post("/v1/consents", body, headers=KEY)).status_code == 201

    @pytest.mark.parametrize("table", ["consent", "consent_event", "outgoing_event", "audit_entry", "kept_answer"])
    async def test_a_replacement_that_fails_at_any_write_leaves_the_active_consent_in_force(
        self, api: Api, database: Database, pack: ShippedPack, table: str
    ) -> None:
        await register(api, MARKED)
        record = await given(api, MARKED, recipients=[])
        before = await dump(database)
        async with failing(database, table):
            answer = await api.member(MARKED).post("/v1/consents", pack.body(MARKED), headers=KEY)
        assert problem(answer) == (500, "internal_error")
        assert await dump(database) == before
        assert (await read(api, record["id"]))["status"] == "active"

    @pytest.mark.parametrize(
        "table",
        ["keys.subject_key", "consent", "consent_event", "outgoing_event", "audit_entry", "kept_answer"],
    )
    async def test_a_withdrawal_that_fails_at_any_write_leaves_nothing_and_can_be_repeated(
        self, api: Api, database: Database, table: str
    ) -> None:
        await register(api, MARKED)
        record = await given(api, MARKED)
        await database.execute("DELETE FROM keys.subject_key")
        path = f"/v1/consents/{record['id']}/withdrawal"
        body = {"channel": "app", "reason": "too many calls"}
        before = await dump(database)
        async with failing(database, table):
            answer = await api.member(MARKED).post(path, body, headers=KEY)
        assert problem(answer) == (500, "internal_error")
        assert await dump(database) == before
        assert (await read(api, record["id"]))["status"] == "active"
        assert (await api.member(MARKED).post(path, body, headers=KEY)).json()["status"] == "withdrawn"

    async def test_of_several_withdrawals_in_one_call_all_or_none_happen(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api, MARKED)
        await given(api, MARKED)
        await given(api, MARKED, pack.other_consent)
        before = await dump(database)
        async with failing(database, "audit_entry"):
            path = f"/v1/subjects/{MARKED}/consent-withdrawals"
            answer = await api.member(MARKED).post(path, {"purposes": "all", "channel": "app"})
        assert problem(answer) == (500, "internal_error")
        assert await dump(database) == before


class TestRaces:
    async def test_of_many_grants_at_once_one_is_made_and_all_are_answered_with_it(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        callers = [api.member("M-1") if number % 2 else api.staff for number in range(8)]
        answers = await asyncio.gather(*(caller.post("/v1/consents", pack.body()) for caller in callers))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        counts = await database.counts()
        assert (counts["public.consent"], counts["public.consent_event"]) == (1, 1)

    async def test_of_many_withdrawals_at_once_one_counts(self, api: Api, database: Database) -> None:
        await register(api)
        record = await given(api)
        answers = await asyncio.gather(*(withdraw(api.member("M-1"), record["id"]) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["withdrawn_at"] for answer in answers}) == 1
        assert await history(api, record["id"]) == [("granted", "app", "M-1"), ("withdrawn", "app", "M-1")]
        events = await database.fetch("SELECT type FROM outgoing_event ORDER BY id")
        assert sorted(event["type"] for event in events) == ["consent.granted", "consent.withdrawn"]

    async def test_a_withdrawal_after_a_grant_waits_for_it_and_ends_what_it_granted(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await given(api, recipients=[])
        member = api.member("M-1")
        async with locked_subject(database, "M-1"):
            granting = asyncio.create_task(member.post("/v1/consents", pack.body()))
            await until_waiting(database, 1)
            body = {"purposes": "all", "channel": "app"}
            withdrawing = asyncio.create_task(member.post("/v1/subjects/M-1/consent-withdrawals", body))
            await until_waiting(database, 2)
        granted, withdrawn = (await granting).json(), (await withdrawing).json()
        assert [item["id"] for item in withdrawn["items"]] == [granted["id"]]
        assert (await read(api, granted["id"]))["status"] == "withdrawn"
        assert (await read(api, record["id"]))["status"] == "superseded"

    async def test_whatever_grants_withdrawals_and_replacements_race_one_consent_at_most_is_open(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        member = api.member("M-1")

        async def act(number: int) -> Any:
            if number % 3 == 0:
                return await member.post("/v1/consents", pack.body(recipients=[pack.recipient] * (number % 2)))
            if number % 3 == 1:
                return await member.post("/v1/consents", pack.body(expires_on=f"209{number % 10}-01-01"))
            body = {"purposes": [pack.consent], "channel": "app"}
            return await member.post("/v1/subjects/M-1/consent-withdrawals", body)

        answers = await asyncio.gather(*(act(number) for number in range(12)))
        assert {answer.status_code for answer in answers} <= {200, 201}
        still_open = await database.fetch("SELECT id::text FROM consent WHERE ended_at IS NULL")
        active = (await api.staff.get("/v1/consents", params={"status": "active"})).json()["items"]
        assert [row["id"] for row in still_open] == [one["id"] for one in active]
        assert len(active) <= 1


class TestTraces:
    async def test_every_act_leaves_one_audit_entry_and_one_event_made_of_references(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        record = await given(api)
        await withdraw(api.member("M-1"), record["id"])
        entries = await database.fetch(
            "SELECT action, object_type, object_id, subject_ref, actor, policy FROM audit_entry "
            "WHERE action LIKE 'consent.%' ORDER BY at"
        )
        common = {
            "object_type": "consent",
            "object_id": record["id"],
            "subject_ref": "M-1",
            "actor": "M-1",
            "policy": record["policy"],
        }
        assert [dict(entry) for entry in entries] == [
            {"action": "consent.granted", **common},
            {"action": "consent.withdrawn", **common},
        ]
        events = await database.fetch("SELECT type, data::text AS data FROM outgoing_event ORDER BY occurred_at")
        assert [event["type"] for event in events] == ["consent.granted", "consent.withdrawn"]
        for event in events:
            assert record["id"] in event["data"]
            assert set(json.loads(event["data"])) == {"consent_id", "subject_ref", "purpose"}

    async def test_free_text_lies_nowhere_in_the_clear(self, api: Api, database: Database, pack: ShippedPack) -> None:
        await register(api)
        body = pack.body(evidence=CANARY)
        record = (await api.member("M-1").post("/v1/consents", body, headers=KEY)).json()
        await withdraw(api.staff, record["id"], reason=CANARY, channel="phone")
        everything = await dump(database)
        raw = CANARY.encode()
        forms = (CANARY, raw.hex(), base64.b64encode(raw).decode(), CANARY.encode("unicode_escape").decode(), "นกขมิ้น")
        assert not [form for form in forms if form in everything]
        assert record["id"] in everything, "the dump sees what there is"
        evidence = await database.fetch("SELECT evidence FROM consent")
        reasons = await database.fetch("SELECT reason FROM consent_event WHERE event = 'withdrawn'")
        assert evidence[0]["evidence"]
        assert reasons[0]["reason"]

    async def test_no_answer_shows_evidence_or_reason(self, api: Api) -> None:
        await register(api)
        record = await given(api, evidence=CANARY)
        answers = [
            await withdraw(api.staff, record["id"], reason=CANARY),
            await api.dpo.get(f"/v1/consents/{record['id']}"),
            await api.dpo.get(f"/v1/consents/{record['id']}/history"),
            await api.dpo.get("/v1/consents"),
        ]
        assert not [answer for answer in answers if CANARY in answer.text]
