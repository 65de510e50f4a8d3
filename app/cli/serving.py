"""`sitthi serve`: one process that answers HTTP until it is told to stop."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.loops.auto import auto_loop_factory

from app import __version__
from app.cli.listening import bind, let_nobody_connect, port_refusals, unaccepted
from app.cli.terminal import say, step
from app.core.logging import configure_logging
from app.core.notifying.channels import closed_channels
from app.core.receive_deadline import STOPPING, DeadlineProtocol
from app.core.settings import Settings
from app.main import Process, attended, create_app
from app.startup import process, read_settings
from app.workers.loop import Loop

GRACE_SECONDS = 15
KEEP_ALIVE_SECONDS = 75
"""Longer than proxies keep an idle connection: who closes it while a request is on its way there cuts the request."""
HANDSHAKE_SECONDS = 0.1
ACCEPTING_SECONDS = 3.0
"""Whom a busy process has not accepted by then is cut: it accepts one connection between two looks at all others."""
LINGER_SECONDS = 2.0
CONNECTIONS = 4096
BACKLOG = 2048
log = structlog.get_logger("sitthi.serve")


def serve() -> None:
    """Start the service: the database, its schema, the policy pack, the keys, and HTTP.

    SIGTERM: `/readyz` says no at once, and for `SITTHI_DRAIN_SECONDS` all requests are still answered; then it ends, after
    the requests in flight. Ctrl-C ends it after these without the wait; a second Ctrl-C does not wait for them either.
    """
    run(_serve)


def run(main: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """A program that runs until a signal ends it; before it has signals of its own, one ends it at once."""
    settings = read_settings()
    configure_logging(settings.log_level or ("warning" if sys.stderr.isatty() else "info"))
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        try:
            runner.run(_until_stopped(main, settings))
        except asyncio.CancelledError:
            say("Stopped while starting")


async def _until_stopped(main: Callable[[Settings], Coroutine[Any, Any, None]], settings: Settings) -> None:
    starting = asyncio.current_task()
    assert starting is not None, "runs as a task"  # noqa: S101  (the runner makes one)
    on_signal(lambda _: starting.cancel())
    await main(settings)
    log.info("stopped", pid=os.getpid())
    say("Stopped")
    _leave_no_later()


def _leave_no_later() -> None:
    """End the process although a thread still waits, for a name server say: nothing depends on it any more."""
    leaving = threading.Timer(LINGER_SECONDS, os._exit, [0])
    leaving.daemon = True
    leaving.start()


async def _serve(settings: Settings) -> None:
    say(f"Sitthi {__version__} ({settings.mode})")
    with bind(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        async with process(settings, step) as prepared, attended(prepared, working=settings.worker == "inside") as loop:
            await answer(create_app(prepared), listener, settings, loop, lambda: _welcome(prepared))


async def answer(
    app: FastAPI, listener: socket.socket, settings: Settings, loop: Loop, welcome: Callable[[], None]
) -> None:
    """Answer HTTP until a signal: requests and what the loop has in hand are finished side by side."""
    with port_refusals(settings):
        listener.listen(BACKLOG)
    server = Server(configuration(app, settings.drain_seconds), welcome, loop, settings.drain_seconds)
    on_signal(server.stop)
    gc.freeze()  # the collector need not go through what lives as long as the process
    await server.serve(sockets=[listener])


def on_signal(act: Callable[[signal.Signals], object]) -> None:
    """What SIGTERM and Ctrl-C do from now on."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, act, number)


def configuration(app: FastAPI, drain_seconds: int) -> uvicorn.Config:
    """Uvicorn's settings; what is in flight has until `GRACE_SECONDS` after the signal.

    A connection costs a file descriptor; idle and slow ones count for `CONNECTIONS` too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = CONNECTIONS + 512
    if soft < enough:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (enough if hard == resource.RLIM_INFINITY else min(enough, hard), hard)
        )
    return uvicorn.Config(
        app,
        http=DeadlineProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS - drain_seconds,
    )


class Server(uvicorn.Server):
    """Uvicorn under our own signals: it would end the process by the signal that stopped it, before the database stops."""

    def __init__(self, config: uvicorn.Config, welcome: Callable[[], None], loop: Loop, drain_seconds: int) -> None:
        super().__init__(config)
        self._welcome, self._loop, self._drain_seconds = welcome, loop, drain_seconds

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say so."""
        await super().startup(sockets)
        self._welcome()

    def stop(self, number: signal.Signals) -> None:
        """Take no part any more, finish what is in flight, and end; at the second Ctrl-C, just end.

        For SIGTERM, others first have time to see in `/readyz` that this process goes.
        """
        first = not self._loop.stopping.is_set()
        self._loop.stop(at_once=not first and number == signal.SIGINT)
        if not first:
            self.should_exit = True
            return self.handle_exit(number, None)
        say("Stopping: what is in hand is finished first")
        self.lifespan.state[STOPPING] = True
        for connection in self.server_state.connections:
            assert isinstance(connection, DeadlineProtocol), "as configured"  # noqa: S101  (typed as any protocol)
            connection.end_with_answer()
        wait = self._drain_seconds if number == signal.SIGTERM else 0
        asyncio.get_running_loop().call_later(wait, self.handle_exit, number, None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who has connected already, refuse all others, and end with the last answer."""
        for listener in sockets or ():
            let_nobody_connect(listener)
        await asyncio.sleep(HANDSHAKE_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ACCEPTING_SECONDS):
                while any(map(unaccepted, sockets or ())) and not self.force_exit:  # noqa: ASYNC110  (the kernel tells nobody)
                    await asyncio.sleep(0)
        await super().shutdown(sockets)


def _welcome(ready: Process) -> None:
    settings = ready.settings
    log.info("ready", mode=settings.mode, pack=ready.works.pack.name, port=settings.port, pid=os.getpid())
    say(f"""
Sitthi is ready

  Address    {settings.local_url}
  API docs   {settings.base_url}/docs""")
    if unconfirmed := len(ready.works.pack.warnings):
        say(f"  Policy     {unconfirmed} points that nobody has confirmed yet; `sitthi check` lists them")
    for sentence in closed_channels(settings):
        say(f"  Messages   {sentence}")
    if settings.sandbox:
        say(f"""
This is a sandbox: it gives a token of every role to everyone, so keep it to made-up people. Ctrl-C stops it.
A first call, to paste into another terminal:

{_first_call(settings.local_url)}
""")


def _first_call(url: str) -> str:
    """A command to paste: a token for the data protection officer, and a question asked with it."""
    token = (
        f"""curl -s {url}/sandbox/tokens -H 'Content-Type: application/json' -d '{{"role": "dpo"}}' | cut -d'"' -f4"""
    )
    return f"""curl -s '{url}/v1/purposes?limit=1' -H "Authorization: Bearer $({token})\""""
