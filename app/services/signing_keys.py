"""The keys that the service signs with: the newest signs, and all of them stay published, so that what is old verifies.

They are not those of access tokens, which the sandbox alone makes.
"""

from collections.abc import Sequence
from datetime import timedelta

from app.core.signing import ALGORITHM, SigningKey, new_signing_key
from app.core.work import Work
from app.models import evidence as tables
from app.repositories import signing_keys
from app.services import audit


async def current(work: Work) -> SigningKey:
    """The key that signs, made where there is none; of two processes that find none, one makes it."""
    stored = await signing_keys.newest(work)
    if stored is None:
        await signing_keys.lock(work)
        stored = await signing_keys.newest(work) or await _make(work, None)
    return SigningKey(work.ring.unwrap(stored.master_key, stored.wrapped, _place(stored.kid)))


async def rotate(work: Work) -> str:
    """Make a new key, which signs from now on. Returns its `kid`."""
    await signing_keys.lock(work)
    return (await _make(work, await signing_keys.newest(work))).kid


async def published(work: Work) -> Sequence[dict[str, str]]:
    """Every public key, the one that signs first (RFC 7517)."""
    return await signing_keys.list_public(work)


async def _make(work: Work, former: tables.SigningKey | None) -> tables.SigningKey:
    """A key that is newer than the former one by the real clock, whatever the clocks of two machines say."""
    private_key = new_signing_key()
    fresh = SigningKey(private_key)
    master_key, wrapped = work.ring.wrap(private_key, _place(fresh.kid))
    made = tables.SigningKey(
        kid=fresh.kid,
        algorithm=ALGORITHM,
        public_jwk=fresh.jwk,
        master_key=master_key,
        wrapped=wrapped,
        created_at=max(work.real_now, former.created_at + timedelta(microseconds=1)) if former else work.real_now,
    )
    await signing_keys.add(work, made)
    audit.record(work, "signing_key.made", "signing_key", made.kid)
    return made


def _place(kid: str) -> str:
    return f"signing_key/{kid}"
