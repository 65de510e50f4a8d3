"""As whom the server runs. PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.core.embedded.errors import EmbeddedError

PREFERRED = ("postgres", "daemon", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged account of the operating system."""

    name: str
    uid: int
    gid: int


def server_account(cluster: Path) -> Account | None:
    """Whom the server runs as when root starts it: who owns its data already, else `postgres`, `daemon` or `nobody`.

    None when this process is not root: the server then runs as this process does.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        owner = cluster.stat()
        return Account(_name(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and this machine has none of the accounts {', '.join(PREFERRED)}.",
        "Add one of them, or start Sitthi from an account that is not root.",
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def own_name() -> str:
    return _name(os.geteuid())


def clean_environment() -> dict[str, str]:
    """What a child may know of our environment: no PG* variable, and none of the service's secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "TZ": "UTC"}


class RunAs(TypedDict, total=False):
    """The arguments of `subprocess` that make a child run as an account, in a place and environment of its own."""

    user: int
    group: int
    extra_groups: Sequence[int]
    cwd: str
    env: dict[str, str]


def run_as(account: Account | None) -> RunAs:
    """How to start a child as `account`; as ourselves when it is None."""
    common = RunAs(cwd="/", env=clean_environment())
    if account is None:
        return common
    return RunAs(user=account.uid, group=account.gid, extra_groups=[], **common)


def run_program(
    command: Sequence[str | Path], account: Account | None, script: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end as `account`, with `script` as its input. Raises OSError when it can't be run."""
    return subprocess.run(command, input=script, capture_output=True, text=True, check=False, **run_as(account))  # noqa: S603  (no shell; the programs are PostgreSQL's and ours)


def require_entry(account: Account | None, directory: Path) -> None:
    """Makes sure that `account` can enter `directory` and all above it, by letting it try.

    Raises EmbeddedError naming the outermost directory that it can't enter. Changes nobody's mode.
    """
    if account is None:
        return
    way = [str(part) for part in (*reversed(directory.parents), directory)]
    script = 'for part; do [ -x "$part" ] || { printf %s "$part"; exit 1; }; done'
    tried = run_program(["/bin/sh", "-c", script, "sh", *way], account)
    if tried.returncode != 0:
        raise EmbeddedError(
            f"PostgreSQL runs as the account {account.name}, which can't enter the directory {tried.stdout}.",
            f"Set SITTHI_DATA_DIR to a place that {account.name} can reach, such as /var/lib/sitthi.",
        )
