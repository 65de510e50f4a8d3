"""Receipts of consents over HTTP, verified by whoever is shown one, under every shipped pack."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.core import base64url
from app.services import signing_keys
from tests.support.api import Api, problem
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.locks import holding, until_waiting
from tests.support.members import push, record, register
from tests.support.packs import CHANTHABURI, SHIPPED_PACKS, ShippedPack
from tests.support.receipts import ALGORITHMS, fetched, header, keys, verified
from tests.support.requests import decide, finish_tasks, submit
from tests.support.services import working

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
OPENAPI = Path(__file__).parents[2] / "openapi"


@pytest.fixture
async def consent(api: Api) -> dict[str, Any]:
    """A consent that M-1 gave."""
    await register(api)
    return await given(api)


async def test_it_says_what_was_consented_to_and_verifies_by_the_published_key(
    api: Api, pack: ShippedPack, consent: dict[str, Any]
) -> None:
    receipt = await fetched(api.member("M-1"), consent["id"])
    said = await verified(api, receipt)
    assert header(receipt) == {"alg": "ES256", "typ": "consent-receipt+jwt", "kid": (await keys(api)).keys[0].kid}
    assert (said["record_id"], said["pii_principal_id"], said["status"]) == (consent["id"], "M-1", "active")
    assert said["privacy_notice"]["version"] == pack.notice
    assert said["privacy_notice"]["sha256"] == consent["notice_sha256"]
    assert (said["given_by"], said["given_as"], said["quality"], said["wording"]) == ("M-1", "self", "sound", [])
    assert said["policy"]["granted_under"] == consent["policy"]
    assert [one["code"] for one in said["processing"]["pii_information"]] == consent["categories"]
    assert said["iss"] == "http://sitthi.test"
    assert (await api.get(said["privacy_notice"]["location"])).json()["content_sha256"] == consent["notice_sha256"]


async def test_it_is_the_same_to_the_byte_ever_after_and_for_everybody(
    api: Api, database: Database, consent: dict[str, Any]
) -> None:
    first = await fetched(api.member("M-1"), consent["id"])
    signed = (await database.counts())["public.consent_receipt"]
    await api.post("/sandbox/clock", {"advance": "P400D"})
    before = await database.counts()
    assert before["public.consent_receipt"] == signed == 1
    assert {await fetched(one, consent["id"]) for one in (api.member("M-1"), api.staff, api.core)} == {first}
    assert await database.counts() == before


async def test_who_asks_first_at_the_same_time_gets_the_same(
    api: Api, database: Database, consent: dict[str, Any]
) -> None:
    async with working(api.process) as work:
        await signing_keys.current(work)
    async with holding(database, "LOCK TABLE consent_receipt IN SHARE MODE"):
        asked = [asyncio.create_task(fetched(api.staff, consent["id"])) for _ in range(3)]
        await until_waiting(database, 3)
    assert len({await receipt for receipt in asked}) == 1
    assert (await database.counts())["public.consent_receipt"] == 1
    signed = "SELECT object_id FROM audit_entry WHERE action = 'consent.receipt_signed'"
    assert [row["object_id"] for row in await database.fetch(signed)] == [consent["id"]]


async def test_a_withdrawal_makes_another_one_and_the_first_still_verifies(api: Api, consent: dict[str, Any]) -> None:
    first = await fetched(api.member("M-1"), consent["id"])
    await withdraw(api.member("M-1"), consent["id"], channel="web")
    second = await fetched(api.member("M-1"), consent["id"])
    was, now = await verified(api, first), await verified(api, second)
    assert (was["status"], now["status"]) == ("active", "withdrawn")
    assert was["receipt_id"] != now["receipt_id"]
    assert [(one["code"], one["method"]) for one in now["events"]] == [("granted", "app"), ("withdrawn", "web")]
    assert now["processing"]["consent_status"] == now["events"][-1]["event_state"] == "dpv:ConsentWithdrawn"


async def test_one_that_time_has_ended_says_so(api: Api) -> None:
    await register(api)
    now = datetime.fromisoformat((await api.get("/sandbox/clock")).json()["now"])
    last_day = (now + timedelta(days=10)).date().isoformat()
    record_ = await given(api, expires_on=last_day)
    assert (await verified(api, await fetched(api.staff, record_["id"])))["status"] == "active"
    await api.post("/sandbox/clock", {"advance": "P12D"})
    said = await verified(api, await fetched(api.staff, record_["id"]))
    assert said["status"] == "expired"
    assert [one["code"] for one in said["events"]] == ["granted", "expired"]
    assert said["events"][0]["validity_duration"]["until"] == last_day


async def test_one_that_another_has_replaced_says_so(api: Api) -> None:
    await register(api)
    narrow, wide = await given(api, recipients=[]), await given(api)
    old, new = [await verified(api, await fetched(api.staff, one["id"])) for one in (narrow, wide)]
    assert (old["status"], new["status"]) == ("superseded", "active")
    assert old["processing"]["consent_status"] == "dpv:ConsentStatusInvalidForProcessing"
    assert [len(one["processing"]["recipient_third_parties"]) for one in (old, new)] == [0, 1]


async def test_it_waits_for_what_is_happening_to_the_consent(
    api: Api, database: Database, consent: dict[str, Any]
) -> None:
    async with holding(database, "SELECT FROM consent WHERE id = $1 FOR NO KEY UPDATE", UUID(consent["id"])):
        asked = asyncio.create_task(fetched(api.staff, consent["id"]))
        await until_waiting(database, 1)
    assert (await verified(api, await asked))["status"] == "active"


async def test_asked_for_during_a_withdrawal_it_tells_of_before_or_after_and_never_of_both(api: Api) -> None:
    await register(api)
    ends = {"active": "granted", "withdrawn": "withdrawn"}
    for _ in range(10):
        consent = await given(api)
        asked = [fetched(api.staff, consent["id"]) for _ in range(4)]
        _, *receipts = await asyncio.gather(withdraw(api.member("M-1"), consent["id"]), *asked)
        for said in [await verified(api, receipt) for receipt in set(receipts)]:
            assert said["events"][-1]["code"] == ends[said["status"]]


async def test_one_taken_over_without_a_notice_claims_none(
    api: Api, database: Database, consent: dict[str, Any]
) -> None:
    await database.execute("UPDATE consent SET quality = 'doubtful', notice_version = NULL, notice_sha256 = NULL")
    said = await verified(api, await fetched(api.staff, consent["id"]))
    assert (said["quality"], said["privacy_notice"]) == ("doubtful", None)


async def test_a_member_gets_their_own_only(api: Api, database: Database, consent: dict[str, Any]) -> None:
    await register(api, "M-2")
    answer = await api.member("M-2").get(f"/v1/consents/{consent['id']}/receipt")
    assert problem(answer) == (404, "not_found")
    nothing = await api.member("M-2").get(f"/v1/consents/{'0' * 8}-0000-7000-8000-{'0' * 12}/receipt")
    assert problem(nothing) == (404, "not_found")
    assert (await database.counts())["public.consent_receipt"] == 0


async def test_asked_for_its_headers_alone_it_is_the_same_receipt(api: Api, consent: dict[str, Any]) -> None:
    path = f"/v1/consents/{consent['id']}/receipt"
    head = await api.staff.call("HEAD", path)
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/jose")
    assert int(head.headers["content-length"]) == len(await fetched(api.staff, consent["id"]))


async def test_it_verifies_after_its_key_was_replaced_and_after_its_subject_was_erased(
    api: Api, pack: ShippedPack
) -> None:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", record("D-1", **pack.past_record))
    consent = await given(api)
    receipt = await fetched(api.member("M-1"), consent["id"])
    before = await verified(api, receipt)
    async with working(api.process) as work:
        await signing_keys.rotate(work)
    request = await submit(api)
    assert (await decide(api, request["id"], "granted")).status_code == 200
    await finish_tasks(api)
    assert problem(await api.core.put("/v1/subjects/M-1", {"kind": "visitor"})) == (409, "subject_erased")
    assert await verified(api, receipt) == before


async def test_a_replaced_key_signs_nothing_new(api: Api, consent: dict[str, Any]) -> None:
    old = await fetched(api.staff, consent["id"])
    async with working(api.process) as work:
        kid = await signing_keys.rotate(work)
    assert await fetched(api.staff, consent["id"]) == old
    await withdraw(api.member("M-1"), consent["id"])
    new = await fetched(api.staff, consent["id"])
    assert header(old)["kid"] != header(new)["kid"] == kid
    assert (await verified(api, new))["status"] == "withdrawn"


async def test_it_is_no_access_token(api: Api, consent: dict[str, Any]) -> None:
    receipt = await fetched(api.staff, consent["id"])
    answer = await api.get("/v1/purposes", headers={"Authorization": f"Bearer {receipt}"})
    assert problem(answer) == (401, "invalid_token")


@pytest.mark.packs(CHANTHABURI)
class TestForged:
    @pytest.fixture
    async def signed(self, api: Api, consent: dict[str, Any]) -> tuple[list[bytes], KeySet]:
        receipt = await fetched(api.staff, consent["id"])
        return [base64url.decode(part) for part in receipt.split(".")], await keys(api)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @drawn(data=st.data())
    def test_with_any_byte_changed_it_does_not_verify(
        self, signed: tuple[list[bytes], KeySet], data: st.DataObject
    ) -> None:
        parts, published = [bytearray(part) for part in signed[0]], signed[1]
        part = data.draw(st.sampled_from(parts))
        part[data.draw(st.integers(0, len(part) - 1))] ^= data.draw(st.integers(1, 255))
        forged = ".".join(base64url.encode(bytes(part)) for part in parts)
        with pytest.raises((JoseError, ValueError)):
            jws.deserialize_compact(forged, published, algorithms=ALGORITHMS)


async def test_the_schema_that_is_served_is_the_one_that_is_published(api: Api) -> None:
    answer = await api.get("/v1/receipt-schema")
    assert answer.text == OPENAPI.joinpath("consent-receipt.schema.json").read_text(encoding="utf-8")
    assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
