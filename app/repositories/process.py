"""Rows about the process itself."""

from datetime import timedelta

from sqlalchemy import String, column, func, table
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.work import Work, letting_go
from app.models.process import Deployment, PolicyVersion, Sandbox

STATE = """
SELECT (SELECT clock_offset FROM sandbox WHERE id = 1) AS clock_offset,
       (SELECT position || '/' || published_at FROM policy_overlay ORDER BY position DESC LIMIT 1) AS overlay
"""
"""What every unit of work asks first: how far the sandbox's clock is off, and the mark of the newest change of the policy."""


async def claim_mode(work: Work, mode: str) -> str:
    """The mode of this database: the one that first served from it."""
    await work.session.exec(insert(Deployment).values(id=1, mode=mode, created_at=func.now()).on_conflict_do_nothing())
    return (await work.session.exec(select(Deployment.mode))).one()


async def writable(work: Work) -> bool:
    """Whether the database takes writes: a standby does not. Raises `Unavailable` when it can't be asked."""
    async with letting_go(work.session):
        read_only: str = (await work.session.exec(select(func.current_setting("transaction_read_only")))).one()
    return read_only == "off"


async def bound_statements(work: Work, seconds: float) -> None:
    """Let no further statement of this transaction take longer."""
    milliseconds = str(round(seconds * 1000))
    await work.session.exec(select(func.set_config("statement_timeout", milliseconds, True)))


async def revision(work: Work) -> str | None:
    """The schema's revision, None where nothing was migrated. Raises `Unavailable` when the database can't be asked."""
    async with letting_go(work.session):
        if (await work.session.exec(select(func.to_regclass("alembic_version")))).one() is None:
            return None
        migrated = table("alembic_version", column("version_num", String))
        return (await work.session.exec(select(migrated.c.version_num))).one_or_none()


async def remember_policy(work: Work) -> None:
    """Keep the policy in force, whole."""
    pack = work.pack
    await work.session.exec(
        insert(PolicyVersion)
        .values(
            sha256=pack.sha256, name=pack.name, version=pack.version, canonical=pack.canonical, first_used_at=work.now
        )
        .on_conflict_do_nothing()
    )


async def sandbox(work: Work, new_signing_key: str) -> Sandbox:
    """The sandbox's row; made with this signing key when it is not there."""
    await work.session.exec(
        insert(Sandbox).values(id=1, clock_offset=timedelta(0), signing_key=new_signing_key).on_conflict_do_nothing()
    )
    return (await work.session.exec(select(Sandbox))).one()


async def clock_offset(work: Work) -> timedelta:
    """How far the clock of the law is from the real one: none but in a sandbox."""
    row = await work.session.get(Sandbox, 1)
    return row.clock_offset if row is not None else timedelta(0)


async def lock_sandbox(work: Work) -> Sandbox:
    """The sandbox's row, locked: one move of the clock at a time."""
    statement = select(Sandbox).with_for_update().execution_options(populate_existing=True)
    return (await work.session.exec(statement)).one()


async def is_catching_up(work: Work) -> bool:
    """Whether the sandbox's clock is being moved."""
    statement = select(func.count()).select_from(Sandbox).where(col(Sandbox.catching_up_to).is_not(None))
    return (await work.session.exec(statement)).one() > 0


async def reset_sandbox(work: Work) -> None:
    """Empty every table. The database itself refuses this outside a sandbox."""
    await work.session.exec(select(func.sandbox_reset()))
