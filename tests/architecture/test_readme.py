"""What the README says is what the code does."""

import re
from pathlib import Path

from app.core.settings import PREFIX, Settings
from app.domain.rights_request import diagram

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")


def test_the_diagram_is_the_table_of_moves() -> None:
    assert diagram().strip() in README


def test_every_setting_is_explained() -> None:
    table = README[README.index("## Configuration") : README.index("## Operations")]
    named = set(re.findall(r"`(SITTHI_[A-Z_]+)`", table))
    named |= {f"{PREFIX}OIDC{suffix}" for suffix in re.findall(r"`…(_[A-Z_]+)`", table)}
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    assert settings <= named
    assert {name for name in named if name not in settings} <= {"SITTHI_RATE_LIMIT"}


def test_the_make_targets_it_names_exist() -> None:
    makefile = Path(__file__).parents[2].joinpath("Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", README)) <= targets
