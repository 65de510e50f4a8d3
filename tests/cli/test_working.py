"""`sitthi worker`: beside the service instead of inside it, with probes of its own, and stopped like `serve`."""

import signal
from pathlib import Path

import httpx

from tests.cli.running import Serving, logged, sandbox, serving
from tests.embedded_processes import until


def figures(url: str) -> str:
    return httpx.get(f"{url}/metrics", trust_env=False).text


def ready(worker: Serving) -> str:
    """Its address, once it says that it is ready."""
    return worker.until("The worker is ready").split()[-1]


def test_a_worker_beside_the_service_does_what_the_service_then_does_not(data_dir: Path) -> None:
    apart = sandbox(data_dir, SITTHI_WORKER="separate", SITTHI_WORKER_PORT="0")
    with serving(**apart) as service, serving("worker", **apart) as worker:
        served, worked = service.ready(), ready(worker)
        done = 'sitthi_job_runs_total{job="consent_expiry",result="idle"}'
        assert until(lambda: done in figures(worked))
        assert "sitthi_job_runs_total{" not in figures(served)
        assert httpx.get(f"{worked}/readyz", trust_env=False).json()["status"] == "ready"
        assert httpx.get(f"{served}/readyz", trust_env=False).json()["checks"]["workers"] == "ok"
        assert httpx.get(f"{worked}/v1/controller", trust_env=False).status_code == 404, "it answers nothing else"
        said = worker.end()
        assert service.end().code == 0
    assert said.code == 0
    assert said.out.endswith("Stopped")
    assert {line["event"] for line in logged(said)} >= {"ready", "stopped"}


def test_a_worker_that_does_not_listen_stops_at_ctrl_c(data_dir: Path) -> None:
    with serving("worker", **sandbox(data_dir)) as worker:
        assert worker.until("The worker is ready") == "The worker is ready"
        said = worker.end(signal.SIGINT)
    assert said.code == 0
    assert said.out.endswith("Stopped")


def test_a_service_does_what_falls_due_itself_unless_it_is_told_otherwise(data_dir: Path) -> None:
    with serving(**sandbox(data_dir)) as service:
        url = service.ready()
        assert until(lambda: 'sitthi_job_runs_total{job="consent_expiry",result="idle"}' in figures(url))
        assert service.end().code == 0
