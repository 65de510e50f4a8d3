"""Answers kept for calls with an Idempotency-Key (API 1)."""

import hmac
import json

from app.core.idempotency import Answer, Call
from app.core.work import Work
from app.domain.errors import IdempotencyInProgress, IdempotencyMismatch
from app.repositories import answers
from app.repositories.answers import KeptAnswer

SWEEP = 16
"""One of so many kept answers drops old ones; it drops up to twenty, so that their number does not grow."""


async def find(work: Work, call: Call) -> Answer | None:
    """The kept answer, its row touched, so that a replay too waits for a synchronous standby.

    Raises `IdempotencyInProgress` while the first call runs, `IdempotencyMismatch` when it asked something else.
    """
    alone, kept = await answers.look(work, call)
    if not alone:
        raise IdempotencyInProgress
    if kept is None:
        return None
    if not hmac.compare_digest(kept.fingerprint, _fingerprint(work, call)):
        raise IdempotencyMismatch
    await answers.touch(work, call)
    body = work.ring.unwrap(kept.master_key, kept.body, _place(call))
    return Answer(kept.status, tuple((name, value) for name, value in json.loads(kept.headers)), body)


async def keep(work: Work, call: Call, answer: Answer) -> None:
    """Keep an answer, sealed, in the unit of work that it reports.

    Raises `IdempotencyInProgress` where the first call ended after this one had looked: its answer is there to be given.
    """
    if call.fingerprint[0] % SWEEP == 0:
        await answers.drop_old(work)
    master_key, body = work.ring.wrap(answer.body, _place(call))
    headers = json.dumps([list(pair) for pair in answer.headers])
    kept = KeptAnswer(_fingerprint(work, call), answer.status, headers, master_key, body, work.real_now)
    if not await answers.keep(work, call, kept):
        raise IdempotencyInProgress


def _fingerprint(work: Work, call: Call) -> bytes:
    """Keyed: a short secret in a body, such as a code, can't be found by trial from a copy of the database."""
    return work.ring.digest("idempotent_call", call.fingerprint.hex())


def _place(call: Call) -> str:
    return f"answer/{call.caller}/{call.route}/{call.key}"
