"""Real processes around an embedded server: services that start it, and the means to kill any of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import asyncpg

import app

PROJECT = Path(app.__file__).parents[1]
MEMORY = Path("/dev/shm")  # noqa: S108  (only mkdtemp writes there)

SERVICE = """
import json, sys
from pathlib import Path
from app.core.embedded import EmbeddedError, start_embedded
try:
    server = start_embedded(Path(sys.argv[1]), settings=json.loads(sys.argv[2]))
except EmbeddedError as error:
    print(json.dumps({"error": str(error)}))
else:
    print(json.dumps({"owner": server.dsn_owner, "service": server.dsn_service}), flush=True)
    for order in sys.stdin:
        server.ensure()
        print("{}", flush=True)
    server.close()
"""


@dataclass(frozen=True)
class Interpreter:
    """How to run our Python, and as whom."""

    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=lambda: {**os.environ, "PYTHONPATH": str(PROJECT)})
    uid: int | None = None


class Service:
    """A process that uses the embedded server until it is told to leave, or killed."""

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str], interpreter: Interpreter | None = None, **variables: str
    ) -> None:
        by = interpreter or Interpreter()
        self.process = subprocess.Popen(  # noqa: S603  (our own Python)
            [by.python, "-c", SERVICE, str(data_dir), json.dumps(dict(settings))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**by.environment, **variables},
            cwd="/",
            user=by.uid,
            group=by.uid,
            extra_groups=None if by.uid is None else [],
        )

    def ready(self) -> Self:
        """Waits until it has its server."""
        assert self.process.stdout
        said = json.loads(self.process.stdout.readline())
        assert "error" not in said, said
        self.owner, self.service = said["owner"], said["service"]
        return self

    def ensure(self) -> None:
        """Lets it make sure of its server."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("ensure\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "{}\n"

    def leave(self) -> None:
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def services(*them: Service) -> Iterator[Sequence[Service]]:
    """All of them with a server; whoever still lives at the end is killed."""
    try:
        yield [service.ready() for service in them]
    finally:
        for service in them:
            if service.process.stdout and not service.process.stdout.closed:
                service.kill()


def fast_place() -> str | None:
    """In memory where there is a gigabyte of it to spare, else where temporary files go."""
    return str(MEMORY) if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30 else None


@contextmanager
def fresh_data_dir(place: str | None = None) -> Iterator[Path]:
    """An empty data directory that the server's account can enter; no process or file of it is left afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="sitthi-test-", dir=place or fast_place()))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        until(lambda: not keepers(directory) and not server_processes(directory))
        kill_all(told_of(directory) + server_processes(directory))
        shutil.rmtree(directory)


def cluster(data_dir: Path) -> Path:
    return data_dir / "postgres" / "cluster"


def server_processes(data_dir: Path) -> list[int]:
    """The postmaster and its children: they all work in the cluster's directory."""
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _works_in(cluster(data_dir), process)]


def _works_in(directory: Path, process: Path) -> bool:
    try:
        return (process / "cwd").samefile(directory)
    except OSError:
        return False


def postmaster(data_dir: Path) -> int:
    return int((cluster(data_dir) / "postmaster.pid").read_text().split()[0])


def keepers(data_dir: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"app.core.embedded.keeper" in words and json.dumps(f"{data_dir}/postgres").encode() in b" ".join(words):
                found.append(int(process.name))
    return found


def told_of(data_dir: Path) -> list[int]:
    """Every process with the data directory in its command line: services, the keeper, initdb, the postmaster."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(data_dir) in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def kill_all(pids: Sequence[int]) -> None:
    """kill -9, and waits until all are dead; some may then still be zombies."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether it comes to hold within so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


async def ask(dsn: str, sql: str) -> Any:
    """The first value of what the database answers, over a connection of its own."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
