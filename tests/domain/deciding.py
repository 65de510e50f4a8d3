"""A small pack and plain facts for tests of decisions: a test names only what differs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from app.domain.capacity import Person
from app.domain.policy import Category, Notice, PolicyPack, Purpose, Recipient
from app.domain.processing import Decision, decide
from app.domain.processing_facts import Facts, GivenConsent, HeldRecord, Limit, Question
from app.domain.retention import Circumstances, Membership, Record
from app.domain.vocabulary import Basis, ConsentNeed, Objectable
from tests.domain.building import DEPOSIT_RULE, INSURANCE_RULE, MEMBERSHIP_RULE, pack, text

NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)
TODAY = date(2026, 11, 21)
GRANTED = datetime(2026, 1, 5, 3, tzinfo=UTC)
MEMBER = Membership(date(1995, 6, 1))
LEFT = Membership(date(1995, 6, 1), date(2020, 1, 31))


def purpose(code: str, *bases: Basis, retention: tuple[str, ...] = ("ret_deposit",), **changes: Any) -> Purpose:
    plain: dict[str, Any] = {
        "requires_consent": ConsentNeed.NEVER,
        "objectable": Objectable.NO,
        "categories": ("identity", "financial"),
        "recipients": ("bank",),
    }
    return Purpose(
        code=code, number=1, clause="6", label=text(code), bases=bases, retention=retention, verified=True, **plain | changes
    )  # fmt: skip


PURPOSES = (
    purpose("contractual", Basis.CONTRACT),
    purpose("legitimate", Basis.LEGITIMATE_INTEREST, objectable=Objectable.YES),
    purpose("legal", Basis.LEGAL_OBLIGATION),
    purpose("public", Basis.PUBLIC_TASK),
    purpose("both", Basis.CONTRACT, Basis.LEGAL_OBLIGATION),
    purpose(
        "consented",
        Basis.EXPLICIT_CONSENT,
        Basis.CONTRACT,
        requires_consent=ConsentNeed.ALWAYS,
        categories=("identity", "financial", "health"),
        recipients=("insurer", "bank"),
    ),
    purpose(
        "partly",
        Basis.CONTRACT,
        requires_consent=ConsentNeed.SENSITIVE_ONLY,
        categories=("identity", "financial", "health"),
    ),
    purpose("excepted", Basis.LEGAL_OBLIGATION, categories=("identity", "health"), sensitive_exception="PDPA s.26(4)"),
    purpose("sensitive", Basis.CONTRACT, categories=("health",)),
    purpose("insured", Basis.LEGAL_OBLIGATION, retention=("ret_credit_life_insurance",)),
)
NOTICE = Notice(
    notice_id="n-2",
    version="2",
    effective_from=date(2026, 7, 1),
    purposes=("consented",),
    title=text("notice"),
    content=text("content"),
    content_sha256="0" * 64,
    fresh_consent_for=("consented",),
)


def the_pack(**changes: Any) -> PolicyPack:
    """Two ordinary categories and a sensitive one; a bank, an insurer, and two authorities."""
    return replace(
        pack(DEPOSIT_RULE, MEMBERSHIP_RULE, INSURANCE_RULE),
        categories={code: Category(code, "3", code == "health", text(code)) for code in ("identity", "financial", "health")},
        recipients={
            code: Recipient(code, "8", text(code), authority)
            for code, authority in (("bank", False), ("insurer", False), ("registrar", True), ("revenue", True))
        },
        purposes={each.code: each for each in PURPOSES},
        **changes,
    )  # fmt: skip


PACK = the_pack()


def consent(purpose: str = "consented", **changes: Any) -> GivenConsent:
    """Explicit consent to all categories, for the insurer."""
    plain: Mapping[str, Any] = {
        "categories": ("identity", "financial", "health"),
        "recipients": ("insurer",),
        "explicit": True,
        "granted_at": GRANTED,
        "granted_on": date(2026, 1, 5),
        "notice_version": "1",
    }
    return GivenConsent(purpose=purpose, **{**plain, **changes})


def deposit(
    ref: str = "D-1",
    made: date = date(2024, 3, 2),
    *,
    state: str = "held",
    kind: str = "deposit",
    categories: tuple[str, ...] = ("financial",),
    holds: tuple[str, ...] = (),
    insurer: str | None = None,
) -> HeldRecord:
    """A deposit that is still kept; one from before 2016 is past its ten years."""
    record = Record(ref, kind, {"deposit_made": made}, insurer=insurer)
    return HeldRecord(record, Circumstances((MEMBER,), holds), state, frozenset(categories))


def limit(kind: str, *purposes: str, refs: tuple[str, ...] = ()) -> Limit:
    return Limit(kind, purposes, frozenset(refs), GRANTED, "request")


def facts(**changes: Any) -> Facts:
    """A member of full age, about whom nothing else is on record."""
    return Facts(**{"person": Person("1970-05-17"), "memberships": (MEMBER,), **changes})


def ask(
    action: str = "use", purpose: str | None = "contractual", known: Facts | None = None, pack: PolicyPack = PACK, **details: Any
) -> Decision:  # fmt: skip
    return decide(Question(action, purpose, **details), known or facts(), pack, NOW, TODAY)


def codes(decision: Decision) -> list[str]:
    """Codes of the reasons; one about a category has that behind a colon."""
    return [":".join(filter(None, (reason.code, reason.category))) for reason in decision.reasons]


def said(decision: Decision) -> tuple[bool, list[str]]:
    return decision.allowed, codes(decision)
