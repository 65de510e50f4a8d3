"""Packs to look at, and packs to break."""

from pathlib import Path

import pytest

from app.domain.policy import PolicyPack
from app.policies.loader import load_pack
from tests.policies.editing import PackCopy


@pytest.fixture(scope="session")
def chanthaburi() -> PolicyPack:
    return load_pack("chanthaburi-teachers")


@pytest.fixture
def copy(tmp_path: Path) -> PackCopy:
    return PackCopy(tmp_path / "pack")
