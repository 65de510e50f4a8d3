"""Kept answers of calls with an Idempotency-Key."""

from datetime import timedelta

from sqlalchemy import func, tuple_
from sqlmodel import col, delete, select

from app.core.idempotency import Call
from app.core.work import Work
from app.models.process import KeptAnswer

KEPT = timedelta(hours=24)


async def try_lock(work: Work, call: Call) -> bool:
    """Whether this unit of work is the only one with the call; no connection waits."""
    name = "\x1f".join((call.caller, call.route, call.key))
    return bool((await work.session.exec(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))))).one())


async def get_fresh(work: Work, call: Call) -> KeptAnswer | None:
    """The kept answer, unless it is older than 24 hours of the real clock."""
    kept = await work.session.get(KeptAnswer, (call.caller, call.route, call.key))
    if kept is not None and kept.kept_at < work.real_now - KEPT:
        await work.session.delete(kept)
        await work.session.flush()
        return None
    return kept


async def drop_old(work: Work) -> None:
    """Drop some answers that have outlived their 24 hours, without waiting for anybody."""
    old = (
        select(KeptAnswer.caller, KeptAnswer.route, KeptAnswer.key)
        .where(col(KeptAnswer.kept_at) < work.real_now - KEPT)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    key = tuple_(col(KeptAnswer.caller), col(KeptAnswer.route), col(KeptAnswer.key))
    await work.session.exec(delete(KeptAnswer).where(key.in_(old)))


def add(work: Work, answer: KeptAnswer) -> None:
    """Keep an answer."""
    work.session.add(answer)
