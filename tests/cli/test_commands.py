"""The commands that do not serve."""

import re
from pathlib import Path

from app import __version__
from tests.cli.running import sandbox, sitthi


def test_the_version_is_told() -> None:
    assert sitthi("--version").out == f"sitthi {__version__}\n"


def test_check_says_of_each_part_how_it_is_and_why(data_dir: Path) -> None:
    said = sitthi("check", **sandbox(data_dir, SITTHI_POLICY_PACK="/nowhere"))
    assert said.code == 1
    states = dict(re.findall(r"^(\w+) +(ok|failed|skipped)", said.out, re.MULTILINE))
    assert states == {"settings": "ok", "pack": "failed", "database": "ok", "keys": "ok"}
    assert "is neither a folder nor a shipped pack" in said.out
    assert "Hint: " in said.out

    said = sitthi("check", **sandbox(data_dir, SITTHI_MOOD="good"))
    assert said.code == 1
    assert said.out.count("skipped") == 3, "nothing can be said of the rest without settings"


def test_the_contract_is_exported_and_what_differs_is_named(tmp_path: Path) -> None:
    assert sitthi("export", "openapi", str(tmp_path)).code == 0
    published = (tmp_path / "openapi.yaml").read_text()
    assert "\nopenapi: 3.1" in published
    assert "/sandbox/tokens:" in published
    assert sitthi("export", "openapi", str(tmp_path), "--check").code == 0

    (tmp_path / "openapi.yaml").write_text(f"{published}# a line of somebody's\n")
    said = sitthi("export", "openapi", str(tmp_path), "--check")
    assert said.code == 1
    assert "openapi.yaml: differs" in said.err


def test_the_demo_says_when_nobody_is_there_to_show_it() -> None:
    said = sitthi("demo", "--url", "http://127.0.0.1:9")
    assert said.code == 1
    assert said.err.startswith("sitthi: ")
    assert "Traceback" not in said.err
