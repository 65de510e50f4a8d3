"""The letters of a request, over HTTP: each kind for each right, under both policies, in both languages."""

import re
from collections.abc import Mapping
from typing import Any

import asyncpg
import httpx
import pytest

from app.main import Process
from app.policies.loader import load_pack
from app.services import keys
from app.services.keys import KeyPurpose
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import EMAIL, PHONE, push, record, register
from tests.support.notices import published
from tests.support.packs import CHANTHABURI, OFFICIALS, SHIPPED_PACKS, ShippedPack
from tests.support.representatives import approved
from tests.support.requests import BODIES, decide, finish_tasks, submit
from tests.support.rights import RIGHTS, held
from tests.support.services import working

LEFT = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
OLD = record("D-old", events={"deposit_made": "2014-03-02"})
NEW = record("D-new", events={"deposit_made": "2024-03-02"})
QUESTION = "Which account do you mean?"
NOTE = "<b>We</b> are #sorry"
ALL = ("receipt", "information", "decision", "completion")


def body_of(kind: str, pack: ShippedPack) -> dict[str, Any]:
    if kind in {"restriction", "objection"}:
        return {"purposes": [pack.objectable]}
    return dict(RIGHTS[kind].body) if kind in RIGHTS else {}


async def started(api: Api, pack: ShippedPack, kind: str, **changes: Any) -> str:
    """The path of a request whose identity is proven."""
    if kind == "erasure":
        await register(api, membership=LEFT)
        await push(api, "M-1", record("A-1", **pack.past_record))
    else:
        await held(api, pack)
    return f"/v1/requests/{(await submit(api, kind=kind, **body_of(kind, pack), **changes))['id']}"


async def read(caller: Api, path: str, **wanted: str) -> httpx.Response:
    return await caller.get(f"{path}/letter", params=wanted)


async def text(caller: Api, path: str, **wanted: str) -> str:
    answer = await read(caller, path, **wanted)
    assert answer.status_code == 200, answer.text
    return answer.text


async def answered(api: Api, path: str) -> None:
    """Asked something, and answered."""
    assert (await api.staff.post(f"{path}/information-requests", {"question": QUESTION})).status_code == 200
    assert (await api.member("M-1").post(f"{path}/information", {"answer": "the old one"})).status_code == 200


@pytest.mark.packs(*SHIPPED_PACKS)
@pytest.mark.parametrize("kind", BODIES)
async def test_every_letter_of_every_right_in_both_languages(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await started(api, pack, kind)
    await answered(api, path)
    assert (await decide(api, path.rpartition("/")[2], "granted", note=NOTE)).status_code == 200
    await finish_tasks(api)
    member = api.member("M-1")
    reference = (await member.get(path)).json()["reference"]
    policy = load_pack(pack.name)
    for letter in (*ALL, *(("certificate",) if kind == "erasure" else ())):
        for language, era, name in (("th", "25", policy.controller.name.th), ("en", "20", policy.controller.name.en)):
            answer = await read(member, path, kind=letter, language=language)
            assert answer.status_code == 200, (letter, answer.text)
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert f'inline; filename="{reference}-{letter}-{language}.html"' == answer.headers["content-disposition"]
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            page = answer.text
            assert f'<html lang="{language}">' in page
            assert reference in page
            assert name.replace("'", "&#39;") in page
            assert re.search(rf"\b{era}\d\d\b", page.split("</header>")[1]), (letter, language)
            assert not re.search(r"[{}]", page.split("</style>")[1]), (letter, language)
            assert not {PHONE, PHONE.replace("+66", "0"), EMAIL} & set(re.split(r"[\s<>]", page))


@pytest.mark.parametrize(
    ("letter", "kind"), [("certificate", "access"), ("completion", "erasure"), ("decision", "access")]
)
async def test_a_letter_that_was_not_issued_is_not_found(api: Api, letter: str, kind: str) -> None:
    path = await started(api, CHANTHABURI, kind)
    assert problem(await read(api.member("M-1"), path, kind=letter)) == (404, "not_found")


async def test_left_out_it_is_the_latest_in_the_language_of_the_request(api: Api) -> None:
    path = await started(api, CHANTHABURI, "access", language="en")
    member, seen = api.member("M-1"), []
    for step in (None, answered, None):
        if step is not None:
            await step(api, path)
        seen.append((await read(member, path)).headers["content-disposition"])
    await decide(api, path.rpartition("/")[2], "granted")
    seen.append((await read(member, path)).headers["content-disposition"])
    await finish_tasks(api)
    seen.append((await read(member, path)).headers["content-disposition"])
    order = ["receipt", "information", "information", "decision", "completion"]
    assert [re.findall(r"-(\w+-\w+)\.html", name) for name in seen] == [[f"{letter}-en"] for letter in order]


async def test_each_question_has_a_letter_and_the_newest_is_read(api: Api) -> None:
    path = await started(api, CHANTHABURI, "access")
    await answered(api, path)
    assert (await api.staff.post(f"{path}/information-requests", {"question": "And which year?"})).status_code == 200
    letter = await text(api.member("M-1"), path, kind="information")
    assert "And which year?" in letter
    assert QUESTION not in letter


GROUNDS = load_pack(CHANTHABURI.name).grounds
VALID = [
    *((kind, ground) for kind, asked in RIGHTS.items() for ground in sorted(asked.grounds)),
    *(("objection", ground) for ground in ("object_compelling", "object_legal_claims")),
    ("restriction", "restrict_ground_not_met"),
]


@pytest.mark.parametrize(("kind", "ground"), VALID)
async def test_each_ground_is_told_whole_with_its_provision_and_the_way_on(api: Api, kind: str, ground: str) -> None:
    path = await started(api, CHANTHABURI, kind)
    proposed = (await api.staff.get(f"{path}/assessment")).json()["items"]
    items = [{"ref": one["ref"], "outcome": "refused", "ground": ground, "note": NOTE} for one in proposed]
    assert (await decide(api, path.rpartition("/")[2], "refused", items=items)).status_code == 200
    thai, english = [await text(api.member("M-1"), path, language=language) for language in ("th", "en")]
    before = GROUNDS[ground].text
    assert all(part in thai for part in re.split("{.*?}", before.th))
    assert all(part.replace("'", "&#39;") in english for part in re.split("{.*?}", before.en))
    assert "the decision" not in english.partition(re.split("{.*?}", before.en)[0])[2][:120].split(".")[0]
    section = GROUNDS[ground].provision.partition("s.")[2].split(",")[0].partition(" ")[0]
    assert section in english
    assert "คณะกรรมการผู้เชี่ยวชาญ ณ สำนักงานคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล" in thai
    assert "expert committee at the Office of the Personal Data Protection Committee" in english
    assert "ไม่มีค่าใช้จ่าย" in thai
    assert "&lt;b&gt;We&lt;/b&gt; are #sorry" in thai
    assert "<b>We" not in thai


async def partly_erased(api: Api) -> str:
    """A decided erasure of somebody who left: one record goes, one stays for a law."""
    await register(api, membership=LEFT)
    await push(api, "M-1", OLD, NEW)
    request = await submit(api)
    assert (await decide(api, request["id"], "partly_granted")).status_code == 200
    return f"/v1/requests/{request['id']}"


async def test_what_stays_is_told_with_its_law_its_last_day_and_what_comes_then(api: Api) -> None:
    path = await partly_erased(api)
    thai, english = [await text(api.member("M-1"), path, language=language) for language in ("th", "en")]
    assert "พ.ร.บ. ป้องกันและปราบปรามการฟอกเงิน" in thai
    assert "The data must be kept under the " in english
    [item] = [one for one in (await api.staff.get(path)).json()["items"] if one["ref"] == "D-new"]
    year = int(item["deferred_until"][:4])
    assert re.search(rf"stored only, and not used, until \d+ \w+ {year}; then its erasure", english)
    assert re.search(rf"จนถึงวันที่ \d+ \S+ {year + 543} จากนั้นสหกรณ์จะพิจารณาลบตามคำขอนี้เอง", thai)


async def test_the_certificate_tells_what_was_destroyed_how_when_and_by_which_proof(api: Api) -> None:
    path = await partly_erased(api)
    await finish_tasks(api)
    letter = await text(api.member("M-1"), path, kind="certificate", language="en")
    for told in ("Erased", "Deposits (1 record)", "hard delete", "JOB-77", "(UTC+7)"):
        assert told in letter
    assert "D-old" not in letter
    completion = await text(api.member("M-1"), path, language="en")
    assert "D-new" in completion
    assert "taken up again without your asking" in completion


async def test_a_record_is_never_called_by_its_values_and_a_correction_tells_none(api: Api) -> None:
    await register(api)
    changes = [{"field": "phone", "current": "0899999999", "proposed": "0811111111", "evidence": ["my bill"]}]
    request = await submit(api, kind="correction", changes=changes)
    letter = await text(api.member("M-1"), f"/v1/requests/{request['id']}", language="en")
    assert "Correct phone" in letter
    assert not [value for value in ("0899999999", "0811111111", "my bill") if value in letter]


class TestUnchanged:
    async def test_another_policy_and_a_new_notice_leave_it_as_it_was(
        self, api: Api, applications: Mapping[str, tuple[object, Process]]
    ) -> None:
        path = await partly_erased(api)
        member = api.member("M-1")
        wanted = [{"kind": kind, "language": language} for kind in ("receipt", "decision") for language in ("th", "en")]
        before = [await text(member, path, **one) for one in wanted]
        await published(api)
        assert [await text(member, path, **one) for one in wanted] == before
        await api.post("/sandbox/clock", {"advance": "P3650D"})
        async with Api.over(*applications[OFFICIALS.name]) as later:
            assert [await text(later.member("M-1"), path, **one) for one in wanted] == before

    async def test_not_even_the_owner_of_the_database_changes_a_letter(self, api: Api, database: Database) -> None:
        await started(api, CHANTHABURI, "access")
        for statement in ("UPDATE letter SET kind = 'decision'", "DELETE FROM letter", "TRUNCATE letter"):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await database.execute(statement)

    async def test_a_document_is_the_same_to_the_byte(self, api: Api) -> None:
        path = await partly_erased(api)
        for kind in ("receipt", "decision"):
            first, second = [await read(api.member("M-1"), path, kind=kind, format="pdf") for _ in range(2)]
            assert first.content == second.content
            assert first.content.startswith(b"%PDF-")
            assert first.headers["content-type"] == "application/pdf"
            name = re.fullmatch(r'inline; filename="(.*)"', first.headers["content-disposition"])
            assert name is not None
            assert re.fullmatch(rf"R-\d{{4}}-\d{{6}}-{kind}-th\.pdf", name[1])

    async def test_it_is_read_after_the_erasure_and_until_the_evidence_is_destroyed(
        self, api: Api, process: Process
    ) -> None:
        await register(api, membership=LEFT)
        await push(api, "M-1", OLD)
        request = await submit(api)
        path = f"/v1/requests/{request['id']}"
        await decide(api, request["id"], "granted")
        before = await text(api.member("M-1"), path, kind="decision")
        await finish_tasks(api)
        assert (await api.staff.get("/v1/subjects/M-1")).json()["erased_at"] is not None
        assert await text(api.member("M-1"), path, kind="decision") == before
        for kind in ("receipt", "certificate", "completion"):
            assert "M-1" in await text(api.member("M-1"), path, kind=kind)
        async with working(process) as work:
            await keys.destroy(work, "M-1", KeyPurpose.EVIDENCE)
        assert problem(await read(api.member("M-1"), path)) == (404, "not_found")


class TestReaders:
    async def test_who_takes_part_reads_it_and_officers_leave_a_trace(self, api: Api, database: Database) -> None:
        path = await started(api, CHANTHABURI, "access")
        await answered(api, path)
        await approved(api, rights=["access"])
        representative = api.as_role("representative", subject_ref="P-1")
        traces = "SELECT actor FROM audit_entry WHERE action = 'request.letter_read'"
        for caller, shown, times in (
            (api.member("M-1"), True, 0),
            (representative, True, 0),
            (api.as_role("auditor"), False, 0),
            (api.staff, True, 1),
            (api.dpo, True, 2),
        ):
            letter = await text(caller, path, kind="information", language="en")
            assert (QUESTION in letter, "(not shown)" in letter) == (shown, not shown)
            assert len(await database.fetch(traces)) == times
        await text(api.staff, path, kind="receipt")
        assert len(await database.fetch(traces)) == 2

    async def test_nobody_else_does(self, api: Api) -> None:
        path = await started(api, CHANTHABURI, "access")
        await register(api, "M-2")
        await approved(api, rights=["erasure"])
        for caller in (api.member("M-2"), *(api.as_role("representative", subject_ref=ref) for ref in ("P-1", "P-2"))):
            assert problem(await read(caller, path)) == (404, "not_found")
        for caller in (api.core, *(api.as_role(role) for role in ("partner", "committee", "admin"))):
            assert problem(await read(caller, path)) == (403, "forbidden")
        assert problem(await read(api, path)) == (401, "invalid_token")

    async def test_heirs_read_the_answer_and_nothing_before_it(self, api: Api) -> None:
        path = await started(api, CHANTHABURI, "access")
        await held(api, CHANTHABURI, deceased_on="2026-01-05")
        await approved(api, relation="heir", rights="all")
        heir = api.as_role("representative", subject_ref="P-1")
        assert problem(await read(heir, path)) == (404, "not_found")
        assert (await decide(api, path.rpartition("/")[2], "refused")).status_code == 200
        assert "heir or transferee" in await text(heir, path, language="en")
        assert problem(await read(heir, path, kind="receipt")) == (404, "not_found")

    async def test_what_it_says_lies_nowhere_in_the_clear(self, api: Api, database: Database) -> None:
        path = await started(api, CHANTHABURI, "access")
        await answered(api, path)
        rows = await database.fetch("SELECT letter::text AS row FROM letter")
        assert len(rows) == 2
        reference = (await api.staff.get(path)).json()["reference"]
        assert not [row for row in rows for told in (QUESTION, reference) if told.encode().hex() in row["row"]]
        assert not [row for row in rows if QUESTION in row["row"]]


class TestComplaint:
    @pytest.mark.parametrize(("outcome", "told"), [("granted", "is founded"), ("refused", "not upheld")])
    async def test_its_answer_is_read_as_a_letter_and_among_the_messages(
        self, api: Api, outcome: str, told: str
    ) -> None:
        await register(api)
        about = await submit(api, kind="restriction")
        request = await submit(api, kind="complaint", about_request=about["id"])
        path = f"/v1/requests/{request['id']}"
        ground = {"ground": "complaint_not_founded"} if outcome == "refused" else {}
        items = [{"ref": "complaint", "outcome": outcome, **ground}]
        decided = await decide(api, request["id"], outcome, items=items, note=NOTE)
        assert decided.status_code == 200
        member = api.member("M-1", "low")
        said = (await member.get(f"{path}/messages")).json()["items"]
        assert [(one["direction"], one["text"]) for one in said[1:]] == [("decision", NOTE)]
        assert (await api.as_role("auditor").get(f"{path}/messages")).json()["items"][1]["text"] is None
        for wanted in ({"kind": "decision"}, {}):
            letter = await text(member, path, language="en", **wanted)
            assert told in letter
            assert "&lt;b&gt;We&lt;/b&gt; are #sorry" in letter
            assert "expert committee" in letter
            assert f"Request no. {about['reference']}" in letter
            assert "to the cooperative first" not in letter
