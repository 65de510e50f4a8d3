"""How the eight rights are exercised and on which grounds they may be refused (policy clause 12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.catalogue import Bilingual
from app.domain.vocabulary import Assurance, RequestKind, Right

GROUND_PLACES: Mapping[str, Bilingual] = {
    "law": Bilingual(th="กฎหมายที่ระบุในผลการพิจารณา", en="the law named in the decision"),
    "date": Bilingual(th="วันที่ระบุในผลการพิจารณา", en="the date stated in the decision"),
    "purpose": Bilingual(th="วัตถุประสงค์ที่ระบุในผลการพิจารณา", en="the purpose named in the decision"),
    "needed": Bilingual(th="รายละเอียดที่ขอเพิ่ม", en="the details asked for"),
}
"""What the text of a ground leaves to the decision, and the general words for it where there is no decision yet."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A coded ground of refusal (LAW E7), valid for the rights named; one that is not `statutory` must be curable.

    `text` may hold the places to fill of `GROUND_PLACES`.
    `decidable`: False for what only a lapse brings about, never a decision.
    `verified`: False where the provision was not read in a consolidated text.
    """

    code: str
    rights: tuple[RequestKind, ...]
    statutory: bool
    provision: str
    text: Bilingual
    register_mandatory: bool
    decidable: bool = field(default=True, kw_only=True)
    verified: bool = field(default=True, kw_only=True)

    @property
    def general_text(self) -> Bilingual:
        """The text before any decision: general words stand in its places."""
        return Bilingual(
            th=self.text.th.format_map({place: words.th for place, words in GROUND_PLACES.items()}),
            en=self.text.en.format_map({place: words.en for place, words in GROUND_PLACES.items()}),
        )


@dataclass(frozen=True, slots=True)
class DirectMarketing:
    """Objection to direct marketing, never refused (PDPA s.32(2)): days until it stops, 0 = the day itself."""

    stop_within: int
    assurance: Assurance
    provision: str


@dataclass(frozen=True, slots=True)
class RightRule:
    """How one of the eight rights is exercised: deadlines in days from receipt, assurance, four eyes.

    `decide_within`, `complete_within`: days after the day of receipt; 0 = the day itself.
    `assurance` None: that of the consent concerned (withdrawal).
    `pause_for_information`: whether the clock stands still while the subject is asked something; the Act has no such stop.
    """

    code: Right
    clause: str
    provision: str
    label: Bilingual
    how: Bilingual
    decide_within: int
    complete_within: int
    assurance: Assurance | None
    four_eyes: bool
    extension_days: int
    request_grounds: tuple[str, ...]
    direct_marketing: DirectMarketing | None = field(default=None, kw_only=True)
    pause_for_information: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class FeeRule:
    """Whether a request costs anything (LAW T-08). The Act knows no fee: one that is taken names its rights and its reason."""

    enabled: bool
    rights: tuple[Right, ...] = ()
    reason: Bilingual | None = None

    def free_of_charge(self, right: Right) -> bool:
        """Whether the right costs nothing."""
        return not (self.enabled and right in self.rights)


FREE = FeeRule(enabled=False)
ALWAYS_FREE = frozenset({Right.WITHDRAWAL, Right.OBJECTION, Right.CORRECTION})
"""Whatever a pack says: a consent is taken back as easily as it was given (PDPA s.19), direct marketing stops at a word
(s.32(2)), and data is kept correct by duty (s.35)."""


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """One-time codes and proof of identity (API 8)."""

    code_digits: int
    code_minutes: int
    code_tries: int
    cool_off_minutes: int
    lapse_days: int


@dataclass(frozen=True, slots=True)
class PackageRule:
    """How long a package is kept, in days after the one on which it is ready; and a link to it lives, in hours."""

    keep_days: int
    link_hours: int


KEPT_A_MONTH = PackageRule(keep_days=30, link_hours=24)
