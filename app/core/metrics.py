"""What this process counts and measures, for Prometheus. No label has a value that a caller can make up (API 2)."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from app import __version__

OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each one, of no use here
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
Info("sitthi_build", "The version that runs", registry=REGISTRY).info({"version": __version__})
REQUESTS = Counter("sitthi_http_requests", "Requests answered", ["method", "route", "status"], registry=REGISTRY)
DURATION = Histogram(
    "sitthi_http_request_duration_seconds",
    "From the first byte of a request's head to its answer",
    ["method", "route"],
    buckets=SECONDS,
    registry=REGISTRY,
)
DECISIONS = Counter("sitthi_decisions", "Answers to: may it be processed?", ["answer", "purpose"], registry=REGISTRY)
JOB_RUNS = Counter(
    "sitthi_job_runs", "Runs of a worker's job: done, idle or failed", ["job", "result"], registry=REGISTRY
)
CONNECTIONS = Gauge("sitthi_database_connections_in_use", "Connections lent out", ["pool"], registry=REGISTRY)
SKEW = Gauge("sitthi_clock_skew_seconds", "This machine's clock against the database's", registry=REGISTRY)
DATABASE_UP = Gauge("sitthi_database_up", "Whether the database answered when this was asked for", registry=REGISTRY)
LAG = Gauge("sitthi_worker_lag_seconds", "How long the first of what is due has waited", ["kind"], registry=REGISTRY)
SET_ASIDE = Gauge(
    "sitthi_worker_set_aside",
    "What failed and is left alone for a while, so that others go on",
    ["kind"],
    registry=REGISTRY,
)
ENDPOINTS = Gauge(
    "sitthi_webhook_endpoints",
    "Webhook endpoints: enabled, paused since they take nothing, disabled",
    ["state"],
    registry=REGISTRY,
)
RIGHTS = Gauge("sitthi_rights_requests", "Requests: open, due soon, overdue", ["right", "state"], registry=REGISTRY)

_requests: dict[tuple[str, str | None, int], tuple[Counter, Histogram]] = {}
_decisions: dict[tuple[bool, str], Counter] = {}


def count_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """One answer: `route` is the template, None where the path leads nowhere."""
    key = (method, route, status)
    found = _requests.get(key)
    if found is None:
        by, where = method if method in METHODS else OTHER, route or OTHER
        found = REQUESTS.labels(by, where, str(status)), DURATION.labels(by, where)
        if by is not OTHER:
            _requests[key] = found
    found[0].inc()
    found[1].observe(seconds)


def count_decision(*, allowed: bool, purpose: str) -> None:
    """One decision; `purpose` is one of the policy's, or `OTHER`."""
    found = _decisions.get((allowed, purpose))
    if found is None:
        found = _decisions[allowed, purpose] = DECISIONS.labels("permit" if allowed else "deny", purpose)
    found.inc()
