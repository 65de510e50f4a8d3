"""Retention over HTTP: what is said of each record on a day, to whom, and what moves it."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.clock import noon_of, set_to
from tests.support.database import Database
from tests.support.faults import watching
from tests.support.holds import PROVISION, placed, release
from tests.support.members import particulars, push, record, register
from tests.support.requests import decide, finish_tasks, submit

PATH = "/v1/subjects/M-1/retention"
TODAY = "2026-11-21"


async def said(api: Api, path: str = PATH) -> dict[str, dict[str, Any]]:
    """What is said of each record, by reference."""
    answer = await api.staff.get(path, params={"limit": 200})
    assert answer.status_code == 200, answer.text
    return {item["record_ref"]: item for item in answer.json()["items"]}


async def verdict(api: Api, subject_ref: str = "M-1") -> tuple[str, str | None, str | None]:
    """What is said of the subject's only record."""
    [item] = (await said(api, f"/v1/subjects/{subject_ref}/retention")).values()
    return item["action"], item["until"], item["waits_for"]


class TestActions:
    async def test_a_deposit_is_kept_until_its_last_day_with_every_reason(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2020-01-15"}))
        item = (await said(api))["D-1"]
        assert {name: item[name] for name in ("record_ref", "kind", "action", "until", "waits_for")} == {
            "record_ref": "D-1",
            "kind": "deposit",
            "action": "keep",
            "until": "2030-01-15",
            "waits_for": None,
        }
        period = item["because"][-1]
        assert (period["rule"], period["clause"], period["law"], period["ground"], period["until"]) == (
            "ret_deposit",
            "9.1(1)",
            "Civil Code s.193/30",
            "erase_legal_claims",
            "2030-01-15",
        )
        assert period["th"].endswith("ถึงวันที่ 15 มกราคม 2573")
        assert period["en"].endswith("until 15 January 2030")

    async def test_a_floor_that_ends_later_than_the_policy_decides(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api)
        events = {"deposit_made": "2014-03-02", "transaction_made": "2023-03-02"}
        await push(api, "M-1", record("D-1", events=events))
        item = (await said(api))["D-1"]
        assert (item["action"], item["until"]) == ("keep", "2028-03-02")
        assert [(reason["law"], reason["ground"]) for reason in item["because"]] == [
            ("AMLA s.22(2)", "erase_legal_compliance")
        ]

    async def test_what_has_outlived_every_period_is_to_be_disposed_of(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2014-03-02"}))
        item = (await said(api))["D-1"]
        assert (item["action"], item["until"], item["waits_for"]) == ("dispose", None, None)
        assert {reason["ground"] for reason in item["because"]} == {None}

    async def test_a_record_whose_period_has_not_begun_waits_for_the_event_that_starts_it(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1"))
        assert await verdict(api) == ("keep", None, "deposit_made")

    async def test_a_condition_keeps_for_as_long_as_it_lasts(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api)
        loan = record("L-1", "loan_contract", events={"loan_contract_expired": "2010-01-01"})
        await push(api, "M-1", {**loan, "conditions": ["debt_outstanding"]})
        assert await verdict(api) == ("keep", None, "debt_outstanding")
        await push(api, "M-1", loan)
        assert await verdict(api) == ("dispose", None, None)

    async def test_a_later_settlement_starts_the_period_of_a_loan_anew(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api)
        events = {"loan_contract_expired": "2010-01-01", "loan_settled": "2020-06-30"}
        await push(api, "M-1", record("L-1", "loan_contract", events=events))
        assert await verdict(api) == ("keep", "2030-06-30", None)

    async def test_a_kind_that_no_rule_knows_is_unresolved_and_never_disposed_of(self, api: Api) -> None:
        await noon_of(api, "2120-01-01")
        await register(api)
        await push(api, "M-1", record("X-1", "parking_permit", events={"deposit_made": "1990-01-01"}))
        assert await verdict(api) == ("unresolved", None, None)

    async def test_credit_life_cover_is_unresolved_until_the_insurer_states_a_period(self, api: Api) -> None:
        await register(api)
        await push(
            api, "M-1", record("I-1", "credit_life_insurance", insurer="INS-1", events={"cover_ended": "2000-01-01"})
        )
        assert await verdict(api) == ("unresolved", None, None)

    async def test_a_legal_hold_stands_above_all_of_them(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api)
        await push(
            api,
            "M-1",
            record("kept", events={"deposit_made": "2020-01-15"}),
            record("waiting", "loan_contract"),
            record("over", events={"deposit_made": "2000-01-15"}),
            record("unknown", "parking_permit"),
        )
        before = await said(api)
        assert [before[ref]["action"] for ref in ("kept", "waiting", "over", "unknown")] == [
            "keep",
            "keep",
            "dispose",
            "unresolved",
        ]
        hold_id = (await placed(api))["id"]
        during = await said(api)
        assert {(item["action"], item["until"], item["waits_for"]) for item in during.values()} == {
            ("hold", None, None)
        }
        assert {item["because"][0]["law"] for item in during.values()} == {PROVISION}
        await release(api.dpo, hold_id)
        assert await said(api) == before

    async def test_a_hold_on_one_record_leaves_the_others_as_they_are(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("A"), record("B"))
        before = await said(api)
        await placed(api, record_refs=["A"])
        after = await said(api)
        assert after["A"]["action"] == "hold"
        assert after["B"] == before["B"]


class TestDays:
    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            ("2026-02-27", ("keep", "2026-02-28", None)),
            ("2026-02-28", ("keep", "2026-02-28", None)),
            ("2026-03-01", ("dispose", None, None)),
        ],
    )
    async def test_a_period_from_a_leap_day_ends_on_the_last_of_february(
        self, api: Api, day: str, expected: tuple[str, str | None, str | None]
    ) -> None:
        await noon_of(api, day)
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2016-02-29"}))
        assert await verdict(api) == expected

    async def test_the_last_day_ends_at_midnight_in_bangkok(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2016-05-10"}))
        await set_to(api, "2026-05-10T16:59:50Z")
        assert await verdict(api) == ("keep", "2026-05-10", None)
        await set_to(api, "2026-05-10T17:00:00Z")
        assert await verdict(api) == ("dispose", None, None)

    async def test_an_event_of_tomorrow_has_not_happened_yet(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2027-01-02"}))
        await noon_of(api, "2027-01-01")
        assert await verdict(api) == ("keep", None, "deposit_made")
        await noon_of(api, "2027-01-02")
        assert await verdict(api) == ("keep", "2037-01-02", None)

    async def test_the_clock_may_be_put_back_and_says_again_what_it_said(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2016-05-10"}))
        await noon_of(api, "2026-05-10")
        before = await said(api)
        await noon_of(api, "2026-05-11")
        assert await said(api) != before
        await noon_of(api, "2026-05-10")
        assert await said(api) == before


class TestMembership:
    async def test_member_data_is_kept_while_the_membership_lasts_and_ten_years_after(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("P-1", "member_data"))
        await noon_of(api, TODAY)
        assert await verdict(api) == ("keep", None, "membership_terminated")
        await register(api, membership={"joined_on": "1995-06-01", "ended_on": "2016-11-21"})
        assert await verdict(api) == ("keep", TODAY, None)
        await noon_of(api, "2026-11-22")
        assert await verdict(api) == ("dispose", None, None)

    async def test_a_membership_that_ends_in_the_future_lasts_until_then(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api, membership={"joined_on": "1995-06-01", "ended_on": "2026-11-22"})
        await push(api, "M-1", record("P-1", "member_data"))
        assert await verdict(api) == ("keep", None, "membership_terminated")
        await noon_of(api, "2026-11-22")
        assert await verdict(api) == ("keep", "2036-11-22", None)

    @pytest.mark.parametrize("kind", ["family", "guarantor", "referee", "beneficiary"])
    async def test_connected_persons_follow_the_member(self, api: Api, kind: str) -> None:
        await noon_of(api, TODAY)
        await register(api)
        await api.core.put("/v1/subjects/C-1", {"kind": kind, "related_to": ["M-1"]})
        await push(api, "C-1", record("P-1", "member_data"))
        assert await verdict(api, "C-1") == ("keep", None, "membership_terminated")
        await register(api, membership={"joined_on": "1995-06-01", "ended_on": "2018-06-30"})
        assert await verdict(api, "C-1") == ("keep", "2028-06-30", None)
        await register(api)
        assert await verdict(api, "C-1") == ("keep", None, "membership_terminated")

    async def test_of_several_members_the_last_to_leave_counts(self, api: Api) -> None:
        await noon_of(api, TODAY)
        for ref, ended_on in (("M-1", "2010-06-30"), ("M-2", "2018-06-30"), ("M-3", "2014-06-30")):
            await register(api, ref, membership={"joined_on": "1995-06-01", "ended_on": ended_on})
        body = {"kind": "guarantor", "related_to": ["M-1", "M-2", "M-3", "M-unknown"]}
        await api.core.put("/v1/subjects/C-1", body)
        await push(api, "C-1", record("P-1", "member_data"))
        assert await verdict(api, "C-1") == ("keep", "2028-06-30", None)

    async def test_members_follow_nobody_but_themselves(self, api: Api) -> None:
        await noon_of(api, TODAY)
        await register(api, "M-2")
        ended = {"joined_on": "1995-06-01", "ended_on": "2018-06-30"}
        await register(api, "M-1", related_to=["M-2"], membership=ended)
        await push(api, "M-1", record("P-1", "member_data"))
        assert await verdict(api) == ("keep", "2028-06-30", None)

    @pytest.mark.parametrize(
        "changes",
        [
            {"deceased_on": "2020-01-01"},
            {"legal_capacity": "incompetent"},
            {"legal_capacity": "quasi_incompetent"},
            {"married_on": "2000-01-01"},
            {"born_on": "2020"},
            {"language": "en"},
            {"contacts": {}},
        ],
    )
    async def test_who_the_person_is_makes_no_difference(self, api: Api, changes: dict[str, Any]) -> None:
        await register(api)
        await push(
            api,
            "M-1",
            record("P-1", "member_data"),
            record("D-1", events={"deposit_made": "2014-03-02"}),
            record("A-1", "account_opening", events={"account_opened": "2010-01-01"}),
        )
        before = await said(api)
        await register(api, **changes)
        assert await said(api) == before


class TestErasures:
    async def test_an_erasure_that_is_asked_for_keeps_nothing(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", events={"deposit_made": "2014-03-02"}))
        before = await said(api)
        await submit(api)
        assert await said(api) == before

    async def test_what_is_granted_or_put_off_is_still_told_and_what_is_erased_is_not(self, api: Api) -> None:
        await register(api)
        await push(
            api,
            "M-1",
            record("new", events={"deposit_made": "2024-03-02"}),
            record("old", events={"deposit_made": "2014-03-02"}),
            record("paper", storage="paper", events={"deposit_made": "2014-03-02"}),
        )
        before = await said(api)
        request = await submit(api)
        await decide(api, request["id"], "partly_granted")
        assert await said(api) == before
        await finish_tasks(api)
        assert await said(api) == {ref: before[ref] for ref in ("new", "paper")}


class TestPages:
    async def test_pages_show_every_record_once_by_reference(self, api: Api) -> None:
        await register(api)
        refs = [f"R-{number:03}" for number in range(23)]
        await push(api, "M-1", *(record(ref) for ref in reversed(refs)))
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await api.staff.get(PATH, params={"limit": 5, **cursor})).json()
            assert len(page["items"]) <= 5
            seen += [item["record_ref"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen == refs

    async def test_a_full_last_page_leads_nowhere(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("A"), record("B"))
        page = (await api.staff.get(PATH, params={"limit": 2})).json()
        assert (len(page["items"]), page["next_cursor"]) == (2, None)

    @pytest.mark.parametrize("limit", ["0", "201", "-1", "1.0", "x", "9223372036854775808", "๕"])
    async def test_a_limit_is_a_whole_number_from_1_to_200(self, api: Api, limit: str) -> None:
        await register(api)
        assert problem(await api.staff.get(PATH, params={"limit": limit}))[0] == 422

    async def test_a_cursor_belongs_to_one_subjects_retention(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        await push(api, "M-1", record("A"), record("B"))
        cursor = (await api.staff.get(PATH, params={"limit": 1})).json()["next_cursor"]
        assert (await api.staff.get(PATH, params={"cursor": cursor})).status_code == 200
        for path in ("/v1/subjects/M-2/retention", "/v1/subjects/M-1/records"):
            assert problem(await api.staff.get(path, params={"cursor": cursor})) == (422, "bad_cursor")


class TestReaders:
    async def test_a_member_sees_their_own_and_no_difference_between_anothers_and_none(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        await push(api, "M-1", record("A"))
        assert (await api.member("M-1").get(PATH)).json() == (await api.staff.get(PATH)).json()
        for path in ("/v1/subjects/M-2/retention", "/v1/subjects/M-404/retention"):
            assert problem(await api.member("M-1").get(path)) == (404, "not_found")

    @pytest.mark.parametrize("role", ["core_banking", "staff", "dpo", "committee", "auditor"])
    async def test_staff_committee_auditor_and_core_system_see_everyones(self, api: Api, role: str) -> None:
        await register(api)
        assert (await api.as_role(role).get(PATH)).json() == {"items": [], "next_cursor": None}
        assert problem(await api.as_role(role).get("/v1/subjects/M-404/retention")) == (404, "not_found")

    @pytest.mark.parametrize("role", ["partner", "admin"])
    async def test_others_are_refused(self, api: Api, role: str) -> None:
        for path in (PATH, "/v1/subjects/M-404/retention"):
            assert problem(await api.as_role(role).get(path)) == (403, "forbidden")

    async def test_reading_leaves_no_trace(self, api: Api, database: Database) -> None:
        await register(api)
        await push(api, "M-1", record("A"))
        async with watching(database) as watch:
            await asyncio.gather(*(api.as_role(role).get(PATH) for role in ("core_banking", "staff", "dpo", "auditor")))
            assert await watch.changes() == set()

    async def test_what_one_officer_changes_the_next_reading_tells(self, api: Api) -> None:
        await noon_of(api, TODAY)
        answer = await api.core.put("/v1/subjects/M-1", particulars(membership={"joined_on": "1990-01-01"}))
        assert answer.status_code == 201
        await push(api, "M-1", record("A-1", "account_opening", events={"account_opened": "2010-01-01"}))
        assert await verdict(api) == ("keep", None, "account_closed_or_relationship_ended")
        await register(api, membership={"joined_on": "1990-01-01", "ended_on": "2020-05-05"})
        assert await verdict(api) == ("keep", "2030-05-05", None)
        events = {"account_opened": "2010-01-01", "account_closed": "2021-05-05"}
        await push(api, "M-1", record("A-1", "account_opening", events=events))
        assert await verdict(api) == ("keep", "2031-05-05", None)
