"""The key set of an issuer that answers well, badly or not at all, over real sockets; the clock is ours."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from app.core import jwks
from app.core.jwks import KeySetRefused, RemoteKeys
from app.domain.errors import Unavailable
from tests.support.forging import ec_jwk, rsa_jwk
from tests.support.key_server import Answer, KeyServer, http, key_set, raw

DAY = 24 * 3600


class Rig:
    """Remote keys of a scripted server, and their clock."""

    def __init__(self, server: KeyServer) -> None:
        self.server = server
        self.now = 1_000.0
        self.keys = RemoteKeys(server.url, lambda: self.now, allow_loopback_http=True)

    async def knows(self, kid: str) -> bool:
        return await self.keys.key(kid) is not None


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with KeyServer.running(key_set(ec_jwk())) as server:
        yield Rig(server)


async def test_the_set_is_fetched_when_first_asked_for_and_then_kept(rig: Rig) -> None:
    assert rig.server.hits == 0
    assert [await rig.knows("ours") for _ in range(5)] == [True] * 5
    rig.now += 49.9
    assert await rig.knows("ours")
    assert rig.server.hits == 1
    rig.now += 10.1
    assert await rig.knows("ours")
    assert rig.server.hits == 2


async def test_an_added_key_is_found_at_once(rig: Rig) -> None:
    await rig.knows("ours")
    rig.server.answer = key_set(ec_jwk(), ec_jwk("second"))
    rig.now += 1
    assert await rig.knows("second")
    assert rig.server.hits == 2


async def test_fifty_callers_at_a_rotation_share_one_fetch(rig: Rig) -> None:
    await rig.knows("ours")
    rig.server.answer = key_set(ec_jwk("second"))
    rig.now += 1
    assert all(await asyncio.gather(*(rig.knows("second") for _ in range(50))))
    assert rig.server.hits == 2


async def test_no_call_fails_while_a_key_is_added_used_and_its_forerunner_removed(rig: Rig) -> None:
    signing = "ours"
    for second in range(600):
        rig.now += 1
        if second == 100:
            rig.server.answer = key_set(ec_jwk(), ec_jwk("second"))
        if second == 101:
            signing = "second"
        if second == 300:
            rig.server.answer = key_set(ec_jwk("second"))
        assert await rig.knows(signing)


@pytest.mark.parametrize("asked_before", range(0, 65, 7))
async def test_a_removed_key_is_refused_within_a_minute(rig: Rig, asked_before: int) -> None:
    for _ in range(asked_before):
        rig.now += 1
        await rig.knows("ours")
        await rig.knows("foreign")
    rig.server.answer = key_set(ec_jwk("second"))
    rig.now += 60
    assert not await rig.knows("ours")


async def test_ten_thousand_foreign_names_cost_two_fetches_a_minute_at_most(rig: Rig) -> None:
    fetched_at: list[float] = []
    for number in range(10_000):
        rig.now += 0.1
        before = rig.server.hits
        assert not await rig.knows(f"foreign-{number}")
        assert await rig.knows("ours")
        fetched_at += [rig.now] * (rig.server.hits - before)
    assert len(fetched_at) > 10
    assert all(third - first >= 59.9 for first, third in zip(fetched_at, fetched_at[2:], strict=False))


async def test_a_foreign_name_is_not_sought_in_a_set_that_was_read_for_it(rig: Rig) -> None:
    assert not await rig.knows("foreign")
    assert rig.server.hits == 1


async def test_a_foreign_name_is_sought_once_a_minute(rig: Rig) -> None:
    await rig.knows("ours")
    for _ in range(45):
        rig.now += 1
        await rig.knows("foreign")
    assert rig.server.hits == 2


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + b" " * 0xFFFF + b"\r\n") * 50
GOOD_SET = json.dumps({"keys": [ec_jwk()]}).encode()


async def never(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    for _ in range(60):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


BAD: dict[str, tuple[Answer, str]] = {
    "moved": (http(GOOD_SET, "302 Found", location="/elsewhere"), "unexpected_answer"),
    "moved for good": (http(GOOD_SET, "308 Permanent Redirect", location="/elsewhere"), "unexpected_answer"),
    "not found": (http(GOOD_SET, "404 Not Found"), "unexpected_answer"),
    "created": (http(GOOD_SET, "201 Created"), "unexpected_answer"),
    "broken": (http(GOOD_SET, "500 Internal Server Error"), "unexpected_answer"),
    "no content": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "unexpected_answer"),
    "compressed": (http(gzip.compress(GOOD_SET), content_encoding="gzip"), "unexpected_answer"),
    "garbage": (http(b"\x00\xff garbage"), "malformed"),
    "a page": (http(b"<html></html>", content_type="text/html"), "malformed"),
    "empty": (http(b""), "malformed"),
    "a member twice": (http(b'{"keys":[],' + GOOD_SET[1:]), "malformed"),
    "in UTF-16": (http(GOOD_SET.decode().encode("utf-16")), "malformed"),
    "a depth bomb": (http(b"[" * 30_000 + b"]" * 30_000), "malformed"),
    "a list": (http(b"[]"), "not_a_key_set"),
    "cut short": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"), "unreachable"),
    "closed at once": (raw(b""), "unreachable"),
    "no HTTP": (raw(b"220 mail.evil.test ESMTP\r\n\r\n"), "unreachable"),
    "65 KiB": (http(GOOD_SET + b" " * (64 * 1024 + 1 - len(GOOD_SET))), "too_large"),
    "endless": (raw(ENDLESS), "too_large"),
    "silent": (never, "too_slow"),
    "dripping": (drip, "too_slow"),
    "21 keys": (key_set(*(ec_jwk(kid=str(n)) for n in range(21))), "too_many_keys"),
    "one name twice": (key_set(ec_jwk(), ec_jwk("second", kid="ours")), "duplicate_kid"),
    "with a symmetric key": (key_set(ec_jwk(), {"kty": "oct", "kid": "h", "k": "AA"}), "secret_key"),
    "with a private key": (key_set(ec_jwk(d="AA")), "secret_key"),
    "with nothing usable": (key_set(rsa_jwk(2048)), "no_usable_key"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_answer_leaves_the_last_good_set_in_trust_for_a_day(
    rig: Rig, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await rig.knows("ours")
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.3)
    rig.server.answer, reason = BAD[name]
    rig.now += 60
    with capture_logs() as lines:
        assert await rig.knows("ours")
    assert [(line["event"], line["reason"]) for line in lines] == [("keys_not_read", reason)]
    assert set(rig.server.paths) == {"/jwks"}
    rig.now += DAY - 60
    assert await rig.knows("ours")
    rig.now += 1
    assert not rig.keys.trusted
    with pytest.raises(Unavailable):
        await rig.knows("ours")


@pytest.mark.parametrize("name", BAD)
async def test_reading_the_set_on_demand_tells_what_is_wrong(
    rig: Rig, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.3)
    rig.server.answer, reason = BAD[name]
    with pytest.raises(KeySetRefused, match=reason):
        await rig.keys.load()
    assert not rig.keys.trusted


async def test_a_set_of_64_kib_is_read(rig: Rig) -> None:
    rig.server.answer = http(GOOD_SET + b" " * (64 * 1024 - len(GOOD_SET)))
    assert await rig.knows("ours")


async def test_without_any_set_no_token_can_be_judged() -> None:
    async with KeyServer.running(key_set(ec_jwk())) as server:
        rig = Rig(server)
    for _ in range(100):
        rig.now += 1
        with pytest.raises(Unavailable):
            await rig.knows("ours")


async def test_the_service_comes_back_with_its_issuer(rig: Rig) -> None:
    good, rig.server.answer = rig.server.answer, http(b"")
    with pytest.raises(Unavailable):
        await rig.knows("ours")
    rig.server.answer = good
    rig.now += 60
    assert await rig.knows("ours")


async def test_a_slow_refresh_holds_up_nobody_whose_key_is_known(rig: Rig) -> None:
    await rig.knows("ours")
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        await key_set(ec_jwk("second"))(writer)

    rig.server.answer = held
    rig.now += 60
    refreshing = asyncio.create_task(rig.knows("ours"))
    await asked.wait()
    assert await rig.knows("ours")
    go_on.set()
    assert not await refreshing
    assert await rig.knows("second")


async def test_no_proxy_of_the_environment_sees_the_call(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert await rig.knows("ours")
