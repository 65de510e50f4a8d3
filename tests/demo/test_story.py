"""The demonstration tells its story to the end, and leaves alone what is not of it."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from app.demo import DemoFailed, tell
from tests.cli.running import call, sandbox, serving
from tests.embedded_processes import fresh_data_dir

REF = "/v1/subjects/M-1"
OLD = {
    "record_ref": "D-1",
    "kind": "deposit",
    "events": {"deposit_made": "2010-03-02"},
    "system": "core_banking",
    "storage": "database",
    "categories": ["financial"],
    "lawful_basis": "contract",
}
ASKED = {"subject_ref": "M-1", "channel": "counter", "scope": "all", "ground": "no_longer_necessary"}


@pytest.fixture
def url() -> Iterator[str]:
    """A sandbox."""
    with fresh_data_dir() as data_dir, serving(**sandbox(data_dir)) as service:
        yield service.ready()
        service.end()


@pytest.fixture
def another_policy() -> Iterator[str]:
    """A sandbox under the other pack."""
    with fresh_data_dir() as data_dir:
        environment = sandbox(data_dir, SITTHI_POLICY_PACK="cooperative-officials")
        with serving(**environment) as service:
            yield service.ready()
            service.end()


def in_fulfilment(url: str) -> str:
    """The path of somebody's request whose task waits for the core banking system."""
    particulars = {"kind": "member", "born_on": "1968", "membership": {"joined_on": "1990-01-01"}}
    call(url, "PUT", REF, particulars)
    call(url, "PUT", f"{REF}/records", {"records": [OLD]})
    request: dict[str, Any] = call(url, "POST", "/v1/requests/erasure", ASKED, role="staff").json()
    path = f"/v1/requests/{request['id']}"
    seen = {"method": "in_person", "document": {"kind": "national_id", "last4": "1234"}}
    call(url, "POST", f"{path}/identity/verifications", seen, role="staff")
    call(url, "POST", f"{path}/assessment", role="staff")
    decided = call(url, "POST", f"{path}/decision", {"outcome": "granted"}, role="dpo")
    assert decided.json()["status"] == "in_fulfilment", decided.text
    return path


def test_the_story_ends_and_other_peoples_tasks_wait_as_before(url: str) -> None:
    path = in_fulfilment(url)
    said = io.StringIO()
    tell(url, Console(file=said, width=200))
    assert "is completed, outcome partly_granted" in said.getvalue()
    assert call(url, "GET", path, role="staff").json()["status"] == "in_fulfilment"
    [task] = call(url, "GET", "/v1/tasks?status=open", role="staff").json()["items"]
    assert task["record_refs"] == ["D-1"]


def test_what_a_member_consents_to_may_be_used_until_they_take_it_back(url: str) -> None:
    said = io.StringIO()
    tell(url, Console(file=said, width=200))
    answers = [
        line.split("may I?")[1].split() for line in said.getvalue().splitlines() if line.lstrip().startswith("may I?")
    ]
    assert [answer[0] for answer in answers] == ["no:", "yes:", "no:"]
    assert "เจ้าของข้อมูลถอนความยินยอมแล้ว" in answers[-1]
    assert " ".join(answers[-1]).endswith("The consent was withdrawn")


def test_under_another_policy_the_story_is_not_begun(another_policy: str) -> None:
    said = io.StringIO()
    with pytest.raises(DemoFailed, match="policy chanthaburi-teachers, and the service is under cooperative-officials"):
        tell(another_policy, Console(file=said))
    assert said.getvalue() == ""
