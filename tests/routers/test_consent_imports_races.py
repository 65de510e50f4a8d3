"""Imports of consents that race each other, grants and erasures, or fail half-way; under every shipped pack."""

import asyncio

import pytest

from tests.support.api import Api, problem
from tests.support.consents import withdraw
from tests.support.database import Database
from tests.support.faults import failing
from tests.support.imports import PATH, former, imported, taken_over
from tests.support.locks import holding, until_waiting
from tests.support.members import register
from tests.support.packs import CHANTHABURI, SHIPPED_PACKS, ShippedPack
from tests.support.requests import decide, submit

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
LOCK = "SELECT 1 FROM subject WHERE subject_ref = 'M-1' FOR UPDATE"
OPEN = "SELECT quality FROM consent WHERE ended_at IS NULL"


async def open_consents(database: Database) -> list[str]:
    """What the open consents are worth."""
    return sorted(row["quality"] for row in await database.fetch(OPEN))


class TestRaces:
    async def test_imports_of_the_same_rows_in_any_order_take_each_once(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        refs = [f"M-{number:02}" for number in range(20)]
        await asyncio.gather(*(register(api, ref) for ref in refs))
        rows = [
            former(pack, ref, purpose, evidence="แฟ้ม") for purpose in (pack.consent, pack.third_consent) for ref in refs
        ]
        orders = [rows, rows[::-1], rows[13:] + rows[:13], rows[::3] + rows[1::3] + rows[2::3]] * 2
        answers = await asyncio.gather(*(imported(api, *order) for order in orders))
        assert sum(answer["accepted"] for answer in answers) == 40
        assert {row["code"] for answer in answers for row in answer["rejected"]} == {"already_granted"}
        assert await open_consents(database) == ["doubtful"] * 40

    async def test_two_imports_that_wait_for_the_same_person_leave_one_consent(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        async with holding(database, LOCK):
            calls = [asyncio.create_task(imported(api, former(pack))) for _ in range(2)]
            await until_waiting(database, 2)
        answers = await asyncio.gather(*calls)
        assert sorted(answer["accepted"] for answer in answers) == [0, 1]
        assert await open_consents(database) == ["doubtful"]

    async def test_an_import_and_a_grant_leave_the_grant_in_force(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        async with holding(database, LOCK):
            taking = asyncio.create_task(imported(api, former(pack)))
            granting = asyncio.create_task(api.member("M-1").post("/v1/consents", pack.body()))
            await until_waiting(database, 2)
        answers = await asyncio.gather(taking, granting)
        assert answers[1].status_code == 201
        assert await open_consents(database) == ["sound"]

    async def test_an_import_that_waits_for_a_withdrawal_revives_nothing(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        record = await taken_over(api)
        async with holding(database, LOCK):
            withdrawing = asyncio.create_task(withdraw(api.member("M-1"), record["id"]))
            await until_waiting(database, 1)
            taking = asyncio.create_task(imported(api, former(pack)))
            await until_waiting(database, 2)
        answers = await asyncio.gather(withdrawing, taking)
        assert (answers[0].status_code, answers[1]["accepted"]) == (200, 0)
        assert await open_consents(database) == []

    @pytest.mark.parametrize("first", ["import", "erasure"])
    async def test_an_import_and_an_erasure_leave_no_consent_of_the_erased(
        self, api: Api, database: Database, pack: ShippedPack, first: str
    ) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        request = await submit(api)
        taking, erasing = imported(api, former(pack)), decide(api, request["id"], "granted")
        if first == "import":
            _, decided = await asyncio.gather(taking, erasing)
        else:
            decided, _ = await asyncio.gather(erasing, taking)
        assert decided.json()["status"] == "completed"
        assert await open_consents(database) == []
        again = await imported(api, former(pack))
        assert [row["code"] for row in again["rejected"]] == ["subject_erased"]


class TestFaults:
    @pytest.mark.parametrize(
        "table", ["keys.subject_key", "consent", "consent_event", "outgoing_event", "audit_entry", "kept_answer"]
    )
    async def test_an_import_that_fails_at_any_write_leaves_nothing_and_can_be_repeated(
        self, api: Api, database: Database, pack: ShippedPack, table: str
    ) -> None:
        await register(api)
        before = await database.counts()
        body, key = {"consents": [former(pack, evidence="แฟ้ม")]}, {"Idempotency-Key": "import-1"}
        async with failing(database, table):
            assert problem(await api.core.post(PATH, body, headers=key)) == (500, "internal_error")
        assert await database.counts() == before
        assert (await api.core.post(PATH, body, headers=key)).json()["accepted"] == 1

    @pytest.mark.packs(CHANTHABURI)
    async def test_five_thousand_rows_are_one_unit_of_work(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await database.execute(
            "INSERT INTO subject SELECT * FROM json_populate_recordset(NULL::subject, ("
            "SELECT json_agg(json_build_object('subject_ref', 'M-' || n, 'kind', 'member', 'born_on', '1970-01-01', "
            "'legal_capacity', 'full', 'language', 'th', 'related_to', '[]'::json, 'version', 1, "
            "'created_at', now(), 'changed_at', now())) FROM generate_series(1, 2500) AS n))"
        )
        rows = [
            former(pack, f"M-{n}", purpose, evidence="แฟ้ม")
            for n in range(1, 2_501)
            for purpose in (pack.consent, pack.third_consent)
        ]
        assert await imported(api, *rows) == {"accepted": 5_000, "rejected": []}
        assert len(await open_consents(database)) == 5_000
        writers = await database.fetch("SELECT DISTINCT xmin::text FROM consent")
        assert len(writers) == 1
