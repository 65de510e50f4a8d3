"""A production database, from empty to serving: a person migrates, then it starts."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.core.embedded import FAST_UNSAFE, find_binaries, start_embedded
from app.migrations.upgrade import newest_revision
from tests.cli.running import production, serving, sitthi
from tests.embedded_processes import cluster, fresh_data_dir


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A ring of master keys."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"id": "one", "key": base64.b64encode(bytes(32)).decode()}]}))
    path.chmod(0o600)
    return path


@pytest.fixture
def deployment(data_dir: Path, keys: Path) -> Iterator[dict[str, str]]:
    """Settings of a production with a PostgreSQL of its own, in which nothing has happened yet."""
    with start_embedded(data_dir) as server:
        yield production(
            keys,
            SITTHI_DATABASE_URL=server.dsn_service,
            SITTHI_MIGRATION_DATABASE_URL=server.dsn_owner,
            SITTHI_PORT="0",
        )


def test_it_refuses_until_it_is_migrated_and_then_serves_without_a_sandbox(deployment: dict[str, str]) -> None:
    before = sitthi("serve", **deployment)
    assert before.code == 1
    assert f"was never migrated, and this version of Sitthi needs {newest_revision()}" in before.err
    assert "`sitthi migrate`" in before.err
    assert sitthi("worker", **deployment).err == before.err

    assert sitthi("check", **deployment).code == 1
    assert sitthi("migrate", **deployment).code == 0
    checked = sitthi("check", **deployment)
    assert checked.code == 0, checked
    assert [line.split()[:2] for line in checked.out.splitlines() if not line.startswith(" ")] == [
        ["settings", "ok"],
        ["pack", "ok"],
        ["database", "ok"],
        ["keys", "ok"],
    ]

    with serving(**deployment) as service:
        url = service.ready()
        assert httpx.get(f"{url}/readyz", trust_env=False).json()["checks"]["schema"] == "ok"
        assert httpx.post(f"{url}/sandbox/tokens", json={"role": "dpo"}, trust_env=False).status_code == 404
        said = service.end()
    assert said.code == 0
    assert "curl" not in said.out
    assert "sandbox" not in said.out


def test_it_refuses_a_database_that_could_lose_what_was_acknowledged(deployment: dict[str, str], keys: Path) -> None:
    careless = {**deployment, "SITTHI_DATABASE_URL": f"{deployment['SITTHI_DATABASE_URL']}&synchronous_commit=off"}
    said = sitthi("serve", **careless)
    assert said.code == 1
    assert "The database runs with synchronous_commit off" in said.err

    with fresh_data_dir() as fast, start_embedded(fast, settings=FAST_UNSAFE) as server:
        said = sitthi("serve", **production(keys, SITTHI_DATABASE_URL=server.dsn_service, SITTHI_PORT="0"))
    assert said.code == 1
    assert "off: acknowledged writes could be lost" in said.err


def test_it_refuses_to_serve_as_a_superuser(keys: Path) -> None:
    with fresh_data_dir() as directory:
        with start_embedded(directory):
            pass
        _alone(directory, "ALTER ROLE sitthi_service SUPERUSER;")
        with start_embedded(directory) as server:
            said = sitthi("serve", **production(keys, SITTHI_DATABASE_URL=server.dsn_service, SITTHI_PORT="0"))
    assert said.code == 1
    assert "The service's database role is a superuser" in said.err


def _alone(data_dir: Path, statement: str) -> None:
    """Run a statement as the superuser of a stopped server."""
    owner = cluster(data_dir).stat().st_uid
    subprocess.run(  # noqa: S603  (the server's own program)
        [str(find_binaries().bindir / "postgres"), "--single", "-D", str(cluster(data_dir)), "sitthi"],
        input=statement,
        text=True,
        check=True,
        capture_output=True,
        cwd="/",
        user=owner if os.geteuid() == 0 else None,
    )
