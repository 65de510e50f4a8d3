"""`Idempotency-Key`: the first answer is kept in the transaction of the write that it reports, and given again.

Knows no table: `services.idempotency` fills `AnswerStore`.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.core.work import Actor, Work
from app.domain.errors import FieldError, InvalidInput

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One call under a key: a digest of who, which route, and a digest of all that was asked."""

    caller: str
    route: str
    key: str
    fingerprint: bytes


class AnswerStore(Protocol):
    """Where answers are kept for 24 hours of the real clock."""

    async def find(self, work: Work, call: Call) -> Answer | None:
        """The kept answer. Raises `IdempotencyMismatch` for another request, `IdempotencyInProgress` while the first runs."""

    async def keep(self, work: Work, call: Call, answer: Answer) -> None:
        """Keep an answer, in this unit of work."""


def caller_of(actor: Actor) -> str:
    """A digest of a principal and its rights: who has other rights than then is never given what was answered then."""
    who = [actor.sub, sorted(actor.roles), actor.everyone, actor.subject_ref, actor.system]
    return hashlib.sha256(json.dumps(who).encode()).hexdigest()


def identify_call(caller: str, route: str, values: Sequence[str], target: str, body: object) -> Call | None:
    """The call that a request makes, or None without a key. Raises `InvalidInput` for a key that is not 1-255 printable ASCII."""
    if not values:
        return None
    if len(values) > 1 or not _PRINTABLE.fullmatch(values[0]):
        raise InvalidInput([FieldError(f"/headers/{HEADER}", "bad_format")])
    canonical = json.dumps([target, body], sort_keys=True, separators=(",", ":"))
    return Call(caller, route, values[0], hashlib.sha256(canonical.encode(errors="surrogatepass")).digest())


def without(body: bytes, secrets: Sequence[str]) -> bytes:
    """A JSON object with null in place of some members, as a kept answer has it."""
    return json.dumps({**json.loads(body), **dict.fromkeys(secrets)}).encode() if secrets else body
