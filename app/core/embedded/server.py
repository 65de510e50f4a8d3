"""The embedded server as its users see it: start or attach, make sure it lives, let go."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from app.core.embedded.accounts import clean_environment
from app.core.embedded.binaries import PostgresBinaries, find_binaries
from app.core.embedded.cluster import require_same_major
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.home import Home, not_writable, prepare_home
from app.core.embedded.keeper import Plan
from app.core.embedded.locks import FileLock, is_held_exclusively
from app.core.embedded.probe import answers

POLL = 0.02
STOPPING_PATIENCE = 20.0
STARTING_PATIENCE = 300.0

FAST_UNSAFE: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings for tests: a crash of the machine may lose everything."""


class Running:
    """A server that lives at least until `close`; also a context manager.

    `dsn_owner` connects as the owner of the database `sitthi`, who runs the migrations; `dsn_service` as the role of
    the service, which may do no DDL. Both by a Unix socket and password: never log them.
    """

    def __init__(self, home: Home, settings: Mapping[str, str], binaries: PostgresBinaries | None) -> None:
        self._home = home
        self._settings = dict(settings)
        self._binaries = binaries
        self._users: FileLock | None = _join_users(home)
        try:
            self.ensure()
            self.dsn_owner = home.dsn("sitthi_owner")
            self.dsn_service = home.dsn("sitthi_service")
        except BaseException:
            self.close()
            raise

    def ensure(self) -> None:
        """Returns once the server takes connections and has a keeper, after starting what is dead. Blocks meanwhile.

        Raises EmbeddedError when that can't be done.
        """
        try:
            self._ensure()
        except OSError as error:
            raise not_writable(self._home.root, error) from error

    def _ensure(self) -> None:
        end = time.monotonic() + STARTING_PATIENCE
        while time.monotonic() < end:
            if not is_held_exclusively(self._home.keeper_lock):
                self._start_keeper()
            elif answers(self._home.socket, self._home.pidfile):
                return
            time.sleep(POLL)
        raise EmbeddedError(
            f"PostgreSQL takes no connections: {self._home.log_tail()}.", f"Its log is {self._home.log}."
        )

    def _start_keeper(self) -> None:
        binaries = self._binaries or find_binaries()
        require_same_major(self._home, binaries)
        plan = Plan(str(self._home.root), str(binaries.bindir), binaries.version, binaries.provider, self._settings)
        package = Path(__file__).parents[3]
        done = subprocess.run(  # noqa: S603  (no shell; our own module)
            [sys.executable, "-m", "app.core.embedded.keeper", plan.encode()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=package,
            env=clean_environment(),
            start_new_session=True,
        )
        if done.returncode != 0:
            raise EmbeddedError("The keeper of the database did not start.", done.stderr.strip().rpartition("\n")[2])
        if not done.stdout:
            raise EmbeddedError("The keeper of the database died.", f"Its log is {self._home.log}.")
        failure = json.loads(done.stdout)
        if failure:
            raise EmbeddedError(failure["sentence"], failure["hint"])

    def close(self) -> None:
        """Lets go of the server. Who is the last to do so returns when the server has stopped."""
        if self._users is None:
            return
        self._users.release()
        end = time.monotonic() + STOPPING_PATIENCE
        while (
            is_held_exclusively(self._home.keeper_lock) and time.monotonic() < end and not _used_by_others(self._users)
        ):
            time.sleep(POLL)
        self._users.close()
        self._users = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def start_embedded(
    data_dir: Path, *, settings: Mapping[str, str] | None = None, binaries: PostgresBinaries | None = None
) -> Running:
    """The server whose data lie in `data_dir`: attached to when it runs, started when not, created at first use.

    Takes about a second when it must be created, 0.3 s to start, milliseconds to attach. `settings` of PostgreSQL add
    to ours and hold for the life of the server (who attaches takes it as it is); `binaries` are found when not given.
    The server stops with its last user, within seconds also when that is killed. Its data survive the death of any
    process. Raises EmbeddedError.
    """
    home = prepare_home(data_dir)
    try:
        return Running(home, settings or {}, binaries)
    except OSError as error:
        raise not_writable(home.root, error) from error


def _join_users(home: Home) -> FileLock:
    """Waits while a keeper that found nobody left stops the server."""
    users = FileLock(home.users_lock)
    end = time.monotonic() + STOPPING_PATIENCE
    while not users.try_shared():
        if time.monotonic() >= end:
            users.close()
            raise EmbeddedError(f"The database in {home.root} is still stopping.", "Try again in a moment.")
        time.sleep(POLL)
    return users


def _used_by_others(users: FileLock) -> bool:
    """Whether another process still uses the server, asked after letting go; not so while the keeper stops it."""
    if users.try_exclusive():
        users.release()
        return False
    if users.try_shared():
        users.release()
        return True
    return False
