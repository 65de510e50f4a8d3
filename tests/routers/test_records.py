"""The inventory over HTTP: what one subject's push takes, what it refuses row by row, and who may read it."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import watching
from tests.support.members import particulars, push, record, register

PATH = "/v1/subjects/M-1/records"
FULL = {
    "record_ref": "L-1",
    "kind": "loan_contract",
    "events": {"loan_contract_expired": "2020-06-30", "loan_settled": "2021-01-15"},
    "conditions": ["debt_outstanding", "litigation"],
    "system": "core_banking",
    "storage": "paper",
    "categories": ["financial", "contract_documents"],
    "provided_by_subject": True,
    "lawful_basis": "contract",
    "purpose": "share_subscription_change",
    "source": "data_subject",
    "insurer": "INS-7",
}


async def pushed(api: Api, *rows: Any) -> Any:
    """The answer to a push by the core banking system, which is 200 whatever its rows are."""
    answer = await api.core.put(PATH, {"records": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(api: Api, **parameters: Any) -> list[dict[str, Any]]:
    answer = await api.staff.get(PATH, params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


class TestTaking:
    async def test_a_row_is_kept_as_it_was_pushed(self, api: Api) -> None:
        await register(api)
        assert await pushed(api, FULL) == {"accepted": 1, "rejected": []}
        [shown] = await listed(api)
        assert shown.pop("changed_at").endswith("Z")
        assert shown == {**FULL, "state": "held", "accuracy_under_check": False}

    async def test_what_a_row_leaves_out_is_unknown_or_not_so(self, api: Api) -> None:
        await register(api)
        named = ("record_ref", "kind", "system", "storage", "categories")
        await pushed(api, {name: FULL[name] for name in named})
        [shown] = await listed(api)
        assert without(shown, "changed_at", *named) == {
            "events": {},
            "conditions": [],
            "provided_by_subject": False,
            "lawful_basis": None,
            "purpose": None,
            "source": None,
            "insurer": None,
            "state": "held",
            "accuracy_under_check": False,
        }

    async def test_a_row_pushed_again_replaces_the_whole_of_it(self, api: Api) -> None:
        await register(api)
        await pushed(api, FULL)
        await pushed(api, record("L-1", "deposit"))
        [shown] = await listed(api)
        assert (shown["kind"], shown["events"], shown["conditions"]) == ("deposit", {}, [])
        assert (shown["lawful_basis"], shown["insurer"], shown["provided_by_subject"]) == (None, None, False)

    async def test_rows_that_are_not_named_stay(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("A"), record("B"))
        await push(api, "M-1", record("B", "withdrawal"), record("C"))
        assert [(item["record_ref"], item["kind"]) for item in await listed(api)] == [
            ("A", "deposit"),
            ("B", "withdrawal"),
            ("C", "deposit"),
        ]

    async def test_a_push_of_nothing_takes_nothing(self, api: Api) -> None:
        await register(api)
        assert await pushed(api) == {"accepted": 0, "rejected": []}

    @pytest.mark.parametrize("kind", ["cctv_footage", "Mystery-Kind.7"])
    async def test_a_kind_that_no_rule_knows_is_taken_and_stays_unresolved(self, api: Api, kind: str) -> None:
        await register(api)
        await push(api, "M-1", record("X", kind))
        [item] = (await api.staff.get("/v1/subjects/M-1/retention")).json()["items"]
        assert (item["kind"], item["action"]) == (kind, "unresolved")

    async def test_a_known_event_that_is_foreign_to_the_kind_or_yet_to_come_is_taken(self, api: Api) -> None:
        await register(api)
        events = {"welfare_paid": "2015-01-01", "deposit_made": "2199-12-31"}
        await push(api, "M-1", record("D-1", events=events))
        assert (await listed(api))[0]["events"] == events

    async def test_the_same_reference_of_two_subjects_is_two_records(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        await push(api, "M-1", record("D-1"))
        await push(api, "M-2", record("D-1", "withdrawal"))
        assert [item["kind"] for item in await listed(api)] == ["deposit"]

    async def test_five_thousand_rows_are_taken_and_one_more_is_too_long(self, api: Api) -> None:
        await register(api)
        rows = [record(f"R-{number:04}", events={"deposit_made": "2015-03-02"}) for number in range(5_000)]
        assert await pushed(api, *rows) == {"accepted": 5_000, "rejected": []}
        assert await pushed(api, *rows) == {"accepted": 5_000, "rejected": []}
        answer = await api.core.put(PATH, {"records": [*rows, record("one-more")]})
        assert problem(answer) == (422, "too_long")
        assert answer.json()["errors"] == [{"pointer": "/records", "code": "too_long"}]

    async def test_a_body_over_eight_mebibytes_is_too_large_and_one_just_below_is_read(self, api: Api) -> None:
        await register(api)
        body = json.dumps({"records": [{"record_ref": "X", "note": ""}]}).encode()
        room = 8 * 1024 * 1024 - len(body)
        headers = {"Content-Type": "application/json"}
        full = body.replace(b'"note": ""', b'"note": "' + b"x" * room + b'"')
        answer = await api.core.call("PUT", PATH, content=full, headers=headers)
        assert answer.json() == {"accepted": 0, "rejected": [{"record_ref": "X", "code": "invalid_row"}]}
        answer = await api.core.call("PUT", PATH, content=full + b" ", headers=headers)
        assert problem(answer) == (413, "body_too_large")


class TestRefusingRows:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"events": {"moon_landing": "2015-03-02"}}, "unknown_event"),
            ({"events": {"Moon Landing\x00": "2015-03-02"}}, "unknown_event"),
            ({"events": {"membership_terminated": "2015-03-02"}}, "taken"),
            ({"events": {"deposit_made": "2558-03-02"}}, "buddhist_era_year"),
            ({"events": {"deposit_made": "2567-02-29"}}, "buddhist_era_year"),
            ({"events": {"moon_landing": "2558-03-02"}}, "buddhist_era_year"),
            ({"events": {"deposit_made": "2015-02-29"}}, "invalid_row"),
            ({"events": {"deposit_made": "02/03/2015"}}, "invalid_row"),
            ({"events": {"deposit_made": "2015-03-02T10:00:00Z"}}, "invalid_row"),
            ({"events": {"deposit_made": "0001-01-01"}}, "invalid_row"),
            ({"events": {"deposit_made": 1425254400}}, "invalid_row"),
            ({"events": {"deposit_made": None}}, "invalid_row"),
            ({"events": ["deposit_made"]}, "invalid_row"),
            ({"events": None}, "invalid_row"),
            ({"conditions": ["full_moon"]}, "unknown_condition"),
            ({"conditions": ["Full Moon\u202e"]}, "unknown_condition"),
            ({"conditions": ["open_dsr"]}, "unknown_condition"),
            ({"conditions": ["membership_active"]}, "unknown_condition"),
            ({"conditions": "litigation"}, "invalid_row"),
            ({"conditions": [1]}, "invalid_row"),
            ({"conditions": {"litigation": True}}, "invalid_row"),
            ({"categories": ["star_sign"]}, "invalid_row"),
            ({"categories": []}, "invalid_row"),
            ({"categories": None}, "invalid_row"),
            ({"kind": ""}, "invalid_row"),
            ({"kind": "a b"}, "invalid_row"),
            ({"kind": 7}, "invalid_row"),
            ({"kind": ["deposit"]}, "invalid_row"),
            ({"system": "core banking"}, "invalid_row"),
            ({"storage": "cloud"}, "invalid_row"),
            ({"storage": None}, "invalid_row"),
            ({"provided_by_subject": "yes"}, "invalid_row"),
            ({"provided_by_subject": 1}, "invalid_row"),
            ({"lawful_basis": "curiosity"}, "invalid_row"),
            ({"purpose": "world_domination"}, "invalid_row"),
            ({"source": "neighbour"}, "taken"),
            ({"source": "over the fence"}, "invalid_row"),
            ({"insurer": "INS\x00"}, "invalid_row"),
            ({"insurer": "INS\u202e7"}, "invalid_row"),
            ({"insurer": "x" * 201}, "invalid_row"),
            ({"state": "held"}, "invalid_row"),
            ({"subject_ref": "M-2"}, "invalid_row"),
            ({"is_admin": True}, "invalid_row"),
        ],
    )
    async def test_a_bad_field_spoils_its_own_row_only(self, api: Api, changes: dict[str, Any], code: str) -> None:
        await register(api)
        answer = await pushed(api, record("GOOD-1"), record("ROW", **changes), record("GOOD-2"))
        refused = [] if code == "taken" else [{"record_ref": "ROW", "code": code}]
        assert answer == {"accepted": 3 - len(refused), "rejected": refused}
        refs = [item["record_ref"] for item in await listed(api)]
        assert refs == ["GOOD-1", "GOOD-2"] + (["ROW"] if code == "taken" else [])

    @pytest.mark.parametrize("missing", ["kind", "system", "storage", "categories"])
    async def test_a_row_without_a_field_that_it_needs_is_invalid(self, api: Api, missing: str) -> None:
        await register(api)
        assert await pushed(api, without(FULL, missing)) == {
            "accepted": 0,
            "rejected": [{"record_ref": "L-1", "code": "invalid_row"}],
        }

    @pytest.mark.parametrize(
        "row",
        [
            without(FULL, "record_ref"),
            {**FULL, "record_ref": ""},
            {**FULL, "record_ref": "x" * 65},
            {**FULL, "record_ref": "a/b"},
            {**FULL, "record_ref": "a\x00b"},
            {**FULL, "record_ref": "a\n"},
            {**FULL, "record_ref": "เลขที่๑"},
            {**FULL, "record_ref": 7},
            {**FULL, "record_ref": ["L-1"]},
            {},
            None,
            7,
            True,
            "L-1",
            [],
            [FULL],
        ],
    )
    async def test_a_row_whose_reference_cannot_be_read_is_answered_without_one(self, api: Api, row: object) -> None:
        await register(api)
        assert await pushed(api, row, FULL) == {
            "accepted": 1,
            "rejected": [{"record_ref": None, "code": "invalid_row"}],
        }

    async def test_a_lone_surrogate_spoils_its_row_and_is_not_repeated(self, api: Api) -> None:
        await register(api)
        for field in ("record_ref", "kind", "insurer", "source"):
            row = json.dumps({**FULL, field: "\ud800"})
            answer = await api.core.call(
                "PUT",
                PATH,
                content=f'{{"records": [{row}]}}'.encode(),
                headers={"Content-Type": "application/json"},
            )
            [refused] = answer.json()["rejected"]
            assert refused == {"record_ref": None if field == "record_ref" else "L-1", "code": "invalid_row"}

    async def test_of_one_reference_named_twice_the_first_row_counts(self, api: Api) -> None:
        await register(api)
        answer = await pushed(api, record("A"), record("A", "withdrawal"), record("B"), record("A", storage="cloud"))
        assert answer == {
            "accepted": 2,
            "rejected": [
                {"record_ref": "A", "code": "duplicate_record_ref"},
                {"record_ref": "A", "code": "invalid_row"},
            ],
        }
        assert [(item["record_ref"], item["kind"]) for item in await listed(api)] == [
            ("A", "deposit"),
            ("B", "deposit"),
        ]

    async def test_a_bad_row_does_not_make_a_good_one_after_it_a_duplicate(self, api: Api) -> None:
        await register(api)
        answer = await pushed(api, record("A", conditions=["full_moon"]), record("A", storage="cloud"), record("A"))
        assert answer["accepted"] == 1
        assert [row["code"] for row in answer["rejected"]] == ["unknown_condition", "invalid_row"]

    async def test_rejected_rows_come_in_the_order_of_the_push(self, api: Api) -> None:
        await register(api)
        bad = [
            record("E", events={"moon_landing": "2015-03-02"}),
            {"record_ref": "F"},
            record("A"),
            record("A"),
            record("C", conditions=["full_moon"]),
            None,
            record("B", events={"deposit_made": "2558-01-01"}),
        ]
        assert [(row["record_ref"], row["code"]) for row in (await pushed(api, *bad))["rejected"]] == [
            ("E", "unknown_event"),
            ("F", "invalid_row"),
            ("A", "duplicate_record_ref"),
            ("C", "unknown_condition"),
            (None, "invalid_row"),
            ("B", "buddhist_era_year"),
        ]

    async def test_five_thousand_bad_rows_are_each_answered(self, api: Api) -> None:
        await register(api)
        answer = await pushed(api, *(record(f"R-{number}", storage="cloud") for number in range(5_000)))
        assert (answer["accepted"], len(answer["rejected"])) == (0, 5_000)
        assert answer["rejected"][4_999] == {"record_ref": "R-4999", "code": "invalid_row"}


class TestRefusingPushes:
    @pytest.mark.parametrize(
        ("body", "code", "pointer"),
        [
            ({}, "missing", "/records"),
            ({"records": None}, "wrong_type", "/records"),
            ({"records": {"record_ref": "A"}}, "wrong_type", "/records"),
            ({"records": "A"}, "wrong_type", "/records"),
            ({"records": [], "replace": True}, "unknown_field", "/replace"),
        ],
    )
    async def test_a_body_that_is_no_push_is_refused_whole(
        self, api: Api, database: Database, body: dict[str, Any], code: str, pointer: str
    ) -> None:
        await register(api)
        async with watching(database) as watch:
            answer = await api.core.put(PATH, body)
            assert problem(answer) == (422, code)
            assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
            assert await watch.changes() == set()

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"[]",
            b"null",
            b'{"records": [',
            b'{"records": [{"record_ref": "A", "record_ref": "B"}]}',
            b'{"records": [' + b"[" * 10_000 + b"]" * 10_000 + b"]}",
            b'{"records": [{"record_ref": "A", "events": ' + b'{"a":' * 31 + b"1" + b"}" * 31 + b"}]}",
            b'{"records": [NaN]}',
            b'{"records": ["\xff"]}',
            b'\xef\xbb\xbf{"records": []}',
        ],
    )
    async def test_what_is_not_json_as_the_api_takes_it_is_refused_whole(
        self, api: Api, database: Database, content: bytes
    ) -> None:
        await register(api)
        async with watching(database) as watch:
            headers = {"Content-Type": "application/json"}
            assert (await api.core.call("PUT", PATH, content=content, headers=headers)).status_code in {400, 422}
            assert await watch.changes() == set()

    async def test_an_unknown_subject_is_not_found_before_anything_else_is_wrong(self, api: Api) -> None:
        for body in ({"records": [FULL]}, {"records": 7}, {"unknown": 1}):
            assert problem(await api.core.put("/v1/subjects/M-404/records", body)) == (404, "not_found")

    @pytest.mark.parametrize("role", ["member", "representative", "staff", "dpo", "committee", "auditor", "partner"])
    async def test_only_the_core_banking_system_pushes(self, api: Api, role: str) -> None:
        await register(api)
        caller = api.as_role(role, subject_ref="M-1")
        for body in ({"records": [FULL]}, {"unknown": 1}):
            assert problem(await caller.put(PATH, body)) == (403, "forbidden")
        assert await listed(api) == []


class TestReading:
    async def test_pages_show_every_record_once_by_reference(self, api: Api) -> None:
        await register(api)
        refs = ["b", "A", "a.1", "Z-9", "_", "10", "9"]
        await push(api, "M-1", *(record(ref) for ref in refs))
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await api.staff.get(PATH, params={"limit": 2, **cursor})).json()
            assert len(page["items"]) <= 2
            seen += [item["record_ref"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert sorted(seen) == sorted(refs)
        assert seen == [item["record_ref"] for item in await listed(api)]

    async def test_a_cursor_is_good_for_the_list_of_its_subject_only(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        await push(api, "M-1", record("A"), record("B"))
        cursor = (await api.staff.get(PATH, params={"limit": 1})).json()["next_cursor"]
        for path in ("/v1/subjects/M-2/records", "/v1/subjects/M-1/retention"):
            assert problem(await api.staff.get(path, params={"cursor": cursor})) == (422, "bad_cursor")
        for damaged in ("", "AAAA", cursor[:-1], "ก"):
            assert problem(await api.staff.get(PATH, params={"cursor": damaged})) == (422, "bad_cursor")

    async def test_a_member_reads_their_own_and_nobody_elses(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        await push(api, "M-1", record("A"))
        assert [item["record_ref"] for item in (await api.member("M-1").get(PATH)).json()["items"]] == ["A"]
        assert problem(await api.member("M-2").get(PATH)) == (404, "not_found")
        assert problem(await api.member("M-2").get("/v1/subjects/M-404/records")) == (404, "not_found")
        assert problem(await api.staff.get("/v1/subjects/M-404/records")) == (404, "not_found")

    @pytest.mark.parametrize("role", ["partner", "admin", "committee"])
    async def test_who_may_not_read_records_is_refused(self, api: Api, role: str) -> None:
        await register(api)
        assert problem(await api.as_role(role).get(PATH)) == (403, "forbidden")


class TestTraces:
    async def test_each_push_leaves_one_audit_entry_with_counts_and_no_rows(self, api: Api, database: Database) -> None:
        await register(api)
        await pushed(api, FULL, record("A"), record("A"), record("B", storage="cloud"))
        [entry] = await database.fetch(
            "SELECT actor, object_type, object_id, subject_ref, details FROM audit_entry WHERE action = 'records.pushed'"
        )
        assert tuple(entry)[:4] == ("core_banking", "subject", "M-1", "M-1")
        assert json.loads(entry["details"]) == {
            "accepted": 2,
            "rejected": {"duplicate_record_ref": 1, "invalid_row": 1},
            "subjects": 1,
        }

    async def test_a_push_never_touches_the_subject(self, api: Api, database: Database) -> None:
        await register(api)
        before = await database.fetch("SELECT subject::text FROM subject")
        await pushed(api, FULL)
        assert await database.fetch("SELECT subject::text FROM subject") == before


class TestRaces:
    async def test_pushes_of_the_same_rows_in_any_order_all_succeed(self, api: Api) -> None:
        await register(api)
        rows = [record(f"R-{number:03}") for number in range(400)]
        orders = [rows, rows[::-1], rows[200:] + rows[:200], rows[::2] + rows[1::2]] * 2
        answers = await asyncio.gather(*(pushed(api, *order) for order in orders))
        assert answers == [{"accepted": 400, "rejected": []}] * 8

    async def test_pushes_of_different_rows_lose_none(self, api: Api, database: Database) -> None:
        await register(api)
        parts = [[record(f"R-{part}-{number}") for number in range(100)] for part in range(8)]
        await asyncio.gather(*(pushed(api, *part) for part in parts))
        assert [tuple(row) for row in await database.fetch("SELECT count(*) FROM held_record")] == [(800,)]

    async def test_pushes_and_registrations_do_not_stand_in_each_others_way(self, api: Api) -> None:
        await register(api)
        rows = [record(f"R-{number:03}") for number in range(200)]
        calls = [pushed(api, *rows), api.core.put("/v1/subjects/M-1", particulars())] * 1
        pushes = [pushed(api, *rows[::-1]) for _ in range(4)]
        puts = [api.core.put("/v1/subjects/M-1", particulars(language="en")) for _ in range(4)]
        answers = await asyncio.gather(*calls, *pushes, *puts)
        assert all(answer == {"accepted": 200, "rejected": []} for answer in answers if isinstance(answer, dict))
        assert all(answer.status_code == 200 for answer in answers if not isinstance(answer, dict))
