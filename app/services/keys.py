"""Keys of subjects: made when first needed, wrapped by the master key, destroyed at erasure."""

import json
from collections.abc import Collection, Sequence
from enum import StrEnum

from app.core import sealing
from app.core.work import Work
from app.models.subject import SubjectKey
from app.repositories import keys


class KeyPurpose(StrEnum):
    """`profile` dies at erasure; `evidence` at the end of its own retention (PDPA s.39(7), s.19)."""

    PROFILE = "profile"
    EVIDENCE = "evidence"


async def seal(work: Work, subject_ref: str, purpose: KeyPurpose, content: object, place: str) -> bytes:
    """Seal a JSON value for a place that belongs to the subject."""
    key = await _key(work, subject_ref, purpose)
    if key is None:
        key = await _make(work, subject_ref, purpose)
    return sealing.seal(key, json.dumps(content, ensure_ascii=False).encode(), _bound(subject_ref, purpose, place))


async def unseal(work: Work, subject_ref: str, purpose: KeyPurpose, box: bytes | None, place: str) -> object:
    """Open what `seal` closed; None where there is nothing, or where the key was destroyed. Raises `SealBroken`."""
    if box is None or (key := await _key(work, subject_ref, purpose)) is None:
        return None
    content: object = json.loads(sealing.unseal(key, box, _bound(subject_ref, purpose, place)))
    return content


async def load(work: Work, subject_refs: Collection[str], purpose: KeyPurpose) -> Sequence[SubjectKey]:
    """The keys of many subjects in one query: as long as the result is kept, `unseal` asks for none of them again."""
    return await keys.get_many(work, subject_refs, purpose)


async def destroy(work: Work, subject_ref: str, purpose: KeyPurpose) -> None:
    """Make everything that was sealed under this key unreadable for ever."""
    await keys.destroy(work, subject_ref, purpose)


async def _key(work: Work, subject_ref: str, purpose: KeyPurpose) -> bytes | None:
    row = await keys.get(work, subject_ref, purpose)
    return work.ring.unwrap(row.master_key, row.wrapped, _bound(subject_ref, purpose, "key")) if row else None


async def _make(work: Work, subject_ref: str, purpose: KeyPurpose) -> bytes:
    place = _bound(subject_ref, purpose, "key")
    master_key, wrapped = work.ring.wrap(sealing.new_key(), place)
    made = SubjectKey(
        subject_ref=subject_ref, purpose=purpose, master_key=master_key, wrapped=wrapped, created_at=work.now
    )
    kept = await keys.add_unless_there(work, made)
    return work.ring.unwrap(kept.master_key, kept.wrapped, place)


def _bound(subject_ref: str, purpose: KeyPurpose, place: str) -> str:
    return f"{purpose}/{subject_ref}/{place}"
