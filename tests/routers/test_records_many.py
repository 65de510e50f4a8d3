"""The inventory over HTTP: one push for many subjects."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import record, register
from tests.support.requests import decide, submit

PATH = "/v1/records"
ENDED = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}


def of(subject_ref: str, record_ref: str, **changes: Any) -> dict[str, Any]:
    """A row of a subject."""
    return {"subject_ref": subject_ref, **record(record_ref, **changes)}


async def pushed(api: Api, *rows: Any) -> Any:
    """The answer to a push by the core banking system, which is 200 whatever its rows are."""
    answer = await api.core.put(PATH, {"records": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refs(api: Api, subject_ref: str) -> list[str]:
    answer = await api.staff.get(f"/v1/subjects/{subject_ref}/records", params={"limit": 200})
    return [item["record_ref"] for item in answer.json()["items"]]


def refused(subject_ref: str | None, record_ref: str | None, code: str) -> dict[str, str | None]:
    return {"subject_ref": subject_ref, "record_ref": record_ref, "code": code}


class TestTaking:
    async def test_each_row_goes_to_its_own_subject(self, api: Api) -> None:
        for ref in ("M-1", "M-2"):
            await register(api, ref)
        rows = [of("M-1", "A"), of("M-2", "A"), of("M-2", "B"), of("M-1", "C")]
        assert await pushed(api, *rows) == {"accepted": 4, "rejected": []}
        assert (await refs(api, "M-1"), await refs(api, "M-2")) == (["A", "C"], ["A", "B"])

    async def test_five_thousand_rows_of_a_hundred_subjects_are_taken_and_one_more_is_too_long(self, api: Api) -> None:
        subjects = [f"M-{number}" for number in range(100)]
        for ref in subjects:
            await register(api, ref)
        rows = [of(subjects[number % 100], f"R-{number}") for number in range(5_000)]
        assert await pushed(api, *rows) == {"accepted": 5_000, "rejected": []}
        assert len(await refs(api, "M-7")) == 50
        assert problem(await api.core.put(PATH, {"records": [*rows, rows[0]]})) == (422, "too_long")

    async def test_the_same_reference_twice_of_one_subject_is_a_duplicate(self, api: Api) -> None:
        for ref in ("M-1", "M-2"):
            await register(api, ref)
        answer = await pushed(api, of("M-1", "A"), of("M-2", "A"), of("M-1", "A"))
        assert answer == {"accepted": 2, "rejected": [refused("M-1", "A", "duplicate_record_ref")]}


class TestRefusing:
    async def test_an_unknown_subject_and_an_erased_one_spoil_their_own_rows_only(self, api: Api) -> None:
        await register(api, "M-1")
        await register(api, "M-2", membership=ENDED)
        request = await submit(api, "M-2")
        assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
        answer = await pushed(api, of("M-2", "A"), of("M-404", "A"), of("M-1", "A"), of("M-404", "B"))
        assert answer == {
            "accepted": 1,
            "rejected": [
                refused("M-2", "A", "subject_erased"),
                refused("M-404", "A", "subject_unknown"),
                refused("M-404", "B", "subject_unknown"),
            ],
        }
        assert await refs(api, "M-1") == ["A"]

    async def test_bad_rows_of_every_kind_are_answered_in_the_order_of_the_push(self, api: Api) -> None:
        await register(api)
        rows = [
            record("NOBODY"),
            of("M-1", "E", events={"moon_landing": "2015-03-02"}),
            of("M/1", "S"),
            of("M-1", "A"),
            of("M-1", "Y", events={"deposit_made": "2558-03-02"}),
            of("M-404", "X", conditions=["full_moon"]),
            {"subject_ref": "M-1"},
            of("M-1", "C", conditions=["open_dsr"]),
            None,
        ]
        answer = await pushed(api, *rows)
        assert answer == {
            "accepted": 1,
            "rejected": [
                refused(None, "NOBODY", "invalid_row"),
                refused("M-1", "E", "unknown_event"),
                refused(None, "S", "invalid_row"),
                refused("M-1", "Y", "buddhist_era_year"),
                refused("M-404", "X", "subject_unknown"),
                refused("M-1", None, "invalid_row"),
                refused("M-1", "C", "unknown_condition"),
                refused(None, None, "invalid_row"),
            ],
        }

    @pytest.mark.parametrize("role", ["member", "representative", "staff", "dpo", "committee", "auditor", "admin"])
    async def test_only_the_core_banking_system_pushes(self, api: Api, role: str) -> None:
        await register(api)
        answer = await api.as_role(role, subject_ref="M-1").put(PATH, {"records": [of("M-1", "A")]})
        assert problem(answer) == (403, "forbidden")
        assert await refs(api, "M-1") == []


class TestRaces:
    async def test_pushes_for_the_same_subjects_in_any_order_all_succeed(self, api: Api, database: Database) -> None:
        subjects = [f"M-{number:02}" for number in range(20)]
        await asyncio.gather(*(register(api, ref) for ref in subjects))
        rows = [of(ref, f"R-{number}") for number in range(10) for ref in subjects]
        orders = [rows, rows[::-1], rows[100:] + rows[:100], rows[::3] + rows[1::3] + rows[2::3]] * 2
        answers = await asyncio.gather(*(pushed(api, *order) for order in orders))
        assert answers == [{"accepted": 200, "rejected": []}] * 8
        assert [tuple(row) for row in await database.fetch("SELECT count(*) FROM held_record")] == [(200,)]


class TestTraces:
    async def test_a_push_leaves_one_audit_entry_with_counts_and_names_nobody(
        self, api: Api, database: Database
    ) -> None:
        for ref in ("M-1", "M-2"):
            await register(api, ref)
        await pushed(api, of("M-1", "A"), of("M-2", "A"), of("M-404", "A"), {"subject_ref": "M-1"})
        [entry] = await database.fetch("SELECT * FROM audit_entry WHERE action = 'records.pushed'")
        assert (entry["object_type"], entry["object_id"], entry["subject_ref"]) == ("inventory", "push", None)
        assert json.loads(entry["details"]) == {
            "accepted": 2,
            "rejected": {"subject_unknown": 1, "invalid_row": 1},
            "subjects": 2,
        }
