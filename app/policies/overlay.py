"""The policy in force: a pack, and on top of it what was published while the service runs (DOMAIN "Policy pack")."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from app.domain.policy import Bilingual, Notice, PolicyPack
from app.policies.reading import canonical_json, digest, notice_digest

NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the policy; `content` is as JSON has it.

    Of a notice: `notice_id, version, effective_from, purposes, fresh_consent_for`, and `title` and `content` in both
    languages.
    """

    kind: str
    content: Mapping[str, Any]
    published_at: datetime

    @classmethod
    def read(cls, tree: Mapping[str, Any]) -> "Entry":
        """The entry that a canonical text holds. Raises KeyError, TypeError, ValueError."""
        return cls(tree["kind"], tree["content"], datetime.fromisoformat(tree["published_at"]))

    def tree(self) -> dict[str, Any]:
        """As it stands in the canonical text."""
        at = self.published_at.astimezone(UTC).isoformat()
        return {"kind": self.kind, "content": self.content, "published_at": at}


def overlaid(pack: PolicyPack, entries: Sequence[Entry]) -> PolicyPack:
    """A pack, overlaid already or not, with more entries on top, oldest first.

    Its canonical text is `{"overlay": [entries], "pack": base}` and its `sha256` is over that; without entries a pack is
    itself. Raises ValueError for an entry that this code does not know, KeyError or TypeError for a damaged one.
    """
    if not entries:
        return pack
    whole = json.loads(pack.canonical)
    base, earlier = (whole["pack"], whole["overlay"]) if pack.overlay_entries else (whole, [])
    tree = {"overlay": [*earlier, *(entry.tree() for entry in entries)], "pack": base}
    published = map(_notice, entries)
    return replace(
        pack,
        notices=MappingProxyType({**pack.notices, **{notice.notice_id: notice for notice in published}}),
        overlay_entries=pack.overlay_entries + len(entries),
        canonical=canonical_json(tree),
        sha256=digest(tree),
    )


def _notice(entry: Entry) -> Notice:
    """Confirmed, for it is the DPO who publishes."""
    if entry.kind != NOTICE:
        raise ValueError(f"`{entry.kind}` is no kind of entry that this version of the service knows")
    content = entry.content
    return Notice(
        notice_id=content["notice_id"],
        version=content["version"],
        effective_from=date.fromisoformat(content["effective_from"]),
        purposes=tuple(content["purposes"]),
        title=Bilingual(**content["title"]),
        content=Bilingual(**content["content"]),
        content_sha256=notice_digest(content),
        fresh_consent_for=tuple(content["fresh_consent_for"]),
        published_at=entry.published_at,
        verified=True,
    )
