"""Whom data may be disclosed to, and which disclosures concern which data (PDPA s.27, s.39(6))."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.policy import PolicyPack, Purpose


def recipients_of(purpose: Purpose, pack: PolicyPack) -> tuple[str, ...]:
    """Those that the policy lists for the purpose, and every authority where it rests on legal obligation."""
    authorities = [code for code, known in pack.recipients.items() if known.authority]
    return tuple(sorted({*purpose.recipients, *(authorities if purpose.obliged_to_authorities else ())}))


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Disclosures of the same data to the same recipient: from `first_at` to `last_at`, so many `times`.

    `record_refs` None: its system has not said which records the data came from. `system`: the latest that recorded one.
    """

    recipient: str
    purpose: str
    categories: frozenset[str]
    record_refs: frozenset[str] | None
    first_at: datetime
    last_at: datetime
    times: int
    system: str | None

    def concerns(self, record_ref: str | None, categories: Collection[str]) -> bool:
        """Whether it may have held something of a record, or of whatever record where `record_ref` is None.

        Where the records were named these decide, else the categories.
        """
        if self.record_refs is not None and record_ref is not None:
            return record_ref in self.record_refs
        return not self.categories.isdisjoint(categories)


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told something: what for, what, when first and last, how often, and by which system last."""

    recipient: str
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    times: int
    system: str | None


def by_recipient(disclosed: Sequence[Disclosed]) -> tuple[Told, ...]:
    """The disclosures of each recipient as one, by recipient."""
    return tuple(
        _one([each for each in disclosed if each.recipient == recipient])
        for recipient in sorted({each.recipient for each in disclosed})
    )


def _one(disclosed: Sequence[Disclosed]) -> Told:
    latest = max(disclosed, key=lambda each: each.last_at)
    return Told(
        recipient=latest.recipient,
        purposes=tuple(sorted({each.purpose for each in disclosed})),
        categories=tuple(sorted({code for each in disclosed for code in each.categories})),
        first_at=min(each.first_at for each in disclosed),
        last_at=latest.last_at,
        times=sum(each.times for each in disclosed),
        system=latest.system,
    )
