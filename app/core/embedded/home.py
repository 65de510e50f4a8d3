"""Where an embedded server lives: the directory `postgres` inside the data directory."""

import hashlib
import json
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.core.embedded.accounts import Account, own_name
from app.core.embedded.errors import EmbeddedError

PORT = 5432
LONGEST_SOCKET_PATH = 103
ERROR_LINE = re.compile(r"\b(?:error|ERROR|FATAL|PANIC):\s+(?!the database system is)(.*)")
ROLES = ("sitthi_owner", "sitthi_service")


def default_data_dir() -> Path:
    """Where data lie by default: for root in `/var/lib/sitthi`, else in the home directory as XDG has it.

    Raises EmbeddedError when there is no home directory.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/sitthi")
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".local" / "share") / "sitthi"
    except RuntimeError as error:
        raise EmbeddedError("The account that Sitthi runs as has no home directory.", "Set SITTHI_DATA_DIR.") from error


@dataclass(frozen=True)
class Home:
    """The places of one embedded server. All belongs to who starts the service, except the cluster and the sockets:
    these belong to the account that the server runs as (the same one, unless that is root)."""

    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def pidfile(self) -> Path:
        return self.cluster / "postmaster.pid"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server; exclusively by the keeper once nobody does."""
        return self.root / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the one keeper, as long as it lives."""
        return self.root / "keeper.lock"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials.json"

    @property
    def software(self) -> Path:
        return self.root / "software"

    @property
    def sockets(self) -> Path:
        """The socket's directory; a short one under /tmp when the path would be too long for a Unix socket."""
        inside = self.root / "run"
        if len(os.fsencode(self._socket_in(inside))) <= LONGEST_SOCKET_PATH:
            return inside
        return Path("/tmp") / f"sitthi-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:24]}"  # noqa: S108  (its owner and mode are checked before use)

    @property
    def socket(self) -> Path:
        return self._socket_in(self.sockets)

    @staticmethod
    def _socket_in(directory: Path) -> Path:
        return directory / f".s.PGSQL.{PORT}"

    def dsn(self, role: str) -> str:
        """How to connect as `role`; names every part that a PG* variable could otherwise change."""
        password = self.passwords()[role]
        return f"postgresql://{role}:{password}@/sitthi?host={quote(str(self.sockets), safe='')}&port={PORT}"

    def passwords(self) -> dict[str, str]:
        """The passwords of both database roles. Raises EmbeddedError when they are lost."""
        try:
            found: dict[str, str] = json.loads(self.credentials.read_text())
            return {role: found[role] for role in ROLES}
        except (OSError, ValueError, KeyError) as error:
            raise EmbeddedError(
                f"The passwords of the database in {self.credentials} can't be read.",
                "Restore that file from a backup of the data directory.",
            ) from error

    def create_passwords(self) -> None:
        unfinished = self.credentials.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({role: secrets.token_urlsafe(32) for role in ROLES}, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.credentials)

    def log_tail(self) -> str:
        """What the server said last, on one line."""
        try:
            return last_words(self.log.read_text(errors="replace"))
        except OSError:
            return ""


def last_words(output: str) -> str:
    """The last two errors in what a program of PostgreSQL said, without its line heads; else its last two lines."""
    lines = [line.strip() for line in output.splitlines()[-20:] if line.strip()]
    errors = [found.group(1) for line in lines if (found := ERROR_LINE.search(line))]
    return "; ".join(errors[-2:] or lines[-2:])


def prepare_home(data_dir: Path) -> Home:
    """Creates the data directory where it is missing. Changes the mode of nothing that was there and in use:
    only an empty data directory that root made for itself alone (`mktemp -d`) is opened for passing through.

    Raises EmbeddedError when it can't be written or belongs to somebody else.
    """
    data_dir = data_dir.expanduser().resolve()
    home = Home(data_dir / "postgres")
    as_root = os.geteuid() == 0
    try:
        if as_root and data_dir.is_dir() and data_dir.stat().st_uid == 0 and not any(data_dir.iterdir()):
            data_dir.chmod(stat.S_IMODE(data_dir.stat().st_mode) | 0o011)
        missing = [path for path in (home.root, *home.root.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            path.chmod(0o711 if as_root else 0o700)
        owner = home.root.stat().st_uid
    except OSError as error:
        raise not_writable(data_dir, error) from error
    if owner != os.geteuid():
        raise EmbeddedError(
            f"The data directory {data_dir} belongs to another account than {own_name()}.",
            "Start Sitthi from the account that owns it, or set SITTHI_DATA_DIR to another directory.",
        )
    return home


def not_writable(directory: Path, error: OSError) -> EmbeddedError:
    return EmbeddedError(
        f"The data directory {directory} can't be written: {error.strerror}.",
        "Make it writable, or set SITTHI_DATA_DIR to another directory.",
    )


def prepare_sockets(home: Home, account: Account | None) -> None:
    """Makes the socket's directory, entered by nobody but the server's account (and root).

    Raises EmbeddedError when something that is not ours lies in its place.
    """
    owner = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    if not home.sockets.exists():
        home.sockets.mkdir(mode=0o700)
        os.chown(home.sockets, *owner)
    found = home.sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner[0] or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedError(
            f"The directory {home.sockets} for the database's socket is not ours alone.",
            "Remove it, or set SITTHI_DATA_DIR to a shorter path.",
        )
