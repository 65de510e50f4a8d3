"""A program that was told to stop ends, whatever a thread of it still waits for (RELIABILITY.md 5, promise 35)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment, sandbox

PROGRAM = """
import asyncio, sys, time
from concurrent.futures import ThreadPoolExecutor
from app.cli import serving

async def main(settings):
    threads = None if sys.argv[1] == "shared" else ThreadPoolExecutor(1)
    asyncio.get_running_loop().run_in_executor(threads, time.sleep, 600)

serving.run(main)
"""


@pytest.mark.parametrize("threads", ["shared", "own"])
def test_it_does_not_wait_for_a_name_server_that_does_not_answer(data_dir: Path, threads: str) -> None:
    ended = subprocess.run(  # noqa: S603  (our own Python)
        [sys.executable, "-c", PROGRAM, threads],
        env=environment(sandbox(data_dir)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "Stopped\n")
