"""One stream of JSON lines, without personal data: event names, codes, templates, times; never a value or a message."""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

KEYS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "request_id",
        "method",
        "route",
        "status",
        "ms",
        "reason",
        "error",
        "frames",
        "job",
        "seconds",
        "endpoint",
        "kind",
        "object",
    }
    | {"mode", "pack", "host", "port", "pid", "revision", "database", "version", "signal", "count", "warnings"}
)


def configure_logging(level: str) -> None:
    """Send this service's logs, and those of its libraries, to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _only_known_keys,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_foreign, *shared], processors=[_last, structlog.processors.JSONRenderer(sort_keys=True)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.raiseExceptions = False  # a line that can't be formatted would be told with its arguments
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "httpx", "httpcore", "asyncio", "alembic", "sqlalchemy.pool"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.ERROR)


def describe_exception(error: BaseException) -> Mapping[str, Any]:
    """An exception as it may be logged: its types and where it passed, never its message."""
    types: list[str] = []
    frames: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(types) < 5:
        types.append(type(cause).__name__)
        frames += [
            f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno}:{f.name}"
            for f in traceback.extract_tb(cause.__traceback__)[-6:]
        ]
        cause = cause.__cause__ or cause.__context__
    return {"error": types, "frames": frames[-20:]}


def _only_known_keys(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept = {key: value for key, value in event.items() if key in KEYS or key.startswith("_")}
    return kept


def _foreign(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line: its format string without the arguments, which may be anybody's data."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        event["event"] = str(record.msg)[:200] if isinstance(record.msg, str) else type(record.msg).__name__
        if record.exc_info and record.exc_info[1] is not None:
            event.update(describe_exception(record.exc_info[1]))
        record.exc_info = record.exc_text = None
    return event


def _last(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: value for key, value in event.items() if not key.startswith("_") and key not in {"exc_info", "stack_info"}
    }
