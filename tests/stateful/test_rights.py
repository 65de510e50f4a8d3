"""Whatever is asked, by whomever and in whatever order, the promises of PRODUCT.md hold (RELIABILITY.md 5, promise 46).

A few short programs a run; `SITTHI_FAULT_ROUNDS` gives each pack 25 of 40 steps for each round. All are drawn from a seed
that is named on failure (`SITTHI_SEED` draws others).
"""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

import asyncpg
import pytest
import structlog.testing
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.model import BEGAN, World
from tests.stateful.program import Program
from tests.stateful.promises import Promises
from tests.support.api import Api
from tests.support.database import Database
from tests.support.packs import SHIPPED_PACKS, ShippedPack

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
SEED = int(os.environ.get("SITTHI_SEED", "4"))
HOW = settings(
    max_examples=25 * ROUNDS or 5,
    stateful_step_count=40 if ROUNDS else 25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking takes minutes, and a program is short
    print_blob=False,
)


@pytest.mark.faults
@pytest.mark.timeout(300 + 600 * ROUNDS)
@pytest.mark.packs(*SHIPPED_PACKS)
async def test_no_program_breaks_a_promise(api: Api, pack: ShippedPack, database: Database) -> None:
    loop = asyncio.get_running_loop()

    def run(step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, loop).result(60)

    with structlog.testing.capture_logs() as logged:

        async def begin(world: World) -> Promises:
            logged.clear()
            await database.reset()
            await api.post("/sandbox/clock", {"at": BEGAN.isoformat()})
            return Promises(api, await asyncpg.connect(database.owner), world, logged)

        against = {"run": staticmethod(run), "begin": staticmethod(begin), "pack": pack}
        program = type("Against", (Program,), {**against, "grounds": dict(api.process.works.pack.grounds)})
        print(f"SITTHI_SEED={SEED}")  # noqa: T201  (shown on failure)
        await asyncio.to_thread(run_state_machine_as_test, seed(SEED)(program), settings=HOW)
