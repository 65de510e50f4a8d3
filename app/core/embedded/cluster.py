"""The files of the database: made once, complete or not at all; and the command that serves them."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.core.embedded.accounts import Account, own_name, run_program
from app.core.embedded.binaries import PostgresBinaries
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.home import PORT, Home, last_words

SUPERUSER = "postgres"
BUILTIN_LOCALE_SINCE = 17

# No statement, parameter or value of a row reaches the log (RELIABILITY 8): an error is the asking process's to report.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

HBA = f"local sitthi sitthi_owner,sitthi_service scram-sha-256\nlocal all {SUPERUSER} peer map=sitthi\n"

# The service's role may do no DDL; what it may read and write, the migrations grant.
BOOTSTRAP = """\
CREATE ROLE sitthi_owner LOGIN PASSWORD '{sitthi_owner}';
CREATE ROLE sitthi_service LOGIN PASSWORD '{sitthi_service}';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO pg_database_owner;
CREATE DATABASE sitthi OWNER sitthi_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE sitthi FROM PUBLIC;
GRANT CONNECT ON DATABASE sitthi TO sitthi_service;
"""


def require_same_major(home: Home, binaries: PostgresBinaries) -> None:
    """Raises EmbeddedError when the files were made by another major version, which this one can't read."""
    try:
        major = (home.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if major != str(binaries.major):
        raise EmbeddedError(
            f"The data in {home.cluster} are of PostgreSQL {major}, but the one found here is {binaries.version}.",
            f"Dump them with PostgreSQL {major} and load them into a new SITTHI_DATA_DIR; nothing was changed.",
        )


def create_cluster(
    home: Home, binaries: PostgresBinaries, account: Account | None, settings: Mapping[str, str]
) -> None:
    """Makes the database's files beside their place and moves them there when complete; does nothing when they exist.

    Raises EmbeddedError with the last words of the program that failed (for instance that the disk is full).
    """
    for leftover in home.root.glob("unfinished-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if home.cluster.exists():
        return
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=home.root))
    try:
        if account:
            os.chown(unfinished, account.uid, account.gid)
        if not home.credentials.exists():
            home.create_passwords()
        _run(_initdb(unfinished, binaries, durable=settings.get("fsync") != "off"), account)
        _run(_single_user(unfinished, binaries), account, BOOTSTRAP.format_map(home.passwords()))
        unfinished.rename(home.cluster)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _initdb(directory: Path, binaries: PostgresBinaries, *, durable: bool) -> list[str | Path]:
    command: list[str | Path] = [
        binaries.bindir / "initdb",
        "--pgdata",
        directory,
        "--username",
        SUPERUSER,
        "--auth",
        "peer",
    ]
    command += ["--encoding", "UTF8", "--no-locale", "--data-checksums", "--no-instructions"]
    if binaries.major >= BUILTIN_LOCALE_SINCE:
        command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    return command if durable else [*command, "--no-sync"]


def _single_user(directory: Path, binaries: PostgresBinaries) -> list[str | Path]:
    """Ends at the first error, and does not repeat the failed statement, which may hold a password."""
    settings = _options({"exit_on_error": "on", "log_min_error_statement": "panic"})
    return [binaries.bindir / "postgres", "--single", "-D", directory, *settings, "template1"]


def _run(command: Sequence[str | Path], account: Account | None, script: str = "") -> None:
    done = run_program(command, account, script)
    if done.returncode != 0:
        reason = last_words(done.stderr) or f"{Path(command[0]).name} ended with {done.returncode}"
        raise EmbeddedError(f"The database could not be created: {reason}.", "Once that is mended, start again.")


def serve_command(home: Home, binaries: PostgresBinaries, settings: Mapping[str, str]) -> list[str]:
    """The command line of the server: all its settings, so that none hides in a file. `settings` add to ours."""
    places = {
        "unix_socket_directories": str(home.sockets),
        "hba_file": str(home.root / "pg_hba.conf"),
        "ident_file": str(home.root / "pg_ident.conf"),
    }
    return [str(binaries.bindir / "postgres"), "-D", str(home.cluster), *_options({**SETTINGS, **settings, **places})]


def _options(settings: Mapping[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def write_access_rules(home: Home, account: Account | None) -> None:
    """Both roles come in by password; the superuser only from the server's own account, for the operator."""
    rules = {"pg_hba.conf": HBA, "pg_ident.conf": f"sitthi {account.name if account else own_name()} {SUPERUSER}\n"}
    for name, text in rules.items():
        path = home.root / name
        path.write_text(text)
        path.chmod(0o644)


def discard_stale_pidfile(home: Home) -> None:
    """Removes the lock files of a dead server whose process id is taken again, or still held by its zombie.

    PostgreSQL would refuse to start. Done only when no process at all works in the cluster's directory,
    which Linux alone can tell; elsewhere nothing is removed.
    """
    if home.pidfile.exists() and not _occupied(home.cluster):
        home.pidfile.unlink(missing_ok=True)
        home.socket.with_name(f"{home.socket.name}.lock").unlink(missing_ok=True)


def _occupied(cluster: Path) -> bool:
    if not Path("/proc/self/cwd").exists():
        return True
    return any(_works_in(cluster, process) for process in Path("/proc").glob("[0-9]*"))


def _works_in(cluster: Path, process: Path) -> bool:
    try:
        return (process / "cwd").samefile(cluster)
    except OSError:
        return False
