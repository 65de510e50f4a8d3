"""Real `sitthi worker` processes, or `serve`, perhaps with something of the tests' own in them; killed, frozen and drained."""

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.core.outbound import Outbound
from app.core.settings import Settings
from app.workers import jobs
from app.workers.loop import Job
from tests.cli.running import FORKS, PATIENCE, environment
from tests.cli.running import command as run_command
from tests.embedded_processes import until
from tests.support import errands


class Worker:
    """A worker; `out` and `err` are what it says. `first`: what is changed in its process before it begins."""

    def __init__(
        self, variables: Mapping[str, str], place: Path, first: Callable[[], None], word: str = "worker"
    ) -> None:
        self.out, self.err = place / "out", place / "err"
        place.mkdir()
        arguments = (word, environment(variables), self.out, self.err, first)
        self.process = FORKS.Process(target=_work, args=arguments)
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def says(self, words: str) -> bool:
        return self.out.exists() and words in self.out.read_text()

    @property
    def url(self) -> str:
        """Where `serve` listens, once it has said so."""
        found = re.search(r"Address +(http://\S+)", self.out.read_text())
        assert found
        return found[1]

    def ready(self) -> None:
        """Waits until it works, or has ended."""
        assert until(lambda: self.says("ready") or not self.process.is_alive(), PATIENCE), self.err.read_text()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, and waits until it is dead."""
        self.process.kill()
        self.process.join(PATIENCE)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """Tells it to stop, and waits until it has; its exit code."""
        if self.process.is_alive():
            self.send(number)
        self.process.join(PATIENCE)
        return self.process.exitcode


def _work(word: str, variables: dict[str, str], out: Path, err: Path, first: Callable[[], None]) -> None:
    first()
    run_command((word,), variables, out, err)


def with_errands(book: Path) -> None:
    """Besides what falls due, this process does the tests' errands."""
    everything = jobs.of

    def more(settings: Settings, outbound: Outbound) -> Sequence[Job]:
        return (*everything(settings, outbound), errands.job(errands.Book(book)))

    jobs.of = more
