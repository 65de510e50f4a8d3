"""`sitthi worker`: one process that does what falls due, beside any number of its like, until it is told to stop."""

import os
import signal

import structlog

from app import __version__
from app.cli.listening import bind
from app.cli.serving import answer, on_signal, run
from app.cli.terminal import say, step
from app.core.settings import Settings
from app.main import attended, create_app
from app.routers import PROBES
from app.startup import process
from app.workers.loop import Loop

log = structlog.get_logger("sitthi.worker")


def worker() -> None:
    """Do what falls due, beside the processes that serve; any number of workers may run.

    Ends with SIGTERM or Ctrl-C once what is in hand is finished, or after 15 seconds; a second Ctrl-C ends it at once.
    """
    run(_work)


async def _work(settings: Settings) -> None:
    say(f"Sitthi {__version__} worker ({settings.mode})")
    if settings.worker_port is None:
        async with process(settings, step) as prepared, attended(prepared, working=True) as loop:
            _welcome("The worker is ready")
            await _until_told(loop)
        return
    settings = settings.model_copy(update={"port": settings.worker_port, "drain_seconds": 0})
    with bind(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        async with process(settings, step) as prepared, attended(prepared, working=True) as loop:
            told = f"The worker is ready; probes and metrics are at {settings.local_url}"
            await answer(create_app(prepared, PROBES), listener, settings, loop, lambda: _welcome(told))


def _welcome(told: str) -> None:
    log.info("ready", pid=os.getpid())
    say(told)


async def _until_told(loop: Loop) -> None:
    def stop(number: signal.Signals) -> None:
        if not loop.stopping.is_set():
            say("Stopping: what is in hand is finished first")
        loop.stop(at_once=loop.stopping.is_set() and number == signal.SIGINT)

    on_signal(stop)
    await loop.stopping.wait()
