"""What only a real server on a real socket shows."""

import signal
from pathlib import Path

import httpx

from tests.cli.running import logged, sandbox, serving
from tests.cli.test_serving import half_sent


def test_head_works_where_get_does_and_leaves_the_connection_usable(data_dir: Path) -> None:
    with serving(**sandbox(data_dir)) as service:
        url = service.ready()
        with httpx.Client(base_url=url, trust_env=False) as http:
            got, headed = http.get("/healthz"), http.head("/healthz")
            again = http.get("/healthz")
        said = service.end()
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]
    assert again.status_code == 200
    assert not [line for line in logged(said) if line["level"] == "error"]


def test_a_caller_who_goes_away_is_no_error(data_dir: Path) -> None:
    with serving(**sandbox(data_dir)) as service:
        url = service.ready()
        with half_sent(url, "M-GONE"):
            pass
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        said = service.end(signal.SIGTERM)
    lines = logged(said)
    assert not [line for line in lines if line["level"] == "error"]
    assert [line["status"] for line in lines if line.get("route") == "/v1/subjects/{subject_ref}"] == [499]
