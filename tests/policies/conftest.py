"""Packs to look at, and packs to break."""

from pathlib import Path

import pytest

from app.domain.policy import PolicyPack
from app.policies.loader import load_pack
from tests.policies.editing import OFFICIALS, PackCopy


@pytest.fixture(scope="session")
def chanthaburi() -> PolicyPack:
    return load_pack("chanthaburi-teachers")


@pytest.fixture(scope="session")
def officials() -> PolicyPack:
    return load_pack("cooperative-officials")


@pytest.fixture
def copy(tmp_path: Path) -> PackCopy:
    return PackCopy(tmp_path / "pack")


@pytest.fixture
def officials_copy(tmp_path: Path) -> PackCopy:
    return PackCopy(tmp_path / "pack", OFFICIALS)
