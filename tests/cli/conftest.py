"""Where the services of these tests keep their data."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded_processes import fresh_data_dir


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One for all tests of a file; no process is left with it afterwards."""
    with fresh_data_dir() as directory:
        yield directory
