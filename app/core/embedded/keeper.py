"""The process that keeps one embedded server alive exactly as long as somebody uses it.

Started as `python -m app.core.embedded.keeper PLAN` by the first process that needs the server; returns when the server
takes connections, and stays behind as a daemon in a session of its own. The server is its child: when it dies, it is
started again. Every user of the server holds a shared lock, which the kernel frees at its death, however it dies; once
the keeper gets that lock for itself, nobody is left, and it stops the server.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from app.core.embedded.accounts import Account, require_entry, run_as, server_account
from app.core.embedded.binaries import PostgresBinaries, reachable_by
from app.core.embedded.cluster import (
    create_cluster,
    discard_stale_pidfile,
    require_same_major,
    serve_command,
    write_access_rules,
)
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.home import Home, not_writable, prepare_sockets
from app.core.embedded.locks import FileLock
from app.core.embedded.probe import answers, listener

STARTING_POLL = 0.01
STEADY_POLL = 0.1
OCCUPIED_PATIENCE = 10.0
STOP_PATIENCE = 5.0
LOOKERS_PATIENCE = 1.0
RESTART_PAUSE = 0.3
OCCUPIED = ('lock file "', "pre-existing shared memory block")


@dataclass(frozen=True)
class Plan:
    """What a keeper is told: whose home, which programs, and the settings that add to ours."""

    root: str
    bindir: str
    version: str
    provider: str
    settings: Mapping[str, str]

    def encode(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Self:
        return cls(**json.loads(text))


class Keeper:
    """One server and its life. Whoever makes one holds the keeper's lock."""

    def __init__(self, plan: Plan) -> None:
        self._home = Home(Path(plan.root))
        self._settings = plan.settings
        self._users = FileLock(self._home.users_lock)
        self._account: Account | None = server_account(self._home.cluster)
        self._binaries = PostgresBinaries(Path(plan.bindir), plan.version, plan.provider)
        self._child: subprocess.Popen[bytes] | None = None
        self._tried = False

    def prepare(self) -> None:
        """Makes all that the server needs on disk. Raises EmbeddedError."""
        home, account = self._home, self._account
        require_same_major(home, self._binaries)
        require_entry(account, home.root)
        self._binaries = reachable_by(account, self._binaries, home.software)
        create_cluster(home, self._binaries, account, self._settings)
        write_access_rules(home, account)
        prepare_sockets(home, account)

    def keep(self, ready: Callable[[], None]) -> None:
        """Serves until nobody uses the server; calls `ready` once, when it takes connections.

        Raises EmbeddedError when the server does not come up before that; later failures are tried again.
        """
        up = False
        patience = time.monotonic() + OCCUPIED_PATIENCE
        while not self._users.try_exclusive():
            if not self._pid():
                if self._tried and not up and (time.monotonic() > patience or not self._was_occupied()):
                    raise EmbeddedError(
                        f"PostgreSQL did not start: {self._home.log_tail()}.", f"Its log is {self._home.log}."
                    )
                self._start()
            elif not up and self._answers():
                ready()
                up = True
            elif up and not self._home.socket.exists():
                self._stop()
            time.sleep(STEADY_POLL if up else STARTING_POLL)
        self._stop()
        with suppress(OSError):
            self._home.sockets.rmdir()

    def _pid(self) -> int | None:
        """The living server, also one that another keeper left behind."""
        if self._child and self._child.poll() is None:
            return self._child.pid
        return listener(self._home.socket, self._home.pidfile)

    def _answers(self) -> bool:
        return answers(self._home.socket, self._home.pidfile)

    def _start(self) -> None:
        if self._tried:
            time.sleep(RESTART_PAUSE)
        self._tried = True
        discard_stale_pidfile(self._home)
        command = serve_command(self._home, self._binaries, self._settings)
        self._child = subprocess.Popen(  # noqa: S603  (no shell; PostgreSQL itself)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **run_as(self._account)
        )

    def _was_occupied(self) -> bool:
        return any(words in self._home.log_tail() for words in OCCUPIED)

    def _stop(self) -> None:
        """A fast shutdown; an immediate one, which the next start recovers from, where that hangs, as in recovery."""
        gentle = [signal.SIGINT] if self._answers() else []
        for stop in (*gentle, signal.SIGQUIT, signal.SIGKILL):
            pid = self._pid()
            if pid is None:
                return
            with suppress(ProcessLookupError):
                os.kill(pid, stop)
            end = time.monotonic() + STOP_PATIENCE
            while self._pid() and time.monotonic() < end:
                time.sleep(STARTING_POLL)


def _only_keeper(home: Home) -> FileLock | None:
    """The keeper's lock, or None when another keeper has it; who merely looks at it holds it for an instant."""
    lock = FileLock(home.keeper_lock)
    end = time.monotonic() + LOOKERS_PATIENCE
    while not lock.try_exclusive():
        if time.monotonic() >= end:
            return None
        time.sleep(STARTING_POLL)
    return lock


def _detach(home: Home) -> None:
    """Goes on as a daemon whose errors, as the server's, go to a new log; the log before is kept beside it."""
    if os.fork():
        os._exit(0)
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    os.chdir("/")
    os.umask(0o077)
    if home.log.exists():
        home.log.replace(home.log.with_suffix(".old"))
    log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def _report(error: EmbeddedError | None = None) -> None:
    """Tells the starter how it went, and lets go of it."""
    with suppress(BrokenPipeError):
        answer = {"sentence": error.sentence, "hint": error.hint} if error else {}
        os.write(sys.stdout.fileno(), json.dumps(answer).encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def main(plan: Plan) -> None:
    """Becomes the keeper of this home, unless it has one. Prints what failed, or `{}` once the server is up."""
    home = Home(Path(plan.root))
    lock = _only_keeper(home)
    if lock is None:
        _report()
        return
    _detach(home)
    try:
        keeper = Keeper(plan)
        keeper.prepare()
        keeper.keep(ready=_report)
    except EmbeddedError as error:
        _report(error)
    except OSError as error:
        _report(not_writable(home.root, error))


if __name__ == "__main__":
    main(Plan.decode(sys.argv[1]))
