"""One service for each module of hostile calls; what its world has become on the way does not matter."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.main import Process
from tests.hostile import service
from tests.hostile.service import Target
from tests.support.database import Database


@pytest.fixture(scope="module")
async def sweep(app: Any, process: Process, database: Database) -> AsyncIterator[Target]:
    async with service.target(app, process, database) as target:
        yield target


@pytest.fixture
def target(sweep: Target) -> Target:
    """The service, with nothing found yet."""
    sweep.faults.clear()
    return sweep
