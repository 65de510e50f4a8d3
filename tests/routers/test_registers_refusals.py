"""The register of refusals (PDPA s.39(7)), over HTTP under both packs."""

import csv
import io
from datetime import date
from typing import Any

import asyncpg
import pytest

from app.documents.csv_table import BYTE_ORDER_MARK
from app.domain.calendar import english_date, thai_date
from app.services import refusals
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.delivery import delivering
from tests.support.members import push, record, register
from tests.support.packs import CHANTHABURI, SHIPPED_PACKS, ShippedPack
from tests.support.requests import decide, submit
from tests.support.rights import asked, held, items_of

REGISTER = "/v1/registers/refusals"
both_packs = pytest.mark.packs(*SHIPPED_PACKS)


async def entries(api: Api, **wanted: Any) -> list[dict[str, Any]]:
    answer = await api.dpo.get(REGISTER, params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def refused(api: Api, pack: ShippedPack, kind: str, ground: str) -> dict[str, Any]:
    """A request of which the first item is granted and the second refused."""
    request_id = (await asked(api, pack, kind)).rpartition("/")[2]
    kept, dropped = items_of(kind, pack)
    items = [
        {"ref": kept, "outcome": "granted"},
        {"ref": dropped, "outcome": "refused", "ground": ground, "note": "ลับมาก"},
    ]
    answer = await decide(api, request_id, "partly_granted", items=items)
    assert answer.status_code == 200, answer.text
    request: dict[str, Any] = answer.json()
    return request


async def overdue_erasure(api: Api) -> dict[str, Any]:
    """Everything is asked for of somebody whose deposit the law keeps, and whose membership goes on."""
    await register(api)
    await push(api, "M-1", record("D-1", events={"deposit_made": "2024-03-02"}), record("X-1", "member_data"))
    answer = await decide(api, (await submit(api))["id"], "refused")
    assert answer.status_code == 200, answer.text
    request: dict[str, Any] = answer.json()
    return request


async def test_who_is_reached_by_no_channel_has_not_been_told(app: Any, api: Api, database: Database) -> None:
    async with delivering(app, api, database, outbox=False):
        await refused(api, CHANTHABURI, "correction", "rectify_accurate")
    [entry] = await entries(api)
    assert (entry["notified_at"], entry["channel"], entry["complaint_info_given"]) == (None, None, False)


@both_packs
class TestEntries:
    @pytest.mark.parametrize(
        ("kind", "ground", "mandatory"),
        [
            ("access", "access_law_court_and_others", True),
            ("portability", "port_others_rights", True),
            ("correction", "rectify_accurate", True),
            ("access", "insufficient_detail", False),
        ],
    )
    async def test_a_refused_item_is_entered_by_its_decision_and_a_granted_one_is_not(
        self, api: Api, pack: ShippedPack, kind: str, ground: str, mandatory: bool
    ) -> None:
        request = await refused(api, pack, kind, ground)
        granted, dropped = request["items"]
        [entry] = await entries(api)
        assert (granted["refusal_id"], granted["reason"]) == (None, None)
        assert (dropped["refusal_id"], dropped["reason"]) == (entry["id"], entry["reason"])
        assert entry == {
            "id": entry["id"],
            "request_id": request["id"],
            "reference": request["reference"],
            "subject_ref": "M-1",
            "right": kind,
            "item_ref": dropped["ref"],
            "ground": ground,
            "provision": entry["provision"],
            "register_mandatory": mandatory,
            "reason": entry["reason"],
            "evidence": [],
            "decided_by": "sandbox-dpo",
            "decided_at": request["decided_at"],
            "notified_at": request["decided_at"],
            "channel": "email",
            "complaint_info_given": True,
            "reviewer": "sandbox-staff",
            "policy": request["policy"],
        }
        assert entry["provision"].startswith("PDPA s.3")

    async def test_who_left_no_contact_has_not_been_told_by_message(self, api: Api, pack: ShippedPack) -> None:
        await held(api, pack, contacts={})
        request = await submit(api, kind="complaint")
        body = {
            "outcome": "refused",
            "items": [{"ref": "complaint", "outcome": "refused", "ground": "complaint_not_founded"}],
        }
        assert (await api.dpo.post(f"/v1/requests/{request['id']}/decision", body)).status_code == 200
        [entry] = await entries(api)
        told = (entry["notified_at"], entry["channel"], entry["complaint_info_given"], entry["reviewer"])
        assert told == (None, None, False, None)

    async def test_what_an_officer_noted_stands_nowhere_in_it(
        self, api: Api, pack: ShippedPack, database: Database
    ) -> None:
        await refused(api, pack, "correction", "rectify_no_evidence")
        rows = await database.fetch("SELECT refusal::text AS row FROM refusal")
        assert len(rows) == 1
        assert "ลับมาก" not in rows[0]["row"] + str(await entries(api))


class TestReasons:
    async def test_a_law_that_keeps_is_named_with_its_own_last_day_and_a_purpose_with_its_label(self, api: Api) -> None:
        request = await overdue_erasure(api)
        by_ref = {entry["item_ref"]: entry for entry in await entries(api)}
        deposit, member = by_ref["D-1"], by_ref["X-1"]
        assert deposit["ground"] == "erase_legal_compliance"
        assert (
            deposit["reason"]["en"]
            == "The data must be kept under the Anti-Money Laundering Act s.22(2) until 2 March 2029."
        )
        assert deposit["reason"]["th"].endswith("จนถึงวันที่ 2 มีนาคม 2572")
        assert "AMLA" not in deposit["reason"]["th"]
        assert {"law": "AMLA s.22(2)", "until": "2029-03-02"}.items() <= next(
            one for one in deposit["evidence"] if one["law"] == "AMLA s.22(2)"
        ).items()
        assert member["ground"] == "erase_still_necessary"
        assert "Take in membership applications" in member["reason"]["en"]
        assert "รับใบสมัครสมาชิกและเอกสาร" in member["reason"]["th"]
        assert [item["reason"] for item in request["items"]] == [
            by_ref[item["ref"]]["reason"] for item in request["items"]
        ]

    async def test_evidence_may_be_added_for_as_long_as_there_was_to_decide(self, api: Api, pack: ShippedPack) -> None:
        request = await refused(api, pack, "correction", "rectify_no_evidence")
        by = date.fromisoformat(request["sla"]["decide_by"])
        [entry] = await entries(api)
        assert entry["reason"]["en"].endswith(f"add to it by {english_date(by)}.")
        assert entry["reason"]["th"].endswith(f"ภายในวันที่ {thai_date(by)}")

    @pytest.mark.parametrize(
        ("kind", "needed"), [("access", "which data is wanted"), ("correction", "which entry is wrong")]
    )
    async def test_what_is_needed_is_told_by_the_right(
        self, api: Api, pack: ShippedPack, kind: str, needed: str
    ) -> None:
        await refused(api, pack, kind, "insufficient_detail")
        [entry] = await entries(api)
        assert needed in entry["reason"]["en"]


class TestReading:
    async def test_it_is_narrowed_and_paged_in_the_order_of_decisions(self, api: Api) -> None:
        await overdue_erasure(api)
        await api.post("/sandbox/clock", {"advance": "P10D"})
        await register(api, "M-2")
        complaint = await submit(api, "M-2", kind="complaint")
        body = {"items": [{"ref": "complaint", "outcome": "refused", "ground": "complaint_not_founded"}]}
        await decide(api, complaint["id"], "refused", **body)
        everything = await entries(api)
        assert [entry["right"] for entry in everything] == ["erasure", "erasure", "complaint"]
        days = [entry["decided_at"][:10] for entry in everything]
        for wanted, found in (
            ({"right": "complaint"}, everything[2:]),
            ({"ground": "erase_still_necessary"}, [e for e in everything if e["ground"] == "erase_still_necessary"]),
            ({"subject_ref": "M-1"}, everything[:2]),
            ({"from": days[2]}, everything[2:]),
            ({"until": days[0]}, everything[:2]),
            ({"from": days[0], "until": days[2]}, everything),
            ({"subject_ref": "M-9"}, []),
        ):
            assert await entries(api, **wanted) == found, wanted
        first = (await api.dpo.get(REGISTER, params={"limit": 2})).json()
        rest = (await api.dpo.get(REGISTER, params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert (first["items"] + rest["items"], rest["next_cursor"]) == (everything, None)
        foreign = await api.dpo.get(REGISTER, params={"cursor": first["next_cursor"], "right": "erasure"})
        assert problem(foreign) == (422, "bad_cursor")

    @pytest.mark.parametrize(
        "role", ["member", "representative", "core_banking", "staff", "committee", "partner", "admin"]
    )
    async def test_only_the_dpo_and_the_auditor_read_it(self, api: Api, role: str) -> None:
        assert problem(await api.as_role(role, subject_ref="M-1").get(REGISTER)) == (403, "forbidden")
        assert (await api.as_role("auditor").get(REGISTER)).status_code == 200


async def table(api: Api, query: str) -> tuple[list[dict[str, str]], str | None]:
    """The rows of an export, and the query of the next one."""
    answer = await api.dpo.get(f"{REGISTER}?{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="refusals.csv"'
    assert answer.text.startswith(BYTE_ORDER_MARK)
    link = answer.headers.get("link")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK), newline=""))), link and link[
        2:
    ].partition(">")[0]


class TestExport:
    async def test_the_whole_register_is_exported_in_bounded_tables(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await overdue_erasure(api)
        await register(api, "M-2")
        complaint = await submit(api, "M-2", kind="complaint")
        body = {"items": [{"ref": "complaint", "outcome": "refused", "ground": "complaint_not_founded"}]}
        await decide(api, complaint["id"], "refused", **body)
        monkeypatch.setattr(refusals, "EXPORTED", 2)
        rows, query = await table(api, "format=csv&from=2020-01-01&limit=1")
        assert query is not None
        rest, end = await table(api, query)
        assert (len(rows), len(rest), end) == (2, 1, None)
        for row, entry in zip(rows + rest, await entries(api), strict=True):
            assert (row["id"], row["ground"], row["reason_th"]) == (entry["id"], entry["ground"], entry["reason"]["th"])
            assert row["register_mandatory"] == "false"

    async def test_what_a_spreadsheet_would_run_is_only_text_there(self, api: Api) -> None:
        await register(api, "-1-cmd")
        complaint = await submit(api, "-1-cmd", kind="complaint")
        body = {"items": [{"ref": "complaint", "outcome": "refused", "ground": "complaint_not_founded"}]}
        assert (await decide(api, complaint["id"], "refused", **body)).status_code == 200
        [row], _ = await table(api, "format=csv")
        assert row["subject_ref"] == "'-1-cmd"
        assert (await entries(api))[0]["subject_ref"] == "-1-cmd"

    async def test_there_is_no_third_form(self, api: Api) -> None:
        assert problem(await api.dpo.get(REGISTER, params={"format": "pdf"})) == (422, "not_allowed")


class TestImmutability:
    @pytest.mark.parametrize(
        "statement", ["UPDATE refusal SET ground = 'other'", "DELETE FROM refusal", "TRUNCATE refusal"]
    )
    async def test_nobody_changes_an_entry(
        self, api: Api, pack: ShippedPack, database: Database, statement: str
    ) -> None:
        await refused(api, pack, "access", "insufficient_detail")
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await database.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await Database(owner=database.service, service=database.service).execute(statement)
        assert len(await entries(api)) == 1
