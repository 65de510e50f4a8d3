"""Keys of subjects: made when first needed, wrapped by the master key, destroyed at erasure."""

import json
from collections.abc import Collection
from enum import StrEnum

from app.core import sealing
from app.core.work import Work
from app.repositories import keys
from app.repositories.keys import WrappedKey


class KeyPurpose(StrEnum):
    """`profile` dies at erasure; `evidence` at the end of its own retention (PDPA s.39(7), s.19).

    `notice` holds addresses of messages on their way: it outlives the profile until the last notice is out.
    """

    PROFILE = "profile"
    EVIDENCE = "evidence"
    NOTICE = "notice"


async def seal(work: Work, subject_ref: str, purpose: KeyPurpose, content: object, place: str) -> bytes:
    """Seal a JSON value for a place that belongs to the subject."""
    return await seal_bytes(work, subject_ref, purpose, json.dumps(content, ensure_ascii=False).encode(), place)


async def unseal(work: Work, subject_ref: str, purpose: KeyPurpose, box: bytes | None, place: str) -> object:
    """Open what `seal` closed; None where there is nothing, or where the key was destroyed. Raises `SealBroken`."""
    opened = await unseal_bytes(work, subject_ref, purpose, box, place)
    content: object = json.loads(opened) if opened is not None else None
    return content


async def seal_bytes(work: Work, subject_ref: str, purpose: KeyPurpose, content: bytes, place: str) -> bytes:
    """Seal a piece of a file for a place that belongs to the subject."""
    key = await _key(work, subject_ref, purpose)
    if key is None:
        key = await _make(work, subject_ref, purpose)
    return sealing.seal(key, content, _bound(subject_ref, purpose, place))


async def unseal_bytes(
    work: Work, subject_ref: str, purpose: KeyPurpose, box: bytes | None, place: str
) -> bytes | None:
    """Open what `seal_bytes` closed; None where there is nothing, or where the key was destroyed. Raises `SealBroken`."""
    if box is None or (key := await _key(work, subject_ref, purpose)) is None:
        return None
    return sealing.unseal(key, box, _bound(subject_ref, purpose, place))


async def load(work: Work, subject_refs: Collection[str], purpose: KeyPurpose) -> None:
    """Fetch the keys of many subjects in one query: `unseal` then asks for none of them again."""
    for found in await keys.get(work, subject_refs, purpose):
        _remember(work, purpose, found)


async def prepare(work: Work, subject_refs: Collection[str], purpose: KeyPurpose) -> None:
    """Fetch the keys of many subjects and make those that are missing, in three statements: `seal` then asks for none."""
    await load(work, subject_refs, purpose)
    places = {ref: _bound(ref, purpose, "key") for ref in subject_refs}
    missing = [ref for ref, place in places.items() if place not in work.secrets]
    if missing:
        made = [WrappedKey(ref, *work.ring.wrap(sealing.new_key(), places[ref])) for ref in missing]
        await keys.add_many(work, purpose, made)
        await load(work, missing, purpose)


async def destroy(work: Work, subject_ref: str, purpose: KeyPurpose) -> None:
    """Make everything that was sealed under this key unreadable for ever."""
    await keys.destroy(work, subject_ref, purpose)
    work.secrets.pop(_bound(subject_ref, purpose, "key"), None)


async def _key(work: Work, subject_ref: str, purpose: KeyPurpose) -> bytes | None:
    place = _bound(subject_ref, purpose, "key")
    if place not in work.secrets:
        await load(work, [subject_ref], purpose)
    return work.secrets.get(place)


async def _make(work: Work, subject_ref: str, purpose: KeyPurpose) -> bytes:
    master_key, wrapped = work.ring.wrap(sealing.new_key(), _bound(subject_ref, purpose, "key"))
    kept = await keys.add_unless_there(work, purpose, WrappedKey(subject_ref, master_key, wrapped))
    return _remember(work, purpose, kept)


def _remember(work: Work, purpose: KeyPurpose, found: WrappedKey) -> bytes:
    place = _bound(found.subject_ref, purpose, "key")
    work.secrets[place] = work.ring.unwrap(found.master_key, found.wrapped, place)
    return work.secrets[place]


def _bound(subject_ref: str, purpose: KeyPurpose, place: str) -> str:
    return f"{purpose}/{subject_ref}/{place}"
