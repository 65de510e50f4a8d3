"""What stops a start says so in one sentence with a hint, on standard error, and ends with exit code 1."""

import asyncio
import base64
import json
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.embedded import start_embedded
from tests.cli.running import Said, production, sandbox, serving, sitthi
from tests.embedded_processes import PROJECT, ask

PACK = PROJECT / "app" / "policies" / "chanthaburi_teachers"


def refused(said: Said, sentence: str, *, hint: str = "") -> None:
    """Checks a refusal."""
    assert said.code == 1, said
    assert "Traceback" not in said.err
    assert said.err.startswith("sitthi: ")
    assert sentence in said.err
    assert hint in said.err.rpartition("Hint: ")[2]
    assert "is ready" not in said.out


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A ring of master keys."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"id": "one", "key": base64.b64encode(bytes(32)).decode()}]}))
    path.chmod(0o600)
    return path


def test_an_unknown_setting_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    said = sitthi("serve", **sandbox(tmp_path, SITTHI_PROT="8001", SITTHI_LOG_LEVEL="loud-canary"))
    refused(said, "SITTHI_PROT: no such setting; SITTHI_PORT is one", hint=".env.example")
    assert "SITTHI_LOG_LEVEL: " in said.err
    assert "loud-canary" not in said.err


def test_without_a_mode_it_is_production_and_names_what_is_missing() -> None:
    said = sitthi("serve")
    refused(said, "SITTHI_MASTER_KEYS_FILE: must be set in production", hint="make run")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = sitthi("serve", **sandbox(tmp_path, SITTHI_PORT=str(port)))
    refused(said, f"Another program listens on 127.0.0.1 port {port}.", hint="SITTHI_PORT")
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    refused(
        sitthi("serve", **sandbox(tmp_path, SITTHI_HOST="192.0.2.1")), "Can't listen on 192.0.2.1", hint="SITTHI_HOST"
    )


def test_a_data_directory_that_cannot_be_written() -> None:
    said = sitthi("serve", **sandbox(Path("/proc/sitthi"), SITTHI_PORT="0"))
    refused(said, "The data directory /proc/sitthi can't be written", hint="SITTHI_DATA_DIR")


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://sitthi:canary@127.0.0.1:{unused.getsockname()[1]}/sitthi"
        said = sitthi("serve", **sandbox(tmp_path, SITTHI_PORT="0", SITTHI_DATABASE_URL=url))
    refused(said, "The database can't be reached: it does not answer.", hint="SITTHI_DATABASE_URL")
    assert "canary" not in said.err


def test_a_postgresql_that_is_too_old(tmp_path: Path) -> None:
    with _server_of_version("13.22") as url:
        said = sitthi("serve", **sandbox(tmp_path, SITTHI_PORT="0", SITTHI_DATABASE_URL=url))
    refused(said, "The database is PostgreSQL 13; 14 or newer is needed.", hint="SITTHI_DATABASE_URL")


@contextmanager
def _server_of_version(version: str) -> Iterator[str]:
    """As much of PostgreSQL as a client needs to hear a version."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                if struct.unpack("!II", client.recv(8, socket.MSG_PEEK))[1] == 80877103:
                    client.recv(8)
                    client.sendall(b"N")
                client.recv(4096)
                told = message(b"S", b"server_version\0" + version.encode() + b"\0")
                client.sendall(message(b"R", struct.pack("!I", 0)) + told + message(b"Z", b"I"))
                client.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"postgresql://sitthi@127.0.0.1:{listener.getsockname()[1]}/sitthi"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_broken_pack_is_named_with_file_and_line(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    broken = tmp_path / "pack" / "pack.yaml"
    broken.write_text(broken.read_text() + "\nsurprise: 1\n")
    line = broken.read_text().splitlines().index("surprise: 1") + 1
    said = sitthi("serve", **sandbox(tmp_path, SITTHI_PORT="0", SITTHI_POLICY_PACK=str(broken.parent)))
    refused(said, f"pack.yaml:{line}: ", hint="SITTHI_POLICY_PACK")


def test_a_database_of_the_other_mode_or_of_a_schema_from_the_future_or_with_lost_keys(
    data_dir: Path, keys: Path
) -> None:
    with serving(**sandbox(data_dir)) as service:
        service.ready()
        assert service.end().code == 0
    said = sitthi("serve", **production(keys, SITTHI_DATA_DIR=str(data_dir), SITTHI_PORT="0"))
    refused(said, "This database is for sandbox, and SITTHI_MODE says production.", hint="SITTHI_MODE")

    ring = data_dir / "master-keys.json"
    whole = ring.read_text()
    ring.write_text('{"keys": "canary"}')
    said = sitthi("serve", **sandbox(data_dir, SITTHI_PORT="0"))
    refused(said, f"The file of master keys {ring} is not", hint="backup")
    assert "canary" not in said.err
    ring.write_text(whole)

    with start_embedded(data_dir) as server:
        asyncio.run(ask(server.dsn_owner, "UPDATE alembic_version SET version_num = '9999' RETURNING 1"))
        said = sitthi("serve", **sandbox(data_dir, SITTHI_PORT="0"))
    refused(said, "does not know the database's schema 9999", hint="newer")


def test_usage_that_is_wrong_has_exit_code_2() -> None:
    said = sitthi("serve", "--port", "1")
    assert said.code == 2
    assert "--port" in said.err
