"""Answers kept for calls with an Idempotency-Key (API 1)."""

import hmac

from app.core.idempotency import Answer, Call
from app.core.work import Work
from app.domain.errors import IdempotencyInProgress, IdempotencyMismatch
from app.models.process import KeptAnswer
from app.repositories import answers


async def find(work: Work, call: Call) -> Answer | None:
    """The kept answer, its row touched, so that a replay too waits for a synchronous standby.

    Raises `IdempotencyInProgress` while the first call runs, `IdempotencyMismatch` when it asked something else.
    """
    if not await answers.try_lock(work, call):
        raise IdempotencyInProgress
    kept = await answers.get_fresh(work, call)
    if kept is None:
        return None
    if not hmac.compare_digest(kept.fingerprint, call.fingerprint):
        raise IdempotencyMismatch
    kept.replayed_at = work.real_now
    body = work.ring.unwrap(kept.master_key, kept.body, _place(call))
    return Answer(kept.status, tuple((name, value) for name, value in kept.headers), body)


async def keep(work: Work, call: Call, answer: Answer) -> None:
    """Keep an answer, sealed, in the unit of work that it reports."""
    await answers.drop_old(work)
    master_key, body = work.ring.wrap(answer.body, _place(call))
    answers.add(
        work,
        KeptAnswer(
            caller=call.caller,
            route=call.route,
            key=call.key,
            fingerprint=call.fingerprint,
            status=answer.status,
            headers=[list(pair) for pair in answer.headers],
            master_key=master_key,
            body=body,
            kept_at=work.real_now,
        ),
    )


def _place(call: Call) -> str:
    return f"answer/{call.caller}/{call.route}/{call.key}"
