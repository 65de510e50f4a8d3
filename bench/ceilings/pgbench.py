"""`pgbench`, which comes with PostgreSQL: what the server does with the same statements when no service stands before it."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from app.core.database import BY_KEY
from app.core.embedded import find_binaries

_PARAMETER = re.compile(r"\$(\d+)")
_RATE = re.compile(r"tps = ([\d.]+)")
_FAILED = re.compile(r"number of failed transactions: (\d+)")


@dataclass(frozen=True)
class Pgbench:
    """Runs scripts against the database of a DSN, each statement prepared once for each connection."""

    dsn: str

    async def per_second(self, script: str, *, connections: int, seconds: int) -> float:
        """Transactions per second. Raises RuntimeError when one failed."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
            file.write(script)
            file.flush()
            options = ("--no-vacuum", "--protocol=prepared", f"--client={connections}", f"--time={seconds}")
            process = await asyncio.create_subprocess_exec(
                _program(),
                *options,
                f"--file={file.name}",
                env={**os.environ, **_environment(self.dsn)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            told, complained = (part.decode() for part in await process.communicate())
        rate, failed = _RATE.search(told), _FAILED.search(told)
        if process.returncode != 0 or rate is None or failed is None or failed[1] != "0":
            raise RuntimeError(f"pgbench ended with {process.returncode}:\n{complained[-2000:]}{told[-2000:]}")
        return float(rate[1])


def bound(statement: str, *values: str) -> str:
    """A statement of a repository with pgbench's variables, or expressions, in place of `$1`, `$2` and so on."""
    return _PARAMETER.sub(lambda at: values[int(at[1]) - 1], " ".join(statement.split()))


def transaction(statements: Sequence[str]) -> str:
    """A script of one transaction. A statement that ends in `\\gset` leaves its columns as variables."""
    return "".join(f"{one}\n" if one.startswith("\\") or one.endswith("\\gset") else f"{one};\n" for one in statements)


def _program() -> str:
    """Beside the embedded server's programs, else the machine's. Raises RuntimeError when there is none."""
    beside = find_binaries().bindir / "pgbench"
    if beside.exists():
        return str(beside)
    if found := shutil.which("pgbench"):
        return str(Path(found).resolve())
    raise RuntimeError("pgbench is missing: install PostgreSQL's client programs")


def _environment(dsn: str) -> dict[str, str]:
    """How to connect, with the settings of the service's lane; not on the command line, where everybody reads it."""
    parts = urlsplit(dsn)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": parts.path.lstrip("/"),
        "PGHOST": options["host"],
        "PGPORT": options["port"],
        "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in BY_KEY.items()),
    }
