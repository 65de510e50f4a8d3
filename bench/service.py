"""The service as it is installed: `sitthi serve` in a process of its own, over a PostgreSQL that keeps what it promises."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.core.embedded import Running, start_embedded
from bench.storage import scratch

_ADDRESS = re.compile(r"Address\s+(http://\S+)")
_TICKS = os.sysconf("SC_CLK_TCK")
STARTING_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A process that answers HTTP on loopback."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time that the process has used; its database's is not in it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> tuple[float, float]:
        """Resident memory in MB: now, and at most since the start or `forget_peak`."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        now, peak = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, peak

    def forget_peak(self) -> None:
        """Count the most memory from now on: reading the policy pack at the start is not load."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@dataclass(frozen=True)
class Service(Server):
    """A running service; `owner` is the DSN of its database's owner."""

    owner: str

    def caller(self, token: str) -> httpx.AsyncClient:
        """One keep-alive connection of a caller with this token."""
        return httpx.AsyncClient(base_url=self.url, timeout=60, headers={"Authorization": f"Bearer {token}"})

    async def token(self, role: str) -> str:
        """A sandbox token."""
        async with httpx.AsyncClient(base_url=self.url) as http:
            answer = await http.post("/sandbox/tokens", json={"role": role})
            token: str = answer.raise_for_status().json()["access_token"]
            return token


@asynccontextmanager
async def running() -> AsyncIterator[Service]:
    """One process of the service on a free port, with a fresh embedded PostgreSQL at its ordinary, durable settings."""
    with scratch() as place, start_embedded(place) as database:
        async with serving(database, place) as service:
            yield service


@asynccontextmanager
async def serving(database: Running, place: Path) -> AsyncIterator[Service]:
    """One process of the service on a free port, over this database; its keys lie in `place`."""
    settings = {
        "SITTHI_MODE": "sandbox",
        "SITTHI_PORT": "0",
        "SITTHI_DATA_DIR": f"{place}/service",
        "SITTHI_DATABASE_URL": database.dsn_service,
        "SITTHI_MIGRATION_DATABASE_URL": database.dsn_owner,
        "SITTHI_LOG_LEVEL": "error",
    }
    async with started(["-c", "from app.cli import main; main()", "serve"], settings) as server:
        yield Service(server.url, server.pid, database.dsn_owner)


@asynccontextmanager
async def started(arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    """A Python process that takes a free port itself and tells its address, so that no other can be measured for it.

    Raises RuntimeError when it does not start, or has ended before it was told to.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SITTHI_", "PG"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**inherited, **(settings or {})}, stdout=asyncio.subprocess.PIPE, stderr=None
    )
    try:
        yield Server(await _address(process), process.pid)
        if process.returncode is not None:
            raise RuntimeError(f"the process ended with {process.returncode} while it was measured")
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None, "asked for"  # noqa: S101  (create_subprocess_exec with PIPE)
    told = ""
    async with asyncio.timeout(STARTING_SECONDS):
        async for line in process.stdout:
            told += line.decode()
            if found := _ADDRESS.search(told):
                return found[1]
    raise RuntimeError(f"the process did not start:\n{told}")
