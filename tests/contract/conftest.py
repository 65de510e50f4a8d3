"""The contract, without a database."""

from typing import Any

import pytest

from app.main import published_contract


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """As `openapi/` publishes it."""
    return published_contract()
