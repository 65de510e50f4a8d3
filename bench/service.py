"""The service as it is installed: `sitthi serve` in a process of its own, over a PostgreSQL that keeps what it promises."""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.core.embedded import start_embedded

_ADDRESS = re.compile(r"Address\s+(http://\S+)")
_TICKS = os.sysconf("SC_CLK_TCK")
STARTING_SECONDS = 60


@dataclass(frozen=True)
class Service:
    """A running service: spoken to over HTTP on loopback; `owner` is the DSN of its database's owner."""

    url: str
    owner: str
    pid: int

    def caller(self, token: str) -> httpx.AsyncClient:
        """One keep-alive connection of a caller with this token."""
        return httpx.AsyncClient(base_url=self.url, timeout=60, headers={"Authorization": f"Bearer {token}"})

    async def token(self, role: str) -> str:
        """A sandbox token."""
        async with httpx.AsyncClient(base_url=self.url) as http:
            answer = await http.post("/sandbox/tokens", json={"role": role})
            token: str = answer.raise_for_status().json()["access_token"]
            return token

    def cpu_seconds(self) -> float:
        """Processor time that the service's process has used; its database's is not in it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Service]:
    """One process of the service on a free port, with a fresh embedded PostgreSQL at its ordinary, durable settings."""
    home = tempfile.mkdtemp(prefix="sitthi-bench-", dir="/var/tmp")  # a disk, where /tmp may be memory
    try:
        with start_embedded(Path(home)) as server:
            environment = {
                **{name: value for name, value in os.environ.items() if not name.startswith(("SITTHI_", "PG"))},
                "SITTHI_MODE": "sandbox",
                "SITTHI_PORT": "0",
                "SITTHI_DATA_DIR": f"{home}/service",
                "SITTHI_DATABASE_URL": server.dsn_service,
                "SITTHI_MIGRATION_DATABASE_URL": server.dsn_owner,
                "SITTHI_LOG_LEVEL": "error",
            }
            command = (sys.executable, "-c", "from app.cli import main; main()", "serve")
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=None
            )
            try:
                yield Service(await _address(process), server.dsn_owner, process.pid)
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None, "asked for"  # noqa: S101  (create_subprocess_exec with PIPE)
    told = ""
    async with asyncio.timeout(STARTING_SECONDS):
        async for line in process.stdout:
            told += line.decode()
            if found := _ADDRESS.search(told):
                return found[1]
    raise RuntimeError(f"the service did not start:\n{told}")
