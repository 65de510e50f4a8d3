"""Disclosures to recipients: told by the systems, read by whom they are about (PDPA s.27, s.39(6))."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.disclosures import disclosed, disclosure
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.representatives import approved
from tests.support.requests import decide, finish_tasks, submit

both_packs = pytest.mark.packs(*SHIPPED_PACKS)


async def seen(caller: Api, **wanted: Any) -> list[dict[str, Any]]:
    answer = await caller.get("/v1/disclosures", params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@both_packs
class TestRecording:
    async def test_it_is_kept_as_it_was_told_and_seen_by_whom_it_is_about(self, api: Api, pack: ShippedPack) -> None:
        await register(api, **pack.person)
        first = await disclosed(api, pack)
        second = await disclosed(api, pack, categories=[pack.ordinary[0]])
        assert first["system"] == "core_banking"
        assert {name: first[name] for name in disclosure(pack)} == {
            **disclosure(pack),
            "categories": sorted(pack.ordinary),
            "disclosed_at": first["disclosed_at"],
        }
        for caller in (api.member("M-1"), api.core, api.staff, api.dpo, api.as_role("auditor")):
            assert await seen(caller, subject_ref="M-1") == [second, first]
        assert await seen(api.member("M-1")) == [second, first]

    async def test_what_the_policy_does_not_let_the_purpose_disclose_is_refused(
        self, api: Api, pack: ShippedPack
    ) -> None:
        await register(api, **pack.person)
        await push(api, "M-1", record("D-1", "member_data"))
        for changes, pointer in (
            ({"purpose": "nothing"}, "/purpose"),
            ({"recipient": "destruction_company"}, "/recipient"),
            ({"recipient": "revenue_department"}, "/recipient"),
            ({"categories": [pack.ordinary[0], "photo"]}, "/categories/1"),
            ({"record_refs": ["D-1", "D-9"]}, "/record_refs/1"),
        ):
            answer = await api.core.post("/v1/disclosures", disclosure(pack, **changes))
            assert answer.status_code == 422, changes
            assert answer.json()["errors"] == [{"pointer": pointer, "code": "not_allowed"}]
        assert await seen(api.core) == []

    async def test_the_unknown_are_not_found(self, api: Api, pack: ShippedPack) -> None:
        answer = await api.core.post("/v1/disclosures", disclosure(pack, subject_ref="M-9"))
        assert problem(answer) == (404, "not_found")
        assert problem(await api.core.get("/v1/disclosures", params={"subject_ref": "M-9"})) == (404, "not_found")


@pytest.mark.parametrize(("days", "status"), [(-3000, 201), (0.9, 201), (1.1, 422)])
async def test_what_has_not_happened_yet_is_no_disclosure(
    api: Api, pack: ShippedPack, days: float, status: int
) -> None:
    await register(api)
    now = datetime.fromisoformat((await api.get("/sandbox/clock")).json()["now"])
    body = disclosure(pack, disclosed_at=(now + timedelta(days=days)).isoformat())
    answer = await api.core.post("/v1/disclosures", body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"] == [{"pointer": "/disclosed_at", "code": "out_of_range"}]


async def test_an_authority_gets_what_rests_on_legal_obligation(api: Api, pack: ShippedPack) -> None:
    await register(api)
    told = {"purpose": "accounting_entries", "categories": ["financial"]}
    kept = await disclosed(api, pack, recipient="revenue_department", **told)
    assert kept["recipient"] == "revenue_department"
    assert problem(await api.core.post("/v1/disclosures", disclosure(pack, recipient="insurer", **told))) == (
        422,
        "not_allowed",
    )


class TestReading:
    async def test_people_see_their_own_and_those_of_whom_they_stand_for(self, api: Api, pack: ShippedPack) -> None:
        for ref in ("M-1", "M-2"):
            await register(api, ref)
            await disclosed(api, pack, subject_ref=ref)
        await approved(api)
        parent = api.as_role("representative", subject_ref="P-1", acr="high")
        assert [one["subject_ref"] for one in await seen(parent, subject_ref="M-1")] == ["M-1"]
        for caller in (parent, api.member("M-1")):
            answer = await caller.get("/v1/disclosures", params={"subject_ref": "M-2"})
            assert problem(answer) == (404, "not_found")
        assert problem(await api.member("M-1").post("/v1/disclosures", disclosure(pack))) == (403, "forbidden")
        assert [one["subject_ref"] for one in await seen(api.staff)] == ["M-2", "M-1"]

    async def test_pages_follow_each_other(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        kept = [await disclosed(api, pack) for _ in range(3)]
        first = (await api.core.get("/v1/disclosures", params={"limit": 2})).json()
        rest = (await api.core.get("/v1/disclosures", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert (first["items"] + rest["items"], rest["next_cursor"]) == (kept[::-1], None)
        foreign = {"cursor": first["next_cursor"], "subject_ref": "M-1"}
        assert problem(await api.core.get("/v1/disclosures", params=foreign)) == (422, "bad_cursor")


class TestWhateverElseStands:
    async def test_it_is_kept_after_an_objection_and_raises_nothing(
        self, api: Api, pack: ShippedPack, database: Database
    ) -> None:
        await register(api)
        stopped = ["payment_claim_evidence"]
        await submit(api, kind="objection", purposes=stopped)
        events = "SELECT count(*) AS n FROM outgoing_event"
        before = await database.fetch(events)
        told = {"purpose": stopped[0], "recipient": "courts_and_counsel", "categories": ["financial"]}
        kept = await disclosed(api, pack, **told)
        assert await seen(api.core) == [kept]
        assert await database.fetch(events) == before

    async def test_it_outlives_the_erasure_of_its_subject(self, api: Api, pack: ShippedPack) -> None:
        await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        kept = await disclosed(api, pack)
        assert (await decide(api, (await submit(api))["id"], "granted")).json()["status"] == "completed"
        assert (await api.dpo.get("/v1/subjects/M-1")).json()["erased_at"] is not None
        late = await disclosed(api, pack)
        assert await seen(api.dpo, subject_ref="M-1") == [late, kept]

    @pytest.mark.parametrize(
        "statement", ["UPDATE disclosure SET recipient = 'other'", "DELETE FROM disclosure", "TRUNCATE disclosure"]
    )
    async def test_nobody_changes_it(self, api: Api, pack: ShippedPack, database: Database, statement: str) -> None:
        await register(api)
        kept = await disclosed(api, pack)
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await database.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await Database(owner=database.service, service=database.service).execute(statement)
        assert await seen(api.dpo) == [kept]


@both_packs
async def test_access_tells_to_whom_a_record_was_disclosed_and_when(api: Api, pack: ShippedPack) -> None:
    await register(api, **pack.person)
    first, second = pack.ordinary
    await push(
        api,
        "M-1",
        record("A-1", "member_data", categories=[first]),
        record("B-1", "member_data", categories=[second]),
    )
    whole = await disclosed(api, pack, disclosed_at="2026-03-01T00:00:00Z")
    await disclosed(api, pack, disclosed_at="2026-05-01T00:00:00Z")
    await disclosed(api, pack, categories=[first, second], record_refs=["B-1"], disclosed_at="2026-06-01T00:00:00Z")
    request = await submit(api, kind="access")
    found = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()["holdings"]
    told = {holding["record_ref"]: holding["told"] for holding in found}
    of_a = {
        "recipient": pack.recipient,
        "purposes": [pack.consent],
        "categories": sorted(pack.ordinary),
        "first_at": whole["disclosed_at"],
        "last_at": "2026-05-01T00:00:00Z",
        "times": 2,
    }
    assert told == {"A-1": [of_a], "B-1": [{**of_a, "last_at": "2026-06-01T00:00:00Z", "times": 3}]}
    assert await finish_tasks(api) == []
