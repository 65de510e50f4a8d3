"""Slow and ambiguous clients end; slow applications, long bodies and odd but honest clients don't. All over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.support.raw_http import Recorder, Served, serving, until

HOST = b"Host: sitthi.test\r\n"
CLOSE = HOST + b"Connection: close\r\n"
GET = b"GET / HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\n" + CLOSE
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
async def production() -> AsyncIterator[Served]:
    async with serving(Recorder()) as served:
        yield served


@pytest.fixture(scope="module")
async def impatient() -> AsyncIterator[Served]:
    async with serving(Recorder(), head_seconds=0.3, body_seconds=0.3) as served:
        yield served


@pytest.fixture
def served(production: Served) -> Served:
    """The limits of production."""
    production.app.forget()
    return production


@pytest.fixture
def hasty(impatient: Served) -> Served:
    """Limits of a fraction of a second."""
    impatient.app.forget()
    return impatient


async def test_an_ordinary_request_is_answered(served: Served) -> None:
    assert (await served.exchange(GET + CLOSE + b"\r\n")).startswith(b"HTTP/1.1 200 OK")


async def test_a_connection_serves_one_request_after_another(hasty: Served) -> None:
    connection = await hasty.connect()
    for _ in range(3):
        await connection.send(GET + HOST + b"\r\n")
        assert (await connection.answer()).endswith(b"ok")


async def test_requests_may_be_sent_ahead(served: Served) -> None:
    assert (await served.exchange((GET + HOST + b"\r\n") * 2 + GET + CLOSE + b"\r\n")).count(b"200 OK") == 3


async def test_a_long_body_sent_with_the_head_of_the_next_request_is_no_long_head(served: Served) -> None:
    connection = await served.connect()
    long = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n" + b"x" * 60_000
    await connection.send(long + GET)
    assert (await connection.answer()).endswith(b"ok")
    await connection.send(CLOSE + b"\r\n")
    assert (await connection.rest()).endswith(b"ok")


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"G",
        GET,
        GET + b"Host: sit",
        GET + HOST,
        POST + b"Content-Length: 5\r\n\r\n",
        POST + b"Content-Length: 5\r\n\r\nabcd",
        CHUNKED,
        CHUNKED + b"5\r\nab",
        CHUNKED + b"2\r\nab\r\n0\r\n",
        CHUNKED + b"2\r\nab\r\n0\r\nX: y\r\n",
    ],
)
async def test_a_request_that_stops_half_way_ends_the_connection(hasty: Served, part: bytes) -> None:
    assert await hasty.exchange(part) == b""
    assert hasty.app.heard == []


@pytest.mark.parametrize(
    ("begin", "drip"),
    [
        (b"", b"\r\n"),
        (GET, b"X: y\r\n"),
        (GET + HOST + b"X: ", b"y"),
        (POST + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED + b"0\r\n", b"X: y\r\n"),
    ],
)
async def test_a_request_that_drips_ends_the_connection(hasty: Served, begin: bytes, drip: bytes) -> None:
    connection = await hasty.connect()
    await connection.send(begin)
    await connection.ends_while_sending(drip, 0.01)


async def test_blank_lines_after_an_answer_do_not_keep_the_connection(hasty: Served) -> None:
    connection = await hasty.connect()
    await connection.send(GET + HOST + b"\r\n")
    await connection.answer()
    await connection.ends_while_sending(b"\r\n", 0.01)


async def test_the_application_learns_that_its_client_has_gone(hasty: Served) -> None:
    await hasty.exchange(POST + b"Content-Length: 5\r\n\r\nab")
    await until(lambda: hasty.app.left)
    assert hasty.app.heard == []


async def test_a_body_may_take_long_while_it_keeps_its_pace() -> None:
    async with serving(Recorder(), body_seconds=0.5, bytes_per_second=10_000) as served:
        connection = await served.connect()
        await connection.send(POST + b"Content-Length: 400000\r\n\r\n")
        for _ in range(20):
            assert await connection.send(b"x" * 20_000)
            await asyncio.sleep(0.06)
        assert (await connection.rest()).endswith(b"ok")
        assert len(served.app.heard[0][1]) == 400_000


async def test_no_body_may_take_longer_than_the_longest() -> None:
    async with serving(Recorder(), body_seconds=0.2, bytes_per_second=1, longest_body_seconds=0.4) as served:
        connection = await served.connect()
        await connection.send(POST + b"Content-Length: 1000000000\r\n\r\n")
        await connection.ends_while_sending(b"x" * 1_000, 0.01)


async def test_a_body_that_nobody_reads_any_more_ends_with_its_time() -> None:
    async with serving(Recorder(early=True), body_seconds=0.3, longest_body_seconds=0.3) as served:
        connection = await served.connect()
        await connection.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n")
        assert (await connection.answer()).endswith(b"ok")
        await connection.ends_while_sending(b"x", 0.01)


async def test_an_application_that_is_slow_to_read_does_not_cost_the_client_its_request() -> None:
    async with serving(Recorder(reads_after=0.7), head_seconds=0.2, body_seconds=0.2) as served:
        body = b"x" * 3_000_000
        answer = await served.exchange(POST + b"Content-Length: 3000000\r\n\r\n" + body)
        assert answer.endswith(b"ok")
        assert served.app.heard[0][1] == body


@pytest.mark.parametrize("more", [b"", b"\r\n", b"GET / HT"])
async def test_an_application_that_is_slow_to_answer_does_not_cost_the_client_its_answer(more: bytes) -> None:
    async with serving(Recorder(reads_after=0.7), head_seconds=0.2, body_seconds=0.2) as served:
        connection = await served.connect()
        await connection.send(GET + HOST + b"\r\n")
        await asyncio.sleep(0.1)
        await connection.send(more)
        assert (await connection.answer()).endswith(b"ok")


async def test_a_client_that_does_not_read_its_answer_is_let_go() -> None:
    async with serving(Recorder(answer=b"x" * 50_000_000), unread_seconds=0.3) as served:
        connection = await served.connect()
        await connection.send(GET + HOST + b"\r\n")
        await until(lambda: served.app.heard)
        await until(lambda: not served.open_connections)
        assert len(await connection.rest()) < 50_000_000


async def test_a_client_that_reads_slowly_gets_all_of_its_answer() -> None:
    async with serving(Recorder(answer=b"x" * 40_000_000), unread_seconds=0.4) as served:
        connection = await served.connect()
        await connection.send(GET + CLOSE + b"\r\n")
        heard = 0
        while chunk := await connection.reader.read(1_000_000):
            heard += len(chunk)
            await asyncio.sleep(0.02)
        assert heard > 40_000_000


async def test_a_client_that_reads_drop_by_drop_is_let_go() -> None:
    async with serving(Recorder(answer=b"x" * 50_000_000), unread_seconds=0.3, least_read=20_000_000) as served:
        connection = await served.connect()
        await connection.send(GET + CLOSE + b"\r\n")
        heard = 0
        with contextlib.suppress(ConnectionError):
            while chunk := await connection.reader.read(10_000):
                heard += len(chunk)
                await asyncio.sleep(0.01)
        assert heard < 50_000_000


async def test_two_hundred_half_sent_requests_hold_nothing(hasty: Served) -> None:
    connections = [await hasty.connect() for _ in range(200)]
    for number, connection in enumerate(connections):
        await connection.send(GET if number % 2 else POST + b"Content-Length: 9\r\n\r\nx")
    await until(lambda: not hasty.open_connections)
    assert [await connection.rest() for connection in connections] == [b""] * 200


UNCLEAR = {
    "no Host": GET + b"Connection: close\r\n\r\n",
    "two Hosts": GET + HOST + b"Host: evil.test\r\n\r\n",
    "the same Host twice": GET + HOST + HOST + b"\r\n",
    "empty Host": GET + b"Host:\r\n\r\n",
    "Host with a path": GET + b"Host: sitthi.test/x\r\n\r\n",
    "Host with userinfo": GET + b"Host: a@sitthi.test\r\n\r\n",
    "Host with a space": GET + b"Host: a b\r\n\r\n",
    "Host with a comma": GET + b"Host: a,b\r\n\r\n",
    "Host with a long port": GET + b"Host: a:123456\r\n\r\n",
    "Host in Thai": GET + "Host: สิทธิ\r\n\r\n".encode(),
    "two Hosts in HTTP/1.0": b"GET / HTTP/1.0\r\n" + HOST + b"Host: b\r\n\r\n",
    "101 headers": GET + CLOSE + b"X: y\r\n" * 99 + b"\r\n",
    "10,000 headers": GET + CLOSE + b"X: y\r\n" * 10_000 + b"\r\n",
    "header of 33 KB": GET + CLOSE + b"X: " + b"y" * 33_000 + b"\r\n\r\n",
    "headers of 40 KB together": GET + CLOSE + (b"X: " + b"y" * 1_000 + b"\r\n") * 40 + b"\r\n",
    "target of 33 KB": b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "one length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nabcde",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length with plus": POST + b"Content-Length: +5\r\n\r\nabcde",
    "length in hexadecimal": POST + b"Content-Length: 0x5\r\n\r\nabcde",
    "length beyond 64 bits": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "space before the colon": POST + b"Content-Length : 5\r\n\r\nabcde",
    "chunked, identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked after a vertical tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "line feeds alone": b"GET / HTTP/1.1\nHost: a\n\n",
    "folded header": GET + CLOSE + b"X: a\r\n b\r\n\r\n",
    "NUL in a header": GET + CLOSE + b"X: a\0b\r\n\r\n",
    "carriage return in a header": GET + CLOSE + b"X: a\rb\r\n\r\n",
    "space in a header's name": GET + CLOSE + b"X y: a\r\n\r\n",
    "no colon": GET + CLOSE + b"Xy\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/3.0": b"GET / HTTP/3.0\r\n" + CLOSE + b"\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "garbage": b"\x00\x01\x02",
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "target without slash": b"GET x HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "absolute target without path": b"GET http://a HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "Thai letter in the target": "GET /ก HTTP/1.1\r\n".encode() + CLOSE + b"\r\n",
    "method in small letters": b"get / HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "unknown method": b"FOO / HTTP/1.1\r\n" + CLOSE + b"\r\n",
}


@pytest.mark.parametrize("name", UNCLEAR)
async def test_a_head_that_leaves_doubt_is_refused_before_the_application_hears_of_it(
    served: Served, name: str
) -> None:
    assert (await served.exchange(UNCLEAR[name])).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert (served.app.heard, served.app.left) == ([], 0)


@pytest.mark.parametrize(
    "chunks", [b"zz\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"2\nab\n0\n\n", b"2\r\nabc\r\n0\r\n\r\n"]
)
async def test_chunks_that_leave_doubt_end_the_request(served: Served, chunks: bytes) -> None:
    assert (await served.exchange(CHUNKED + chunks)).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert served.app.heard == []


@pytest.mark.parametrize(
    ("begin", "more"), [(GET + HOST + b"X: ", b"y" * 1_000), (CHUNKED + b"0\r\n", b"X: y\r\n" * 100)]
)
async def test_a_head_or_trailer_without_end_is_refused_long_before_its_deadline(begin: bytes, more: bytes) -> None:
    async with serving(Recorder(), head_seconds=1_000, body_seconds=1_000) as served:
        connection = await served.connect()
        await connection.send(begin)
        await connection.ends_while_sending(more, 0)


async def test_what_trails_a_body_is_no_header(served: Served) -> None:
    await served.exchange(CHUNKED + b"2\r\nab\r\n0\r\nAuthorization: Bearer x\r\nHost: evil.test\r\n\r\n")
    (scope, body), *_ = served.app.heard
    assert body == b"ab"
    assert [name for name, _ in scope["headers"]] == [b"host", b"connection", b"transfer-encoding"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.0\r\n",
        b"GET / HTTP/1.0\r\n" + HOST,
        GET + b"Host: 127.0.0.1:8000\r\nConnection: close\r\n",
        GET + b"Host: [::1]:8000\r\nConnection: close\r\n",
        GET + b"host: SITTHI.test\r\nConnection: close\r\n",
        b"\r\n" + GET + CLOSE,
        GET + CLOSE + b"X: y\r\n" * 98,
        GET + CLOSE + b"X: " + b"y" * 32_000 + b"\r\n",
        GET + HOST + b"Connection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    ],
    ids=lambda head: repr(head[:60]),
)
async def test_odd_but_honest_heads_are_served(served: Served, head: bytes) -> None:
    assert (await served.exchange(head + b"\r\n")).endswith(b"ok")


async def test_chunks_are_put_together(served: Served) -> None:
    assert (await served.exchange(CHUNKED + b"2;a=b\r\nok\r\nA\r\n0123456789\r\n0\r\n\r\n")).endswith(b"ok")
    assert served.app.heard[0][1] == b"ok0123456789"
