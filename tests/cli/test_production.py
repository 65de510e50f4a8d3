"""A production database, from empty to serving: a person migrates, then it starts."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.core.embedded import start_embedded
from app.migrations.upgrade import newest_revision
from tests.cli.running import production, serving, sitthi


@pytest.fixture
def deployment(data_dir: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings of a production with a PostgreSQL of its own, in which nothing has happened yet."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{"id": "one", "key": base64.b64encode(bytes(32)).decode()}]}))
    keys.chmod(0o600)
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
