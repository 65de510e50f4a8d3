"""What the controller has published: itself, the rights, its purposes and how long it keeps records."""

from dataclasses import dataclass, replace

from app.core.paging import Page
from app.core.work import Work
from app.domain.errors import NotFound
from app.domain.notices import current_notice
from app.domain.policy import (
    Category,
    Condition,
    Controller,
    EvidenceRule,
    Ground,
    LawfulBasis,
    Purpose,
    Recipient,
    RetentionRule,
    RightRule,
)
from app.services.pages import page


@dataclass(frozen=True, slots=True)
class RightView:
    """One of the eight rights, and the grounds on which alone it may be refused, in general words."""

    rule: RightRule
    free_of_charge: bool
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class PurposeView:
    """A purpose with what its codes stand for; `notice_version`: of the notice that asks for its consent now."""

    purpose: Purpose
    bases: tuple[LawfulBasis, ...]
    categories: tuple[Category, ...]
    recipients: tuple[Recipient, ...]
    evidence: EvidenceRule | None
    notice_version: str | None


@dataclass(frozen=True, slots=True)
class RetentionRuleView:
    """A retention rule with the conditions that suspend destruction."""

    rule: RetentionRule
    hold_while: tuple[Condition, ...]


def controller(work: Work) -> Controller:
    """Who decides about the data, and how to reach them (PDPA s.23(5))."""
    return work.pack.controller


def rights(work: Work, limit: int, cursor: str | None) -> Page[RightView]:
    """The eight rights, as the policy numbers them. Raises `BadCursor`."""
    grounds = [replace(each, text=each.general_text) for each in work.pack.grounds.values() if each.decidable]
    views = [
        RightView(
            rule,
            work.pack.fees.free_of_charge(rule.code),
            tuple(ground for ground in grounds if rule.code.value in ground.rights),
        )
        for rule in work.pack.rights.values()
    ]
    return page(work, "rights", views, lambda view: view.rule.code, limit=limit, cursor=cursor)


def purposes(work: Work, limit: int, cursor: str | None) -> Page[PurposeView]:
    """The purposes by number. Raises `BadCursor`."""
    views = [_purpose_view(work, purpose) for purpose in sorted(work.pack.purposes.values(), key=lambda p: p.number)]
    return page(work, "purposes", views, lambda view: view.purpose.code, limit=limit, cursor=cursor)


def purpose(work: Work, code: str) -> PurposeView:
    """One purpose. Raises `NotFound`."""
    if code not in work.pack.purposes:
        raise NotFound
    return _purpose_view(work, work.pack.purposes[code])


def retention_rules(work: Work, limit: int, cursor: str | None) -> Page[RetentionRuleView]:
    """The retention rules by number, switched-off ones too. Raises `BadCursor`."""
    views = [
        RetentionRuleView(rule, tuple(work.pack.conditions[code] for code in rule.hold_while))
        for rule in sorted(work.pack.retention_rules.values(), key=lambda rule: rule.number)
    ]
    return page(work, "retention-rules", views, lambda view: view.rule.code, limit=limit, cursor=cursor)


def _purpose_view(work: Work, purpose: Purpose) -> PurposeView:
    pack = work.pack
    notice = current_notice(pack.notices.values(), purpose.code, work.today)
    return PurposeView(
        purpose=purpose,
        bases=tuple(pack.bases[code] for code in purpose.bases),
        categories=tuple(pack.categories[code] for code in purpose.categories),
        recipients=tuple(pack.recipients[code] for code in purpose.recipients),
        evidence=pack.evidence.get(purpose.code),
        notice_version=notice.version if notice else None,
    )
