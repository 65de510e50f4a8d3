"""Complaints to the cooperative, over HTTP: what is theirs alone."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import register
from tests.support.representatives import approved
from tests.support.requests import complaint, decide, submit

TEXT = "They read my file aloud at the counter"
NOBODY_S = "0198c5f0-0000-7000-8000-000000000000"


async def complain(caller: Api, **changes: Any) -> Any:
    return await caller.post("/v1/requests/complaint", complaint(**changes))


async def test_a_weak_token_suffices_to_be_heard(api: Api) -> None:
    await register(api)
    request = (await complain(api.member("M-1", "low"))).json()
    assert (request["status"], request["identity"]["required"]) == ("in_review", "low")
    assert request["sla"]["decide_by"] == request["sla"]["complete_by"]


async def test_it_joins_the_case_of_the_request_it_is_about_and_has_a_clock_of_its_own(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T03:00:00Z"})
    await register(api)
    about = await submit(api, kind="objection")
    assert (await decide(api, about["id"], "granted")).json()["status"] == "completed"
    await api.post("/sandbox/clock", {"advance": "P10D"})
    request = await submit(api, kind="complaint", about_request=about["id"])
    assert request["case_id"] == about["case_id"]
    assert request["scope"] == {"about_request": about["id"]}
    assert request["sla"]["received_at"] == "2026-03-12"
    assert about["sla"]["decide_by"] < request["sla"]["decide_by"]


async def test_nothing_but_a_request_of_the_same_subject_that_one_may_see_is_complained_about(api: Api) -> None:
    await register(api)
    await register(api, "M-2")
    others = await submit(api, "M-2", "restriction")
    own = await submit(api, kind="restriction")
    await approved(api, rights=["complaint"])
    representative = api.as_role("representative", subject_ref="P-1", acr="substantial")
    for caller, about in (
        (api.member("M-1"), others["id"]),
        (api.staff, others["id"]),
        (api.member("M-1"), NOBODY_S),
        (representative, own["id"]),
    ):
        answer = await complain(caller, about_request=about)
        assert problem(answer) == (422, "not_allowed")
        assert answer.json()["errors"] == [{"pointer": "/about_request", "code": "not_allowed"}]
    assert (await complain(api.member("M-1"), about_request=own["id"])).status_code == 201


async def test_another_complaint_is_no_duplicate_and_nor_is_the_same_about_something_else(api: Api) -> None:
    await register(api)
    about = await submit(api, kind="restriction")
    first = await submit(api, kind="complaint")
    assert (await complain(api.member("M-1"))).json()["id"] == first["id"]
    other = await complain(api.member("M-1"), text="and again today")
    same_about = await complain(api.member("M-1"), about_request=about["id"])
    assert [other.status_code, same_about.status_code] == [201, 201]


class TestText:
    async def test_the_subject_and_officers_read_it_and_that_officers_did_is_recorded(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        path = f"/v1/requests/{(await submit(api, kind='complaint'))['id']}/messages"
        read = "SELECT actor FROM audit_entry WHERE action = 'request.messages_read'"
        for caller, text, times in (
            (api.member("M-1"), TEXT, 0),
            (api.as_role("auditor"), None, 0),
            (api.staff, TEXT, 1),
        ):
            said = (await caller.get(path)).json()["items"]
            assert [(message["direction"], message["text"]) for message in said] == [("reason", text)]
            assert len(await database.fetch(read)) == times

    async def test_it_lies_nowhere_in_the_clear(self, api: Api, database: Database) -> None:
        await register(api)
        assert TEXT not in str(await submit(api, kind="complaint"))
        for table in ("rights_request", "request_message", "request_event", "outgoing_event", "audit_entry"):
            rows = await database.fetch(f"SELECT {table}::text AS row FROM {table}")
            assert rows
            assert not any(TEXT in row["row"] or TEXT.encode().hex() in row["row"] for row in rows), table

    @pytest.mark.parametrize("text", [None, "", " ", "x" * 4001, "\u202eabc"])
    async def test_something_must_be_said(self, api: Api, text: str | None) -> None:
        await register(api)
        assert problem(await complain(api.member("M-1"), text=text))[0] == 422


async def test_the_decision_tells_the_way_to_the_expert_committee(api: Api) -> None:
    await register(api)
    request = await submit(api, kind="complaint", language="en")
    items = [{"ref": "complaint", "outcome": "refused", "ground": "complaint_not_founded"}]
    assert (await decide(api, request["id"], "refused", items=items)).json()["status"] == "refused"
    sent = (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert "expert committee" in sent[0]["text"]
