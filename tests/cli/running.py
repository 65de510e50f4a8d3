"""`sitthi` as a person runs it: real processes with an environment of their own."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx

from app.cli import main
from tests.embedded_processes import PROJECT

PATIENCE = 60
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["app.cli"])


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said on the way."""

    code: int
    out: str
    err: str


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What every process gets, without any setting of ours but these."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "PYTHONPATH": str(PROJECT), **variables}


def sitthi(*words: str, **variables: str) -> Said:
    """Run a command to its end, in a process of its own that needs not import the program anew."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = FORKS.Process(target=command, args=(words, environment(variables), out, err))
        process.start()
        process.join(PATIENCE)
        assert process.exitcode is not None, f"still running: {out.read_text()}"
        said = Said(process.exitcode, out.read_text(), err.read_text())
        process.close()
    return said


def command(words: tuple[str, ...], variables: dict[str, str], out: Path, err: Path) -> None:
    """In a process of its own: be this command."""
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115  (for good)
    os.chdir("/")
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["sitthi", *words]
    main()


class Serving:
    """A running `sitthi serve`, or `worker`. `lines` is what it said on standard output so far."""

    def __init__(self, word: str, **variables: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-m", "app.cli", word],
            env=environment({"SITTHI_PORT": "0", "SITTHI_DRAIN_SECONDS": "0", **variables}),
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._coming: Queue[str | None] = Queue()
        self._errors: list[str] = []
        self._readers = [threading.Thread(target=read) for read in (self._read_out, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read_out(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._errors.append(line)

    def until(self, words: str) -> str:
        """The first line with these words, waited for."""
        while True:
            try:
                line = self._coming.get(timeout=PATIENCE)
            except Empty:
                line = None
            assert line is not None, f"never said {words!r}, but:\n{self.out}{self.err}"
            self.lines.append(line)
            if words in line:
                return line

    @property
    def out(self) -> str:
        return "\n".join(self.lines)

    @property
    def err(self) -> str:
        """What it said on standard error so far."""
        return "".join(self._errors)

    def ready(self) -> str:
        """Its address, once it says that it is ready."""
        self.until("Sitthi is ready")
        found = re.search(r"http://\S+", self.until("Address"))
        assert found
        return found[0]

    def end(self, number: signal.Signals = signal.SIGTERM) -> Said:
        """Tell it to stop, and wait until it has."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> Said:
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join()
        while (line := self._coming.get()) is not None:
            self.lines.append(line)
        return Said(code, self.out, self.err)


@contextmanager
def serving(word: str = "serve", **variables: str) -> Iterator[Serving]:
    """A service, or a worker; killed at the end if it still runs."""
    service = Serving(word, **variables)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.wait()
        for stream in (service.process.stdout, service.process.stderr):
            assert stream
            stream.close()


def token(url: str, role: str) -> dict[str, str]:
    """The header of a sandbox token."""
    made = httpx.post(f"{url}/sandbox/tokens", json={"role": role}, trust_env=False)
    return {"Authorization": f"Bearer {made.json()['access_token']}"}


def call(url: str, method: str, path: str, body: Any = None, *, role: str = "core_banking") -> httpx.Response:
    """One call over the wire."""
    return httpx.request(method, f"{url}{path}", json=body, headers=token(url, role), trust_env=False)


def logged(said: Said) -> list[dict[str, Any]]:
    """Its log; fails when a line of standard error is none."""
    return [json.loads(line) for line in said.err.splitlines()]


def sandbox(data_dir: Path, **more: str) -> dict[str, str]:
    """Settings of a sandbox."""
    return {"SITTHI_MODE": "sandbox", "SITTHI_DATA_DIR": str(data_dir), **more}


def production(keys: Path, **more: str) -> dict[str, str]:
    """Settings that production accepts; `keys` must be a ring of master keys."""
    return {
        "SITTHI_PUBLIC_URL": "https://privacy.coop.example",
        "SITTHI_OIDC_ISSUER": "https://id.coop.example",
        "SITTHI_OIDC_JWKS_URL": "https://id.coop.example/keys",
        "SITTHI_MASTER_KEYS_FILE": str(keys),
        **more,
    }
