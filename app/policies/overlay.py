"""The policy in force: a pack, and on top of it what was published while the service runs (DOMAIN "Policy pack")."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from app.domain.policy import AnnouncedDay, Bilingual, HolidayYear, Notice, PolicyPack
from app.policies.reading import canonical_json, digest, notice_digest

NOTICE = "notice"
HOLIDAYS = "holidays"
CANCELLED = Bilingual(th="วันทำการ (ยกเลิกวันหยุด)", en="Working day (holiday cancelled)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the policy; `content` is as JSON has it.

    Of a notice: `notice_id, version, effective_from, purposes, fresh_consent_for`, and `title` and `content` in both
    languages. Of holidays: `source, reason`, `announced` with `day` and `label` of each, `cancelled` days, and `year`, where
    `announced` is the whole list of a year.
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
    for entry in entries:
        pack = _with(pack, entry)
    return replace(
        pack,
        overlay_entries=pack.overlay_entries + len(entries),
        canonical=canonical_json(tree),
        sha256=digest(tree),
    )


def _with(pack: PolicyPack, entry: Entry) -> PolicyPack:
    if entry.kind == NOTICE:
        notice = _notice(entry)
        return replace(pack, notices=MappingProxyType({**pack.notices, notice.notice_id: notice}))
    if entry.kind == HOLIDAYS:
        return _with_holidays(pack, entry.content)
    raise ValueError(f"`{entry.kind}` is no kind of entry that this version of the service knows")


def _with_holidays(pack: PolicyPack, content: Mapping[str, Any]) -> PolicyPack:
    """A list of a year takes the place of all that was said of its days; an announcement, of what was said of that day."""
    labels = {date.fromisoformat(one["day"]): Bilingual(**one["label"]) for one in content["announced"]}
    source, reason, year = content["source"], content["reason"], content["year"]
    said = {
        day: AnnouncedDay(day, label, cancelled=False, source=source, reason=reason) for day, label in labels.items()
    }
    for text in content["cancelled"]:
        day = date.fromisoformat(text)
        said[day] = AnnouncedDay(day, CANCELLED, cancelled=True, source=source, reason=reason)
    if year is None:
        return replace(pack, announced_days=MappingProxyType({**pack.announced_days, **said}))
    listed = HolidayYear(year=year, source=source, verified=True, days=MappingProxyType(labels))
    others = {day: one for day, one in pack.announced_days.items() if day.year != year}
    return replace(
        pack,
        holidays=MappingProxyType({**pack.holidays, year: listed}),
        announced_days=MappingProxyType(others),
    )


def _notice(entry: Entry) -> Notice:
    """Confirmed, for it is the DPO who publishes."""
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
