"""Processes whose machine's clock is wrong, by Debian's `faketime`: never the system's clock, and never the monotonic one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.embedded.accounts import server_account
from app.core.embedded.binaries import PostgresBinaries, find_binaries, reachable_by
from tests.embedded_processes import cluster

_LIBRARY = next(Path("/").glob("usr/lib/*/faketime/libfaketime.so.1"), None)
needs_faketime = pytest.mark.skipif(_LIBRARY is None, reason="needs the Debian package faketime")


@dataclass(frozen=True)
class WrongClock:
    """How far the clock of some processes is off. It may be set anew while they run; they see it at once."""

    path: Path

    @classmethod
    def at(cls, path: Path, off: timedelta = timedelta(0)) -> "WrongClock":
        """One that its processes find in a file, which anybody may read."""
        clock = cls(path)
        clock.set(off)
        return clock

    def set(self, off: timedelta) -> None:
        """From now on it is so far ahead, or behind."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{off.total_seconds():+.0f}\n")
        fresh.chmod(0o644)
        fresh.replace(self.path)

    @property
    def variables(self) -> Mapping[str, str]:
        """What makes a process have this clock."""
        return {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def postgres_with(clock: WrongClock, data_dir: Path) -> PostgresBinaries:
    """PostgreSQL's programs, of which the server has this clock."""
    account = server_account(cluster(data_dir))
    real = reachable_by(account, find_binaries(), data_dir / "software")
    bindir = data_dir / "bin"
    bindir.mkdir()
    (bindir / "initdb").symlink_to(real.bindir / "initdb")
    variables = " ".join(f"{name}={value}" for name, value in clock.variables.items())
    assert re.fullmatch(r"[\w=/. -]+", variables)
    wrapper = bindir / "postgres"
    wrapper.write_text(f'#!/bin/sh\n{variables} exec "{real.bindir / "postgres"}" "$@"\n')
    for path in (bindir, wrapper):
        path.chmod(0o755)
    return PostgresBinaries(bindir, real.version, "a wrong clock")
