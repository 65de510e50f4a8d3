"""What the contract says, the service does, whatever a generator of calls makes of it (RELIABILITY.md 5, promise 47).

Every day each operation's examples and one drawn call; with `SITTHI_FAULT_ROUNDS` set, all phases, with as many draws for
each operation as rounds.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.running import environment, sandbox, serving
from tests.embedded_processes import fresh_data_dir
from tests.support.members import particulars

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
PHASES = "examples,coverage,fuzzing,stateful" if ROUNDS else "examples,fuzzing"
SEED = os.environ.get("SITTHI_SEED", "47")
LEFT_ALONE = ("/sandbox/reset", "/sandbox/clock")
"""They would take away what the other calls are about, and the tokens that make them."""
PERSON = {"role": "member", "subject_ref": "M-000123", "assurance": "high"}
OFFICER = {"roles": ["staff", "dpo", "core_banking"], "system": "core_banking"}
MEANT = "positive_data_acceptance"
"""What a body means is refused with 422 as well, such as an unknown purpose: `test_examples.py` holds what is taken."""
CONFIGURATION = """
# These paths are also read as the id of a request, which GET knows and does not find.
[[operations]]
include-path-regex = "^/v1/requests/[a-z]+$"
checks.unsupported_method.enabled = false
checks.allow_header_conformance.enabled = false
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A service of its own, with the person whom the examples are about."""
    with fresh_data_dir() as data_dir, serving(**sandbox(data_dir, SITTHI_LOG_LEVEL="error")) as service:
        address = service.ready()
        answer = httpx.put(
            f"{address}/v1/subjects/M-000123", json=particulars(), headers=token(address, OFFICER), trust_env=False
        )
        assert answer.status_code == 201, answer.text
        yield address


def token(url: str, claims: dict[str, Any]) -> dict[str, str]:
    made = httpx.post(f"{url}/sandbox/tokens", json=claims, trust_env=False).json()
    return {"Authorization": f"Bearer {made['access_token']}"}


def described(url: str, folder: Path) -> Path:
    """The contract without keys of idempotency: what is repeated under one is answered as before, whatever its headers."""
    document = httpx.get(f"{url}/openapi.json", trust_env=False).json()
    for methods in document["paths"].values():
        for operation in methods.values():
            told = operation.get("parameters", [])
            operation["parameters"] = [one for one in told if one.get("name") != "Idempotency-Key"]
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    return folder / "openapi.json"


@pytest.mark.faults
@pytest.mark.timeout(120 + 1800 * bool(ROUNDS))
@pytest.mark.parametrize("claims", [PERSON, OFFICER], ids=["a person", "an officer"])
def test_no_generated_call_finds_the_service_other_than_described(
    url: str, tmp_path: Path, claims: dict[str, Any]
) -> None:
    words = ["--config-file", "schemathesis.toml", "run", str(described(url, tmp_path)), "--url", url]
    how = [
        "--checks",
        "all",
        "--exclude-checks",
        MEANT,
        "--phases",
        PHASES,
        "-n",
        str(ROUNDS or 1),
        "--seed",
        SEED,
        "--continue-on-failure",
    ]
    left_alone = [word for path in LEFT_ALONE for word in ("--exclude-path", path)]
    who = ["-H", f"Authorization: {token(url, claims)['Authorization']}", "--warnings", "off", "--no-shrink"]
    command = [sys.executable, "-m", "schemathesis.cli", *words, *how, *left_alone, *who]
    said = subprocess.run(  # noqa: S603  (our own words)
        command, cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout[-8000:] + said.stderr[-2000:]
    assert "No issues found" in said.stdout, said.stdout[-2000:]
