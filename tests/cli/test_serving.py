"""A service starts, serves, dies and stops as a person would have it."""

import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.cli.running import call, environment, logged, sandbox, serving, token
from tests.embedded_processes import fresh_data_dir
from tests.support.members import particulars


def test_the_first_start_tells_its_steps_and_a_first_call_that_works_as_pasted() -> None:
    with fresh_data_dir() as data_dir, serving(**sandbox(data_dir)) as service:
        service.ready()
        docs = service.until("API docs").split()[-1]
        pasted = service.until("curl")
        for step in ("Reading the policy pack", "Starting PostgreSQL", "Migrating the schema", "Preparing the service"):
            assert step in service.out
        shown = httpx.get(docs, trust_env=False)
        assert shown.status_code == 200
        assert "server" not in shown.headers, "nobody is told what software serves"
        if shutil.which("curl"):
            answer = subprocess.run(  # noqa: S602  (as a person pastes it)
                pasted, shell=True, env=environment({}), capture_output=True, text=True, check=True
            )
            assert json.loads(answer.stdout)["items"]
        said = service.end()
    assert said.code == 0
    assert said.out.endswith("Stopped")
    events = logged(said)
    assert events[0]["event"] == "ready"
    assert events[-1]["event"] == "stopped"
    assert str(events[0]["port"]) in docs


def test_rows_survive_a_killed_service_and_the_next_start_migrates_nothing(data_dir: Path) -> None:
    with serving(**sandbox(data_dir)) as service:
        assert call(service.ready(), "PUT", "/v1/subjects/M-KILLED", particulars()).status_code == 201
        service.process.kill()
        service.wait()
    with serving(**sandbox(data_dir)) as service:
        kept = call(service.ready(), "GET", "/v1/subjects/M-KILLED")
        assert kept.status_code == 200, "registered, and its sealed contacts readable with the same keys"
        assert kept.json()["contacts"]
        assert "Migrating" not in service.out
        assert service.end(signal.SIGINT).code == 0, "Ctrl-C is no failure"


def test_a_request_in_flight_is_finished_before_the_service_stops(data_dir: Path) -> None:
    with serving(**sandbox(data_dir)) as service:
        url = service.ready()
        call(url, "GET", "/v1/subjects/M-CANARY?canary=1", role="dpo")
        with half_sent(url, "M-FLIGHT") as (connection, rest):
            service.process.send_signal(signal.SIGTERM)
            service.until("Stopping")
            connection.sendall(rest)
            answer = connection.makefile("rb").readline()
        said = service.wait()
    assert answer.split()[1] == b"201"
    assert said.code == 0
    assert [line["route"] for line in logged(said) if line.get("status") == 201] == ["/v1/subjects/{subject_ref}"]
    for private in ("M-FLIGHT", "M-CANARY", "canary=1", particulars()["contacts"]["phone"], "Bearer ey"):
        assert private not in said.err + said.out


@contextmanager
def half_sent(url: str, subject_ref: str) -> Iterator[tuple[socket.socket, bytes]]:
    """A connection with the head and half of the body of a PUT, and the other half."""
    body = json.dumps(particulars()).encode()
    place = urlsplit(url)
    fields = {"Host": place.netloc, "Content-Type": "application/json", "Content-Length": len(body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**fields, **token(url, "core_banking")}.items())
    message = f"PUT /v1/subjects/{subject_ref} HTTP/1.1\r\n{head}\r\n".encode() + body
    cut = len(message) - len(body) // 2
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(message[:cut])
        yield connection, message[cut:]


def test_it_can_be_stopped_while_it_starts(data_dir: Path) -> None:
    with serving(**sandbox(data_dir)) as service:
        service.until("Sitthi 0")
        said = service.end()
    assert said.code == 0
    assert said.err == ""
    assert "ready" not in said.out
