"""A service delivers by itself, through a mail server and a gateway that its environment names, and logs codes alone."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.cli.running import Said, call, logged, sandbox, serving
from tests.support.faults import forms
from tests.support.gateway import SmsGateway
from tests.support.key_server import http
from tests.support.members import particulars
from tests.support.post_office import post_office
from tests.support.requests import erasure

PHONE, EMAIL = "+66891112277", "somsri.kanary@member.example"
CODED = {"via": "sms"}


def speak(url: str) -> tuple[str, str]:
    """A member with an unproven request, a code and a question on their way; the code and the request's reference."""
    assert (
        call(url, "PUT", "/v1/subjects/M-1", particulars(contacts={"phone": PHONE, "email": EMAIL})).status_code == 201
    )
    asked = call(url, "POST", "/v1/requests/erasure", erasure(channel="counter"), role="staff").json()
    path = f"/v1/requests/{asked['id']}"
    assert call(url, "POST", f"{path}/identity/challenges", CODED, role="staff").status_code == 201
    [sent] = httpx.get(f"{url}/sandbox/outbox", params={"to": "M-1"}, trust_env=False).json()["items"]
    seen = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
    assert call(url, "POST", f"{path}/identity/verifications", seen, role="staff").status_code == 200
    question = {"question": "Which loan?"}
    assert call(url, "POST", f"{path}/information-requests", question, role="staff").status_code == 200
    return sent["code"], asked["reference"]


def serve(settings: dict[str, str], arrived: Callable[[], bool]) -> tuple[str, str, Said]:
    """Run a service until messages have arrived; the code, the reference, and what it said."""
    with serving(**settings) as service:
        code, reference = speak(service.ready())
        for _ in range(400):
            if arrived():
                break
            time.sleep(0.05)
        time.sleep(0.3)  # what became of them is logged
        return code, reference, service.end()


async def test_messages_leave_a_running_service_and_its_log_holds_no_address_and_no_code(data_dir: Path) -> None:
    async with post_office() as office, SmsGateway.running() as gateway:
        office.data = f"451 {EMAIL} is greylisted"
        gateway.answer = http(f"no credit for {PHONE}".encode(), "503 Later")
        settings = sandbox(
            data_dir,
            SITTHI_LOG_LEVEL="debug",
            SITTHI_SMTP_URL=f"smtp://127.0.0.1:{office.port}?starttls=never",
            SITTHI_SMTP_FROM="privacy@coop.example",
            SITTHI_SMS_URL=gateway.url,
            SITTHI_SMS_BODY='{"to": "{to}", "text": "{text}"}',
        )
        code, reference, said = await asyncio.to_thread(
            serve, settings, lambda: bool(office.received and gateway.posted)
        )
        assert code in json.loads(gateway.posted[0].body)["text"]
        assert reference in office.texts[0]
    taken = {line["reason"] for line in logged(said) if line["event"] == "job_refused"}
    assert taken == {"smtp_451", "http_503"}
    for secret in (PHONE, EMAIL, code, reference):
        assert not any(form in said.err + said.out for form in forms(secret)), "a code, an address or a reference"
