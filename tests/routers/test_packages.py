"""Packages from the last delivery to their removal: what is in them, who is told, and what is left afterwards."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import PURPOSE, given
from tests.support.database import Database
from tests.support.members import EMAIL, PHONE, push, record, register
from tests.support.packages import asked, built, claimed, fetched, row
from tests.support.packs import CHANTHABURI, OFFICIALS, ShippedPack
from tests.support.representatives import approved
from tests.support.requests import decide, finish_tasks, submit
from tests.support.rights import RIGHTS, held

CANARY = "ทุเรียน-32450"
NATIONAL_ID = "1101700203450"
OWN = {"provided_by_subject": True, "lawful_basis": "contract"}
LEFT = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}


async def delivered(api: Api, kind: str = "access", **body: Any) -> str:
    """A request of M-1 with one record, delivered in a part."""
    await register(api)
    await push(api, "M-1", record("D-1", **OWN))
    path = await asked(api, kind, **body)
    to_do = await claimed(api, path)
    assert (await to_do.put("a", [row("D-1", name=CANARY)])).status_code == 200
    assert (await to_do.complete(parts=["a"])).status_code == 200
    return path


async def package_of(api: Api, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.staff.get(f"{path}/package")).json()
    return found


@pytest.mark.packs(CHANTHABURI, OFFICIALS)
@pytest.mark.parametrize("kind", ["access", "portability"])
async def test_what_was_granted_is_packed_once_every_system_has_delivered(
    api: Api, pack: ShippedPack, kind: str
) -> None:
    await held(api, pack)
    path = await asked(api, kind, **RIGHTS[kind].body)
    assert problem(await api.staff.get(f"{path}/package")) == (404, "not_found")
    await finish_tasks(api)
    assert (await package_of(api, path))["state"] == "building"
    assert await built(api)
    assert not await built(api)
    found = await package_of(api, path)
    assert (found["state"], found["attempts"], found["failure"]) == ("ready", 1, None)
    archive = await fetched(api.member("M-1"), path)
    assert archive.testzip() is None
    files = {name: archive.read(name) for name in archive.namelist()}
    assert {one["name"]: one["sha256"] for one in found["parts"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    manifest = json.loads(files.pop("manifest.json"))
    assert {one["name"]: (one["size"], one["sha256"]) for one in manifest["members"]} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }
    request = (await api.staff.get(path)).json()
    assert (manifest["reference"], manifest["kind"]) == (request["reference"], kind)
    assert sorted(one["record_ref"] for one in json.loads(files["data.json"])["records"]) == ["A-1", "B-1"]


class TestAccess:
    async def test_it_tells_what_is_held_and_what_this_service_holds_itself(self, api: Api) -> None:
        await register(api, national_id=NATIONAL_ID)
        await approved(api, "M-1")
        await given(api)
        loan = record("L-1", "loan_contract", categories=["contract_documents", "third_party"], source="legal_partner")
        await push(api, "M-1", record("D-1", events={"deposit_made": "2024-03-02"}), loan)
        path = await asked(api, format="html")
        to_do = await claimed(api, path)
        assert to_do.payload["redact_third_persons"] == ["L-1"]
        await to_do.put("a", [row("D-1", name=CANARY, note="<script>alert(1)</script>"), row("L-1", text="x" * 9000)])
        await to_do.complete(parts=["a"])
        await built(api)
        archive = await fetched(api.member("M-1"), path)
        data = json.loads(archive.read("data.json"))
        assert [one["record_ref"] for one in data["records"]] == ["D-1", "L-1"]
        deposit, loan = data["about"]
        assert (deposit["retention"]["until"], deposit["purposes"]) == ("2034-03-02", ["transaction_evidence"])
        assert (loan["source"], loan["third_persons"]) == ("legal_partner", True)
        own = data["held_by_sitthi"]
        assert (own["person"]["phone"], own["person"]["email"]) == (PHONE, EMAIL)
        assert own["person"]["national_id"] == NATIONAL_ID
        assert [one["purpose"] for one in own["consents"]] == [PURPOSE]
        assert [one["event"] for one in own["consents"][0]["history"]] == ["granted"]
        assert [one["kind"] for one in own["requests"]] == ["access"]
        assert [one["representative_ref"] for one in own["representatives"]] == ["P-1"]
        page = archive.read("document.html").decode()
        for told in (CANARY, "2 มีนาคม 2577", "2 March 2034", "รายการฝากเงิน", "Deposits", "data.json", NATIONAL_ID):
            assert told in page, told
        assert "<script>" not in page
        assert "x" * 600 not in page

    async def test_to_whom_data_was_disclosed_is_told(self, api: Api) -> None:
        path = await delivered(api)
        said = {"subject_ref": "M-1", "recipient": "insurer", "purpose": "life_insurance_assessment"}
        for day in ("2026-01-02", "2026-02-02"):
            told = await api.core.post(
                "/v1/disclosures", {**said, "categories": ["personal_identity"], "disclosed_at": f"{day}T10:00:00Z"}
            )
            assert told.status_code == 201, told.text
        assert await built(api)
        archive = await fetched(api.member("M-1"), path)
        [found] = json.loads(archive.read("data.json"))["held_by_sitthi"]["disclosures"]
        assert (found["recipient"], found["categories"], found["times"]) == ("insurer", ["personal_identity"], 2)
        assert (found["first_at"][:10], found["last_at"][:10]) == ("2026-01-02", "2026-02-02")

    async def test_only_what_was_granted_is_told(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1"), record("P-1", "member_data", system="files", categories=["photo"]))
        ground = "access_law_court_and_others"
        items = [
            {"ref": "financial", "outcome": "granted"},
            {"ref": "photo", "outcome": "refused", "ground": ground},
        ]
        request = await submit(api, kind="access")
        path = f"/v1/requests/{request['id']}"
        assert (await decide(api, request["id"], "partly_granted", items=items)).status_code == 200
        await finish_tasks(api)
        await built(api)
        data = json.loads((await fetched(api.member("M-1"), path)).read("data.json"))
        assert [one["record_ref"] for one in data["about"]] == ["D-1"]
        assert [(one["ref"], one["ground"]) for one in data["left_out"]] == [("photo", ground)]

    async def test_as_pdf_where_that_was_asked_for(self, api: Api) -> None:
        path = await delivered(api, format="pdf")
        await built(api)
        archive = await fetched(api.member("M-1"), path)
        assert archive.namelist() == ["data.json", "document.pdf", "manifest.json"]
        assert archive.read("document.pdf").startswith(b"%PDF-")

    async def test_no_source_is_told_where_none_was_asked_for(self, api: Api) -> None:
        path = await delivered(api, include_sources=False)
        await built(api)
        archive = await fetched(api.member("M-1"), path)
        assert json.loads(archive.read("data.json"))["about"][0]["source"] is None
        assert "แหล่งที่มา</p>" not in archive.read("document.html").decode()

    async def test_what_is_not_granted_has_no_package(self, api: Api) -> None:
        await register(api)
        path = await asked(api, categories=["photo"], outcome="refused")
        assert problem(await api.member("M-1").get(f"{path}/package")) == (404, "not_found")


class TestPortability:
    async def test_a_table_for_each_kind_without_formulas_and_the_rest_with_its_reason(self, api: Api) -> None:
        await register(api)
        await push(
            api,
            "M-1",
            record("D-1", **OWN),
            record("D-2", **OWN),
            record("L-1", "loan_contract", **OWN),
            record("A-1", "accounting_entry", provided_by_subject=True, lawful_basis="legal_obligation"),
        )
        path = await asked(api, "portability", outcome="partly_granted", format="csv")
        to_do = await claimed(api, path)
        await to_do.put("a", [row("D-1", **{"=name": "=1+1", "amount": -5, "phone": "+66812345678"})])
        await to_do.put("b", [row("L-1", terms=[1, "=2"]), row("D-2", amount=1.5, note=" @SUM(A1)\nx")])
        await to_do.complete(parts=["a", "b"])
        await built(api)
        archive = await fetched(api.member("M-1"), path)
        deposits = list(csv.reader(io.StringIO(archive.read("csv/deposit.csv").decode(), newline="")))
        assert deposits == [
            ["record_ref", "'=name", "amount", "phone", "note"],
            ["D-1", "'=1+1", "-5", "'+66812345678", ""],
            ["D-2", "", "1.5", "", "' @SUM(A1)\nx"],
        ]
        loans = list(csv.reader(io.StringIO(archive.read("csv/loan_contract.csv").decode(), newline="")))
        assert loans == [["record_ref", "terms"], ["L-1", '[1, "=2"]']]
        data = json.loads(archive.read("data.json"))
        assert data["records"][0]["fields"]["phone"] == "+66812345678"
        assert [(one["ref"], one["ground"]) for one in data["left_out"]] == [("A-1", "port_public_task_or_law")]
        assert "held_by_sitthi" not in data
        assert "A-1" in archive.read("document.html").decode()


class TestAfterwards:
    async def test_the_subject_is_told_until_when_and_the_systems_that_it_is_ready(
        self, api: Api, database: Database
    ) -> None:
        path = await delivered(api)
        await built(api)
        found = await package_of(api, path)
        [message, *_] = (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
        assert message["kind"] == "package"
        assert (await api.staff.get(path)).json()["reference"] in message["text"]
        timeline = (await api.staff.get(f"{path}/timeline")).json()["items"]
        assert [one["event"] for one in timeline][-1] == "package.ready"
        events = await database.fetch("SELECT 1 FROM outgoing_event WHERE type = 'package.ready'")
        assert (len(events), found["remove_on"] is not None) == (1, True)

    async def test_what_it_was_made_of_is_gone_and_it_lies_sealed(self, api: Api, database: Database) -> None:
        await delivered(api)
        await built(api)
        for table in ("task_part", "task_part_chunk"):
            assert await database.fetch(f"SELECT 1 FROM {table}") == []
        assert await database.fetch("SELECT 1 FROM task WHERE result IS NOT NULL") == []
        boxes = await database.fetch("SELECT box FROM package_chunk")
        assert boxes
        assert not any(one["box"][12:14] == b"PK" or CANARY.encode() in one["box"] for one in boxes)

    async def test_it_is_removed_after_the_days_of_the_policy_at_the_start_of_the_day(
        self, api: Api, database: Database
    ) -> None:
        path = await delivered(api)
        await built(api)
        last = (await package_of(api, path))["remove_on"]
        await api.post("/sandbox/clock", {"at": f"{last}T00:00:00+07:00"})
        found = await package_of(api, path)
        assert (found["state"], found["remove_on"]) == ("removed", last)
        assert await database.fetch("SELECT 1 FROM package_chunk") == []
        events = await database.fetch("SELECT occurred_at::text FROM outgoing_event WHERE type = 'package.removed'")
        assert len(events) == 1
        answer = await api.member("M-1").post(f"{path}/package/links")
        assert problem(answer) == (410, "package_removed")

    async def test_the_day_before_it_is_still_there(self, api: Api) -> None:
        path = await delivered(api)
        await built(api)
        await api.post("/sandbox/clock", {"advance": "P29D"})
        assert (await package_of(api, path))["state"] == "ready"

    async def test_with_the_whole_subject_everything_goes_at_once(self, api: Api, database: Database) -> None:
        await register(api, membership=LEFT)
        old = record("D-1", events={"deposit_made": "2014-03-02"}, **OWN)
        await push(api, "M-1", old, record("P-1", "member_data", system="files", categories=["photo"]))
        ready = await asked(api, categories=["financial"])
        await finish_tasks(api)
        await built(api)
        unbuilt = await asked(api, categories=["photo"])
        await finish_tasks(api, "files")
        erasure = await submit(api)
        assert (await decide(api, erasure["id"], "granted")).status_code == 200
        for system in ("core_banking", "files"):
            await finish_tasks(api, system)
        assert await database.fetch("SELECT 1 FROM subject WHERE erased_at IS NULL") == []
        assert [(await package_of(api, path))["state"] for path in (ready, unbuilt)] == ["removed", "removed"]
        for table in ("package_chunk", "task_part"):
            assert await database.fetch(f"SELECT 1 FROM {table}") == []
        assert await database.fetch("SELECT 1 FROM task WHERE result IS NOT NULL") == []
        assert not await built(api)
        assert await database.fetch("SELECT 1 FROM keys.subject_key WHERE purpose = 'profile'") == []


async def test_who_may_only_look_sees_no_package(api: Api) -> None:
    path = await delivered(api)
    await built(api)
    for method, what in (("GET", "package"), ("POST", "package/links")):
        assert problem(await api.as_role("auditor").call(method, f"{path}/{what}")) == (403, "forbidden")


async def test_what_a_system_was_asked_for_and_has_not_delivered_is_told(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-1"), record("D-2"))
    path = await asked(api)
    task = await claimed(api, path)
    assert (await task.complete(records=[row("D-1", amount="1")])).status_code == 200
    assert await built(api)
    archive = await fetched(api.member("M-1"), path)
    data = json.loads(archive.read("data.json"))
    assert data["not_delivered"] == ["D-2"]
    assert [one["record_ref"] for one in data["records"]] == ["D-1"]
    assert "has not delivered it" in archive.read("document.html").decode()
