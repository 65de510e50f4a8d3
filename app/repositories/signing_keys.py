"""The keys that the service signs with, wrapped, and their public halves."""

import json
from collections.abc import Sequence

from app.core.work import Work
from app.models.evidence import SigningKey


async def newest(work: Work) -> SigningKey | None:
    """The key that signs, or None where none was made yet."""
    found = await (await work.driver()).fetchrow(
        "SELECT kid, algorithm, public_jwk::text AS public_jwk, master_key, wrapped, created_at FROM keys.signing_key "
        "ORDER BY created_at DESC LIMIT 1"
    )
    return SigningKey(**{**found, "public_jwk": json.loads(found["public_jwk"])}) if found else None


async def list_public(work: Work) -> Sequence[dict[str, str]]:
    """The public half of every key there ever was, the newest first."""
    rows = await (await work.driver()).fetch(
        "SELECT public_jwk::text AS public_jwk FROM keys.signing_key ORDER BY created_at DESC"
    )
    return [json.loads(row["public_jwk"]) for row in rows]


async def lock(work: Work) -> None:
    """Let nobody else make a key until the unit of work ends; signing with those that are there goes on."""
    await (await work.driver()).execute("LOCK TABLE keys.signing_key IN SHARE ROW EXCLUSIVE MODE")


async def add(work: Work, key: SigningKey) -> None:
    """Keep a new key."""
    await (await work.driver()).execute(
        "INSERT INTO keys.signing_key (kid, algorithm, public_jwk, master_key, wrapped, created_at) "
        "VALUES ($1, $2, $3::text::jsonb, $4, $5, $6)",
        key.kid,
        key.algorithm,
        json.dumps(key.public_jwk),
        key.master_key,
        key.wrapped,
        key.created_at,
    )
