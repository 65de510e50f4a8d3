"""Calls to addresses that others chose reach what may be reached, and nothing else (RELIABILITY.md 4, SSRF; promise 11)."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.outbound import LOOPBACK, AllowList, Outbound, Reply, TargetRefused, Unreached, parse_target
from app.core.outbound.addresses import is_public
from app.core.outbound.client import READ_BYTES, trusted_roots
from tests.support.names import Names
from tests.support.receiver import Receiver, endless, hanging, http, raw, redirection
from tests.support.targets import PRIVATE, SPELLINGS, TRICKS
from tests.support.vouched import certified

pytestmark = pytest.mark.faults
TLS = trusted_roots()
PUBLIC = "93.184.215.14"


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as receiver:
        yield receiver


def guarded(names: Names, *allowed: str) -> Outbound:
    return Outbound(AllowList.parse(allowed), names, TLS)


async def failure(outbound: Outbound, url: str, seconds: float = 5) -> str:
    with pytest.raises(Unreached) as failed:
        await outbound.post(url, {}, b"{}", seconds=seconds)
    return failed.value.reason


@pytest.mark.parametrize("url", [*TRICKS, *(f"https://{host}/" for host in SPELLINGS)])
async def test_an_address_that_two_readers_could_read_differently_is_none(names: Names, url: str) -> None:
    with pytest.raises(TargetRefused):
        parse_target(url)
    assert await failure(guarded(names, *LOOPBACK), url) == "not_allowed"
    assert names.asked == []


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://core.coop.example", "core.coop.example", "/"),
        ("HTTPS://Core.Coop.Example:443/Hooks?to=Sitthi", "core.coop.example", "/Hooks?to=Sitthi"),
        ("http://core:8080/a%2Fb", "core:8080", "/a%2Fb"),
        ("https://[2600:9000:0::1]:8443/", "[2600:9000::1]:8443", "/"),
        ("https://xn--12c1fe0br.example/", "xn--12c1fe0br.example", "/"),
        ("https://93.184.215.14/", "93.184.215.14", "/"),
    ],
)
def test_an_address_has_one_spelling(url: str, authority: str, path: str) -> None:
    target = parse_target(url)
    assert (target.authority, target.path) == (authority, path)


@given(st.text(max_size=40) | st.from_regex(r"https?://[^/]{1,30}/?", fullmatch=True))
def test_whatever_is_taken_is_plain_and_read_alike_again(url: str) -> None:
    try:
        target = parse_target(url)
    except TargetRefused:
        return
    assert target.authority.isascii()
    assert not set(target.authority) & set("@\\#?/ ")
    again = parse_target(f"{target.scheme}://{target.authority}{target.path}")
    assert again == target


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_private_address_is_called_whether_it_is_named_or_written(
    names: Names, receiver: Receiver, address: str
) -> None:
    outbound = guarded(names)
    names.point("inside.example", [address])
    literal = f"[{address}]" if ":" in address else address
    for url in (f"https://{literal}/", "https://inside.example/"):
        with pytest.raises(TargetRefused):
            await outbound.check(url)
        assert await failure(outbound, url) == "not_allowed"
    assert not is_public(ip_address(address))
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "192.0.1.1", "223.255.255.1", "2606:4700::1111", "2a00::1"]
)
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "answers", [[PUBLIC, "127.0.0.1"], ["2606:4700::1111", "::1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::ffff:7f00:1"]]
)
async def test_one_private_address_among_public_ones_is_one_too_many(names: Names, answers: list[str]) -> None:
    names.point("mixed.example", answers)
    with pytest.raises(TargetRefused):
        await guarded(names).check("https://mixed.example/")
    assert await failure(guarded(names), "https://mixed.example/") == "not_allowed"


async def test_a_name_that_moves_inside_between_check_and_call_is_not_called(names: Names, receiver: Receiver) -> None:
    names.point("rebinding.example", [PUBLIC], ["127.0.0.1"])
    outbound = guarded(names)
    await outbound.check("https://rebinding.example/")
    assert await failure(outbound, "https://rebinding.example/") == "not_allowed"
    assert receiver.connections == 0


async def test_a_name_is_asked_for_once_and_the_checked_address_dialled_under_the_name(
    names: Names, receiver: Receiver
) -> None:
    names.point("core.coop.example", ["127.0.0.1"], ["10.255.255.1"])
    outbound = guarded(names, "127.0.0.0/8")
    url = f"http://core.coop.example:{receiver.port}/hooks?x=1"
    assert await outbound.post(url, {"X-Own": "1"}, b"{}") == Reply(204)
    [got] = receiver.got
    assert names.asked == ["core.coop.example"]
    assert (got.headers["host"], got.path) == (f"core.coop.example:{receiver.port}", "/hooks?x=1")
    assert (got.headers["x-own"], got.body, got.headers["content-length"]) == ("1", b"{}", "2")


async def test_an_address_that_takes_no_connection_is_passed_over_for_the_next(
    names: Names, receiver: Receiver
) -> None:
    names.point("core.coop.example", ["127.0.0.2", "127.0.0.1"])
    reply = await guarded(names, "127.0.0.0/8").post(f"http://core.coop.example:{receiver.port}/", {}, b"{}")
    assert reply == Reply(204)


@pytest.mark.parametrize(
    "url", ["http://public.example/", "https://public.example:8443/", "http://public.example:443/"]
)
async def test_what_is_not_listed_is_called_with_tls_on_its_usual_port_only(names: Names, url: str) -> None:
    names.point("public.example", [PUBLIC])
    with pytest.raises(TargetRefused):
        await guarded(names).check(url)
    await guarded(names, "public.example").check(url)
    await guarded(names, PUBLIC).check(url)


async def test_what_is_listed_with_a_port_is_listed_on_that_port(names: Names) -> None:
    outbound = guarded(names, "core:8080", "10.0.0.1:9000")
    names.point("core", ["10.9.9.9"])
    await outbound.check("http://core:8080/")
    await outbound.check("http://10.0.0.1:9000/")
    for url in ("http://core:8081/", "https://core/", "http://10.0.0.1/", "http://10.0.0.2:9000/"):
        with pytest.raises(TargetRefused):
            await outbound.check(url)


async def test_a_name_without_an_address_yet_is_checked_by_its_form(names: Names) -> None:
    await guarded(names).check("https://soon.example/")
    assert await failure(guarded(names), "https://soon.example/") == "unresolvable"
    with pytest.raises(TargetRefused):
        await guarded(names).check("http://soon.example/")


async def test_names_that_nobody_answers_for_hold_up_few_checks_at_once() -> None:
    asked: list[str] = []

    async def never(host: str) -> NoReturn:
        asked.append(host)
        await asyncio.Event().wait()
        raise AssertionError

    outbound = Outbound(AllowList(), never, TLS)
    checks = [asyncio.create_task(outbound.check(f"https://slow{number}.example/")) for number in range(20)]
    await asyncio.wait(checks, return_when=asyncio.FIRST_COMPLETED)
    assert asked == ["slow0.example", "slow1.example", "slow2.example"]
    with pytest.raises(TargetRefused):
        await outbound.check("http://slow.example/")
    await asyncio.gather(*checks)


@pytest.mark.parametrize(
    "entry", ["*", "a_b", "10.0.0.0/99", "10.0.0.1/8", "core:0", "core:99999", "https://core", "user@core", "0x7f.1"]
)
def test_what_is_neither_a_host_nor_a_network_can_not_be_listed(entry: str) -> None:
    with pytest.raises(ValueError, match=r"host|network|bits"):
        AllowList.parse([entry])


async def test_a_redirection_is_an_answer_and_leads_nowhere(names: Names, receiver: Receiver) -> None:
    async with Receiver.running() as inside:
        receiver.usual = redirection(inside.url)
        assert (await guarded(names, *LOOPBACK).post(receiver.url, {}, b"{}")).status == 307
        assert inside.connections == 0


async def test_the_environment_names_no_proxy(
    names: Names, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Receiver.running() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await guarded(names, *LOOPBACK).post(receiver.url, {}, b"{}")).status == 204
        assert proxy.connections == 0


async def test_who_hangs_or_drips_is_left(names: Names, receiver: Receiver) -> None:
    outbound = guarded(names, *LOOPBACK)
    receiver.answers.extend(
        [
            hanging,
            endless(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.01),
            endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01),
        ]
    )
    for _ in range(3):
        assert await failure(outbound, receiver.url, 0.3) == "timeout"


async def test_once_it_is_answered_the_body_makes_no_difference(names: Names, receiver: Receiver) -> None:
    outbound = guarded(names, *LOOPBACK)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    bomb = gzip.compress(bytes(10_000_000))
    receiver.answers.extend(
        [
            endless(head, b"x" * 65_536),
            endless(head, b"x", 0.05),
            http(bomb, content_encoding="gzip"),
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n"),
            raw(head + b"cut"),
        ]
    )
    for _ in range(5):
        reply = await outbound.post(receiver.url, {}, b"{}", seconds=0.5)
        assert (reply.status, len(reply.body) <= READ_BYTES) == (200, True)


async def test_what_is_no_answer_is_told_from_one(names: Names, receiver: Receiver) -> None:
    outbound = guarded(names, *LOOPBACK)
    flood = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (at, b"y" * 200) for at in range(20_000)) + b"\r\n"
    receiver.answers.extend([raw(flood), raw(b"SSH-2.0-OpenSSH\r\n"), raw(b"")])
    assert [await failure(outbound, receiver.url) for _ in range(3)] == ["protocol_error"] * 3
    nobody = receiver.url.replace(str(receiver.port), "1")
    assert await failure(outbound, nobody) == "connection_failed"


async def test_retry_after_is_told_as_it_stands(names: Names, receiver: Receiver) -> None:
    receiver.usual = http(b"", "503 Service Unavailable", retry_after="120")
    assert await guarded(names, *LOOPBACK).post(receiver.url, {}, b"{}") == Reply(503, "120")


async def test_a_certificate_vouches_for_the_name_or_nothing_is_sent(names: Names, tmp_path: Path) -> None:
    server, client = certified(tmp_path, "core.coop.example")
    names.answers = {name: [["127.0.0.1"]] for name in ("core.coop.example", "other.coop.example")}
    async with Receiver.running(server) as receiver:
        trusting = Outbound(AllowList.parse(LOOPBACK), names, client)
        good = f"https://core.coop.example:{receiver.port}/"
        assert (await trusting.post(good, {}, b"{}")).status == 204
        assert await failure(trusting, good.replace("core", "other")) == "tls_failed"
        assert await failure(trusting, f"https://127.0.0.1:{receiver.port}/") == "tls_failed"
        assert await failure(guarded(names, *LOOPBACK), good) == "tls_failed", "an unknown authority"
        assert len(receiver.got) == 1


async def test_a_handshake_that_never_ends_is_left(names: Names) -> None:
    async with Receiver.running(silent=True) as receiver:
        url = receiver.url.replace("http", "https")
        assert await failure(guarded(names, *LOOPBACK), url, 0.3) == "timeout"
        assert receiver.connections == 1
