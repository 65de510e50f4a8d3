"""The benchmarks' client counts whole answers, and nothing that failed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import repeat

import pytest

from bench.load import ask, measure, request

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(answer: Answering) -> AsyncIterator[str]:
    """Answers every request the same way."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def whole(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")


async def in_pieces(writer: asyncio.StreamWriter) -> None:
    for piece in (b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 5\r\n\r", b"\nhel", b"lo"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)


async def failing(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")


async def hanging_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def without_length(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello")


@pytest.mark.parametrize("answer", [whole, in_pieces])
async def test_the_bodies_of_answers_are_read_to_their_end(answer: Answering) -> None:
    async with server(answer) as url:
        assert await ask(url, [request("GET", url, "/")] * 3) == [b"hello"] * 3


async def test_each_connection_is_answered_at_least_once() -> None:
    async with server(whole) as url:
        figures = await measure(url, repeat(request("GET", url, "/")), connections=4, seconds=0.0)
    assert figures.answers == 4
    assert 0 < figures.p50 <= figures.p99


@pytest.mark.parametrize(
    ("answer", "wrong", "told"),
    [
        (failing, RuntimeError, "503"),
        (hanging_up, ConnectionError, "connection lost"),
        (without_length, RuntimeError, "without content-length"),
    ],
)
async def test_a_failure_has_no_figures(answer: Answering, wrong: type[Exception], told: str) -> None:
    async with server(answer) as url:
        with pytest.raises(wrong, match=told):
            await measure(url, repeat(request("GET", url, "/")), connections=2, seconds=0.1)


async def test_a_load_without_requests_left_has_no_figures() -> None:
    async with server(whole) as url:
        with pytest.raises(RuntimeError, match="too few"):
            await measure(url, iter([request("GET", url, "/")]), connections=2, seconds=0.1)


def test_a_request_is_whole_http() -> None:
    made = request("POST", "http://127.0.0.1:80", "/v1/x", "t", b"{}", Idempotency_Key="k")
    head, _, body = made.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /v1/x HTTP/1.1"
    assert {b"Host: 127.0.0.1:80", b"Authorization: Bearer t", b"Idempotency-Key: k", b"Content-Length: 2"} <= set(
        head.split(b"\r\n")
    )
    assert body == b"{}"
