"""`sitthi rotate-signing-key`, beside a service that runs and without one."""

import re
from pathlib import Path

import httpx

from tests.cli.running import Said, sandbox, serving, sitthi


def kid(said: Said) -> str:
    assert said.code == 0, said
    found = re.search(r"^Receipts are signed with (\S+)$", said.out, re.MULTILINE)
    assert found
    return found[1]


def test_each_run_makes_a_key_and_those_before_it_stay_published(data_dir: Path) -> None:
    first = kid(sitthi("rotate-signing-key", **sandbox(data_dir)))
    with serving(**sandbox(data_dir, SITTHI_PORT="0")) as service:
        url = service.ready()
        second = kid(sitthi("rotate-signing-key", **sandbox(data_dir)))
        published = httpx.get(f"{url}/.well-known/jwks.json", trust_env=False).json()["keys"]
    assert [key["kid"] for key in published] == [second, first]
