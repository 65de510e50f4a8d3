"""What a request is called: by us, and by its caller (API 1)."""

import logging
import re
from uuid import UUID, uuid4

import pytest

from tests.support.api import Api
from tests.support.database import Database
from tests.support.holds import hold
from tests.support.members import register

OURS = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NATIONAL_ID = "1101700203451"


async def missed(api: Api, request_id: str) -> tuple[str, str]:
    """The id in the header of an answer, and the one in its problem document."""
    answer = await api.staff.get("/v1/subjects/M-9", headers={"X-Request-ID": request_id})
    return answer.headers["X-Request-ID"], answer.json()["instance"]


@pytest.mark.parametrize("request_id", [str(uuid4()), str(uuid4()).upper()])
async def test_a_uuid_of_the_caller_is_taken_over(api: Api, request_id: str) -> None:
    assert await missed(api, request_id) == (request_id, f"urn:uuid:{request_id.lower()}")


@pytest.mark.parametrize("request_id", [NATIONAL_ID, "batch-7.1", "x" * 128, "0" * 32])
async def test_another_id_goes_back_and_the_instance_is_a_uuid_all_the_same(api: Api, request_id: str) -> None:
    echoed, instance = await missed(api, request_id)
    assert echoed == request_id
    assert OURS.fullmatch(instance.removeprefix("urn:uuid:"))


@pytest.mark.parametrize("request_id", ["x" * 129, "a b", "ก", ""])
async def test_an_unsafe_id_is_replaced(api: Api, request_id: str) -> None:
    answer = await api.staff.get("/v1/subjects/M-9", headers={b"X-Request-ID": request_id.encode()})
    assert answer.json()["instance"] == f"urn:uuid:{UUID(answer.headers['X-Request-ID'])}"


async def test_a_number_sent_as_an_id_reaches_neither_log_nor_audit(
    api: Api, database: Database, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await register(api)
    with caplog.at_level(logging.DEBUG):
        answer = await api.dpo.post("/v1/legal-holds", hold(), headers={"X-Request-ID": NATIONAL_ID})
    assert answer.headers["X-Request-ID"] == NATIONAL_ID
    said = capsys.readouterr()
    assert "request_id" in said.out + said.err + caplog.text, "it was logged"
    assert NATIONAL_ID not in said.out + said.err + caplog.text
    entries = await database.fetch("SELECT request_id FROM audit_entry")
    assert all(OURS.fullmatch(entry["request_id"]) for entry in entries)
    assert entries
