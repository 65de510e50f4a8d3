"""What is asked and answered about a request, over HTTP."""

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import register
from tests.support.requests import submit

QUESTION, ANSWER, REASON = "Which loan do you mean?", "The one of 2015, with Somchai.", "Found the papers."


async def exchanged(api: Api) -> str:
    """A request about which something was asked, answered and said at last."""
    await register(api)
    path = f"/v1/requests/{(await submit(api))['id']}"
    for caller, call, body in (
        (api.staff, "information-requests", {"question": QUESTION}),
        (api.member("M-1"), "information", {"answer": ANSWER}),
        (api.member("M-1"), "cancellation", {"reason": REASON}),
    ):
        assert (await caller.post(f"{path}/{call}", body)).status_code == 200
    return path


async def texts(api: Api, path: str) -> list[tuple[str, str | None]]:
    answer = await api.get(f"{path}/messages")
    assert answer.status_code == 200
    return [(message["direction"], message["text"]) for message in answer.json()["items"]]


@pytest.mark.parametrize("role", ["member", "staff", "dpo"])
async def test_those_who_take_part_read_what_was_said_in_order(api: Api, role: str) -> None:
    path = await exchanged(api)
    caller = api.member("M-1", "low") if role == "member" else api.as_role(role)
    said = [("question", QUESTION), ("answer", ANSWER), ("cancellation", REASON)]
    assert await texts(caller, path) == said


async def test_an_auditor_sees_that_something_was_said_and_not_what(api: Api) -> None:
    path = await exchanged(api)
    assert await texts(api.as_role("auditor"), path) == [("question", None), ("answer", None), ("cancellation", None)]


async def test_nobody_reads_what_was_said_about_another_s_request(api: Api) -> None:
    path = await exchanged(api)
    await register(api, "M-2")
    assert problem(await api.member("M-2").get(f"{path}/messages")) == (404, "not_found")


async def test_that_officers_read_is_recorded_and_the_person_s_own_reading_is_not(api: Api, database: Database) -> None:
    path = await exchanged(api)
    read = "SELECT actor FROM audit_entry WHERE action = 'request.messages_read'"
    await texts(api.member("M-1"), path)
    await texts(api.as_role("auditor"), path)
    assert await database.fetch(read) == []
    await texts(api.staff, path)
    assert len(await database.fetch(read)) == 1


async def test_a_question_is_announced_to_the_registered_contact_without_its_text(api: Api) -> None:
    await exchanged(api)
    sent = (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert [message["kind"] for message in sent] == ["question"]
    assert QUESTION not in sent[0]["text"]


async def test_what_was_said_lies_sealed_in_the_database(api: Api, database: Database) -> None:
    await exchanged(api)
    for table in ("request_message", "outgoing_message", "request_event", "outgoing_event", "audit_entry"):
        rows = await database.fetch(f"SELECT {table}::text AS row FROM {table}")
        assert rows
        for said in (QUESTION, ANSWER, REASON):
            assert not any(said in row["row"] or said.encode().hex() in row["row"] for row in rows), table
