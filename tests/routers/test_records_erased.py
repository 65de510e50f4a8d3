"""What was erased is not brought back by the next push, and what an erasure is about keeps its state (DOMAIN, Erasure)."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import failing, gate, watching
from tests.support.members import push, record, register
from tests.support.requests import decide, finish_tasks, submit

PATH = "/v1/subjects/M-1/records"
OLD = {"deposit_made": "2013-03-02"}
RECENT = {"deposit_made": "2020-03-02"}
ERASED_REJECTS = [{"record_ref": "D-1", "code": "record_erased"}]


async def pushed(api: Api, *rows: Any) -> Any:
    answer = await api.core.put(PATH, {"records": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def shown(api: Api, name: str) -> dict[str, Any]:
    """One field of each of the subject's records, by reference."""
    return {item["record_ref"]: item[name] for item in (await api.staff.get(PATH)).json()["items"]}


async def granted(api: Api, **asked: Any) -> None:
    """An old deposit D-1 whose erasure was granted, beside a deposit that stays; the tasks are still to be done."""
    await register(api)
    await push(api, "M-1", record("D-1", events=OLD), record("D-2", events=RECENT))
    request = await submit(api, **{"scope": {"record_refs": ["D-1"]}, **asked})
    assert (await decide(api, request["id"], "granted")).json()["status"] == "in_fulfilment"


async def erased(api: Api, **asked: Any) -> None:
    """The same, done and proven."""
    await granted(api, **asked)
    assert len(await finish_tasks(api)) == 1


async def alarms(database: Database) -> list[dict[str, Any]]:
    rows = await database.fetch(
        "SELECT data FROM outgoing_event WHERE type = 'record.resurrection_refused' ORDER BY id"
    )
    return [json.loads(row["data"]) for row in rows]


class TestErased:
    @pytest.mark.parametrize(("method", "state"), [("erase", "erased"), ("anonymise", "anonymised")])
    async def test_what_was_erased_is_not_brought_back_and_the_other_rows_are_taken(
        self, api: Api, method: str, state: str
    ) -> None:
        await erased(api, method=method)
        answer = await pushed(api, record("D-0"), record("D-1", events=OLD), record("D-2"), record("D-3"))
        assert answer == {"accepted": 3, "rejected": ERASED_REJECTS}
        assert await shown(api, "state") == {"D-0": "held", "D-1": state, "D-2": "held", "D-3": "held"}
        assert (await shown(api, "events"))["D-1"] == {}

    async def test_the_dpo_is_alarmed_and_the_alarm_names_references_only(self, api: Api, database: Database) -> None:
        await erased(api)
        await pushed(api, record("D-1", events=OLD), record("D-2"))
        assert await alarms(database) == [{"subject_ref": "M-1", "records": 1, "record_refs": ["D-1"]}]
        [entry] = await database.fetch("SELECT * FROM audit_entry WHERE action = 'record.resurrection_refused'")
        assert (entry["actor"], entry["object_id"], entry["subject_ref"]) == ("core_banking", "M-1", "M-1")
        assert json.loads(entry["details"]) == {"record_refs": ["D-1"]}
        [push_entry] = await database.fetch(
            "SELECT details FROM audit_entry WHERE action = 'records.pushed' ORDER BY at DESC, id DESC LIMIT 1"
        )
        assert json.loads(push_entry["details"]) == {"accepted": 1, "rejected": {"record_erased": 1}, "subjects": 1}

    async def test_each_push_alarms_again(self, api: Api, database: Database) -> None:
        await erased(api)
        for _ in range(2):
            await pushed(api, record("D-1", events=OLD))
        assert len(await alarms(database)) == 2

    async def test_a_push_for_many_subjects_refuses_and_alarms_too(self, api: Api, database: Database) -> None:
        await erased(api)
        await register(api, "M-2")
        rows = [{"subject_ref": ref, **record("D-1", events=OLD)} for ref in ("M-1", "M-2")]
        answer = await api.core.put("/v1/records", {"records": rows})
        assert answer.json() == {
            "accepted": 1,
            "rejected": [{"subject_ref": "M-1", "record_ref": "D-1", "code": "record_erased"}],
        }
        assert await alarms(database) == [{"subject_ref": "M-1", "records": 1, "record_refs": ["D-1"]}]

    async def test_rejected_rows_keep_the_order_of_the_push_whatever_is_wrong_with_them(self, api: Api) -> None:
        await erased(api)
        answer = await pushed(api, record("Z", storage="cloud"), record("D-1"), record("A", conditions=["full_moon"]))
        assert [row["code"] for row in answer["rejected"]] == ["invalid_row", "record_erased", "unknown_condition"]

    async def test_an_event_names_some_of_many_and_the_audit_entry_all(self, api: Api, database: Database) -> None:
        await register(api)
        refs = [f"D-{number:03}" for number in range(150)]
        await push(api, "M-1", *(record(ref, events=OLD) for ref in refs))
        request = await submit(api, scope={"record_refs": refs})
        await decide(api, request["id"], "granted")
        await finish_tasks(api)
        answer = await pushed(api, *(record(ref, events=OLD) for ref in refs))
        assert (answer["accepted"], len(answer["rejected"])) == (0, 150)
        [alarm] = await alarms(database)
        assert (alarm["records"], alarm["record_refs"]) == (150, refs[:100])
        [entry] = await database.fetch("SELECT details FROM audit_entry WHERE action = 'record.resurrection_refused'")
        assert json.loads(entry["details"]) == {"record_refs": refs}

    async def test_a_subject_that_was_erased_takes_no_push(self, api: Api, database: Database) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        request = await submit(api)
        assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
        async with watching(database) as watch:
            assert problem(await api.core.put(PATH, {"records": [record("A")]})) == (409, "subject_erased")
            assert await watch.changes() == set()


class TestBeingErased:
    async def test_what_is_being_erased_takes_no_push_and_that_is_no_alarm(self, api: Api, database: Database) -> None:
        await granted(api)
        answer = await pushed(api, record("D-1", events={"deposit_made": "2026-01-01"}), record("D-2"))
        assert answer == {"accepted": 1, "rejected": ERASED_REJECTS}
        assert (await shown(api, "state"))["D-1"] == "locked"
        assert (await shown(api, "events"))["D-1"] == OLD
        assert await alarms(database) == []

    async def test_a_push_waits_for_a_decision_in_flight_and_then_respects_it(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", events=OLD))
        request = await submit(api)
        await api.staff.post(f"/v1/requests/{request['id']}/assessment")
        async with gate(database, "held_record") as held_up:
            path = f"/v1/requests/{request['id']}/decision"
            deciding = asyncio.create_task(api.dpo.post(path, {"outcome": "granted"}))
            await held_up.waiting(1)
            pushing = asyncio.create_task(pushed(api, record("D-1", events={"deposit_made": "2026-01-01"})))
            await held_up.waiting(2)
            await held_up.open()
            assert (await deciding).json()["status"] == "in_fulfilment"
            assert await pushing == {"accepted": 0, "rejected": ERASED_REJECTS}

    async def test_nothing_new_is_pushed_under_a_subject_whose_erasure_is_in_flight(
        self, api: Api, database: Database
    ) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        request = await submit(api)
        await api.staff.post(f"/v1/requests/{request['id']}/assessment")
        async with gate(database, "subject") as held_up:
            path = f"/v1/requests/{request['id']}/decision"
            deciding = asyncio.create_task(api.dpo.post(path, {"outcome": "granted"}))
            await held_up.waiting(1)
            pushing = asyncio.create_task(api.core.put(PATH, {"records": [record("NEW")]}))
            await held_up.waiting(2)
            await held_up.open()
            assert (await deciding).json()["status"] == "completed"
            assert problem(await pushing) == (409, "subject_erased")


class TestStorageOnly:
    async def test_a_push_brings_the_facts_up_to_date_and_lifts_no_restriction(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", events=RECENT))
        request = await submit(api, scope={"record_refs": ["D-1"]})
        assert (await decide(api, request["id"], "refused")).status_code == 200
        assert await shown(api, "state") == {"D-1": "storage_only"}
        later = {"deposit_made": "2021-03-02"}
        assert await pushed(api, record("D-1", events=later)) == {"accepted": 1, "rejected": []}
        assert (await shown(api, "state"), await shown(api, "events")) == ({"D-1": "storage_only"}, {"D-1": later})


class TestFaults:
    @pytest.mark.parametrize("at_commit", [False, True])
    @pytest.mark.parametrize("table", ["held_record", "audit_entry", "outgoing_event"])
    async def test_a_push_that_fails_at_any_write_leaves_nothing_and_can_be_repeated(
        self, api: Api, database: Database, table: str, at_commit: bool
    ) -> None:
        await erased(api)
        rows = [record("D-1", events=OLD), *(record(f"N-{number}") for number in range(20))]
        async with watching(database) as watch, failing(database, table, at_commit=at_commit):
            await watch.changes()
            assert problem(await api.core.put(PATH, {"records": rows})) == (500, "internal_error")
            assert await watch.changes() == set()
        assert await pushed(api, *rows) == {"accepted": 20, "rejected": ERASED_REJECTS}
