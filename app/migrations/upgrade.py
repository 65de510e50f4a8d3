"""Brings a database to the newest schema and gives the service's role what it needs, and no more."""

from dataclasses import dataclass
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.core.database import create_engine

APPEND_ONLY = (
    "audit_entry",
    "compatibility_assessment",
    "consent_event",
    "consent_receipt",
    "deployment",
    "disclosure",
    "erasure_ledger",
    "holiday_warning",
    "letter",
    "notice_acknowledgement",
    "policy_overlay",
    "policy_version",
    "refusal",
    "request_event",
    "request_reminder",
    "deletion_case_reminder",
)
_LOCK = 0x5177_7468


def configuration() -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def newest_revision() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    assert head is not None, "the package ships its migrations"  # noqa: S101  (a broken installation)
    return head


async def migrate(owner_dsn: str, service_role: str) -> None:
    """Upgrade, then grant. Safe to run twice, and by two processes at once: the second waits for the first."""
    engine = create_engine(owner_dsn, name="sitthi-migrate", pool_size=0, patience=None)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET statement_timeout = 0"))
            await connection.execute(text("SET lock_timeout = 0"))
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_upgrade)
            await connection.run_sync(_grant, service_role)
    finally:
        await engine.dispose()


def known_revisions() -> frozenset[str]:
    """Every revision that this code can bring up to date."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


@dataclass(frozen=True)
class Found:
    """A database before anything is done to it: as whom one is connected, its revision and mode (None: never set)."""

    role: str
    revision: str | None
    mode: str | None


async def look_at(dsn: str) -> Found:
    """What is in a database. Raises asyncpg's errors."""
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        role = await connection.fetchval("SELECT current_user")
        revision = await _value(connection, "alembic_version", "version_num")
        return Found(role, revision, await _value(connection, "deployment", "mode"))
    finally:
        await connection.close()


async def _value(connection: "asyncpg.Connection[asyncpg.Record]", table: str, column: str) -> str | None:
    """The one value of a column, None where the table isn't."""
    if await connection.fetchval("SELECT to_regclass($1)", table) is None:
        return None
    found: str | None = await connection.fetchval(f"SELECT {column} FROM {table}")  # noqa: S608  (names of ours)
    return found


def _upgrade(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _grant(connection: Connection, role: str) -> None:
    """Rows, not structure; of append-only tables only reading and adding; the reset not where production has served.

    Nothing to do where the owner itself serves.
    """
    if connection.scalar(text("SELECT current_user")) == role:
        return
    quoted = '"' + role.replace('"', '""') + '"'
    for schema in ("public", "keys"):
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {quoted}"))
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}"))
    for table in APPEND_ONLY:
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}"))
    production = connection.scalar(text("SELECT mode = 'production' FROM deployment"))
    change, to = ("REVOKE", "FROM") if production else ("GRANT", "TO")
    connection.execute(text(f"{change} EXECUTE ON FUNCTION sandbox_reset() {to} {quoted}"))
