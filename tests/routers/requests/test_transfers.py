"""Direct transfer to another controller (PDPA s.31): only where the DPO entered it, declared, acknowledged, or given up."""

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest
from jose import jws

from app.core.outbound.client import READ_SECONDS
from app.core.signing import SigningKey, new_signing_key
from tests.support.api import Api
from tests.support.clock import advance
from tests.support.controllers import OTHER, controller, entered
from tests.support.database import Database
from tests.support.key_server import Answer, http
from tests.support.members import push, record, register
from tests.support.packages import asked, built, fetched
from tests.support.receiver import Receiver, redirection
from tests.support.requests import finish_tasks, submit
from tests.support.transfers import RECEIPT, acknowledging, declaration_of, sent

GIVEN = record("D-1", provided_by_subject=True, lawful_basis="contract", events={"deposit_made": "2024-03-02"})
TO = {"controller": "other_coop"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as receiver:
        yield receiver


async def decided(api: Api, **body: Any) -> str:
    """The path of a request for portability that was granted, its data delivered."""
    await register(api)
    await push(api, "M-1", GIVEN)
    path = await asked(api, "portability", **{"transfer_to": TO, **body})
    await finish_tasks(api)
    return path


async def ready(api: Api, receiver: Receiver) -> str:
    """The same, with a registered receiver, and the package made."""
    await entered(api, endpoint=receiver.url)
    path = await decided(api)
    assert await built(api)
    return path


async def transfer(api: Api, path: str) -> Any:
    return (await api.member("M-1").get(path)).json()["transfer"]


async def refusals(api: Api) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.dpo.get("/v1/registers/refusals")).json()["items"]
    return items


async def outbox(api: Api) -> list[str]:
    return [one["kind"] for one in (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]]


async def test_the_package_goes_to_the_registered_controller_with_a_declaration_that_our_published_key_signed(
    api: Api, receiver: Receiver
) -> None:
    path = await ready(api, receiver)
    receiver.usual = acknowledging(receiver)
    assert await sent(api)
    [got] = receiver.got
    keys = (await api.get("/.well-known/jwks.json")).json()
    said = json.loads(jws.verify(got.headers["sitthi-declaration"], keys, "ES256"))
    manifest = zipfile.ZipFile(io.BytesIO(got.body)).read("manifest.json")
    request = (await api.member("M-1").get(path)).json()
    assert said == {
        "jti": request["id"],
        "iss": "chanthaburi-teachers",
        "aud": "other_coop",
        "iat": said["iat"],
        "reference": request["reference"],
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "size": len(got.body),
    }
    assert got.headers["content-type"] == "application/zip"
    assert request["transfer"] == {"controller": "other_coop", "state": "sent", "ground": None}


async def test_what_is_acknowledged_is_told_kept_and_never_sent_again(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await ready(api, receiver)
    receiver.usual = acknowledging(receiver)
    assert await sent(api)
    assert not await sent(api)
    timeline = (await api.staff.get(f"{path}/timeline")).json()["items"]
    [told] = [step for step in timeline if step["event"] == "transfer.completed"]
    assert told["detail"] == {"controller": "other_coop"}
    assert "transfer" in await outbox(api)
    [row] = await database.fetch("SELECT receipt, sha256 FROM transfer")
    assert json.loads(jws.get_unverified_claims(row["receipt"]))["manifest_sha256"] == row["sha256"]
    assert await refusals(api) == []


async def test_the_member_can_fetch_the_same_package_besides(api: Api, receiver: Receiver) -> None:
    path = await ready(api, receiver)
    receiver.usual = acknowledging(receiver)
    assert await sent(api)
    theirs = await fetched(api.member("M-1"), path)
    assert zipfile.ZipFile(io.BytesIO(receiver.got[0].body)).namelist() == theirs.namelist()


async def test_a_controller_that_nobody_entered_gets_nothing_and_that_part_is_refused(api: Api) -> None:
    path = await decided(api)
    assert await transfer(api, path) == {
        "controller": "other_coop",
        "state": "impossible",
        "ground": "port_technically_impossible",
    }
    [refusal] = await refusals(api)
    assert (refusal["item_ref"], refusal["ground"], refusal["right"]) == (
        "transfer_to",
        "port_technically_impossible",
        "portability",
    )
    assert "{" not in refusal["reason"]["th"] + refusal["reason"]["en"]
    assert await built(api)
    assert not await sent(api)
    assert "data.json" in (await fetched(api.member("M-1"), path)).namelist()
    assert "transfer_impossible" in await outbox(api)


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (True, "sent directly to the controller other_coop too"),
        (False, "Direct transfer to the controller other_coop: refused. A direct transfer to that controller is"),
    ],
)
async def test_the_letters_tell_what_becomes_of_it(api: Api, receiver: Receiver, known: bool, told: str) -> None:
    if known:
        await entered(api, endpoint=receiver.url)
    path = await decided(api)
    member = api.member("M-1")
    for kind in ("decision", "completion"):
        letter = (await member.get(f"{path}/letter", params={"kind": kind, "language": "en"})).text
        assert told in letter
        assert ("Act s.31 paragraph 1." in letter) is not known
    receipt = (await member.get(f"{path}/letter", params={"kind": "receipt", "language": "en"})).text
    assert "directly" not in receipt


async def test_no_transfer_is_told_before_the_decision_nor_where_everything_is_refused(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-2", lawful_basis="legal_obligation"))
    request = await submit(api, kind="portability", transfer_to=TO)
    assert request["transfer"] is None
    refused = await api.staff.post(f"/v1/requests/{request['id']}/decision", {"outcome": "refused"})
    assert (refused.status_code, refused.json()["transfer"]) == (200, None)


WRONG: dict[str, Any] = {
    "no receipt": lambda _: http(b"thanks"),
    "an error": lambda _: http(b"", "500 Internal Server Error"),
    "a redirection": lambda _: redirection("http://127.0.0.1:1/"),
    "a receipt by another": lambda receiver: acknowledging(receiver, SigningKey(new_signing_key())),
    "a receipt for another package": lambda receiver: acknowledging(receiver, manifest_sha256="0" * 64),
    "a receipt for another request": lambda receiver: acknowledging(
        receiver, jti="0198c5f0-0000-7000-8000-000000000000"
    ),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_is_no_receipt_is_tried_again_with_the_same_key_and_then_taken(
    api: Api, receiver: Receiver, case: str
) -> None:
    path = await ready(api, receiver)
    wrong: Answer = WRONG[case](receiver)
    receiver.answers.append(wrong)
    receiver.usual = acknowledging(receiver)
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "waiting"
    assert not await sent(api), "not before its time"
    await advance(api, "PT2M")
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "sent"
    assert len({got.headers["idempotency-key"] for got in receiver.got}) == 1


async def test_a_receiver_that_never_acknowledges_is_given_up_after_three_days_and_the_data_stays_with_the_member(
    api: Api, receiver: Receiver
) -> None:
    path = await ready(api, receiver)
    receiver.usual = http(b"", "503 Service Unavailable")
    turns = 0
    while (await transfer(api, path))["state"] == "waiting":
        turns += await sent(api)
        await advance(api, "PT6H")
        assert turns < 30
    assert turns > 5
    [refusal] = await refusals(api)
    assert refusal["ground"] == "port_technically_impossible"
    assert "data.json" in (await fetched(api.member("M-1"), path)).namelist()


async def test_a_receipt_that_is_signed_only_after_the_answer_began_counts(api: Api, receiver: Receiver) -> None:
    path = await ready(api, receiver)

    async def slow(writer: asyncio.StreamWriter) -> None:
        said = {name: declaration_of(receiver)[name] for name in ("jti", "manifest_sha256")}
        writer.write(b"HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(READ_SECONDS + 0.3)
        writer.write(OTHER.sign(json.dumps(said).encode(), typ=RECEIPT).encode())
        await writer.drain()

    receiver.usual = slow
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "sent"


async def test_its_three_days_begin_when_there_is_a_package_to_send(api: Api, receiver: Receiver) -> None:
    await entered(api, endpoint=receiver.url)
    await register(api)
    await push(api, "M-1", GIVEN)
    path = await asked(api, "portability", transfer_to=TO)
    await advance(api, "P5D")
    await finish_tasks(api)
    assert await built(api)
    receiver.answers.append(http(b"", "503 Service Unavailable"))
    receiver.usual = acknowledging(receiver)
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "waiting"
    await advance(api, "PT2M")
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "sent"


async def test_a_private_address_is_refused_when_it_is_entered_and_not_called_when_it_comes_later(
    api: Api, database: Database, receiver: Receiver
) -> None:
    for endpoint in ("https://10.0.0.1/in", "https://user@receiver.example/", "https://169.254.169.254/latest"):
        answer = await api.dpo.put("/v1/controllers/other_coop", controller(endpoint=endpoint))
        assert answer.json()["errors"] == [{"pointer": "/endpoint", "code": "not_allowed"}]
    path = await ready(api, receiver)
    await database.execute("UPDATE other_controller SET endpoint = 'https://10.0.0.1/in'")
    assert await sent(api)
    assert receiver.connections == 0
    assert (await transfer(api, path))["state"] == "waiting"


async def test_a_sender_whose_claim_was_taken_over_settles_nothing(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await ready(api, receiver)
    receiver.usual = acknowledging(receiver)

    async def slow(writer: Any) -> None:
        await database.execute("UPDATE transfer SET fence = fence + 1")
        await acknowledging(receiver)(writer)

    receiver.answers.append(slow)
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "waiting"
    await database.execute("UPDATE transfer SET lease_until = NULL")
    assert await sent(api)
    assert (await transfer(api, path))["state"] == "sent"


async def test_what_is_erased_meanwhile_is_not_sent_and_that_refuses_nothing(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await ready(api, receiver)
    await database.execute("UPDATE data_package SET state = 'removed'")
    assert not await sent(api)
    assert receiver.connections == 0
    assert await transfer(api, path) == {"controller": "other_coop", "state": "impossible", "ground": None}
    assert await refusals(api) == []
    assert "transfer_impossible" not in await outbox(api)


async def test_the_declaration_says_nothing_of_the_person(api: Api, receiver: Receiver) -> None:
    await ready(api, receiver)
    receiver.usual = acknowledging(receiver)
    assert await sent(api)
    assert "M-1" not in json.dumps(declaration_of(receiver))
