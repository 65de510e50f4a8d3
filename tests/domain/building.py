"""Small packs, rules and records for tests of the domain: only what a test names differs from a plain default."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from app.domain.policy import (
    AnnouncedDay,
    Bilingual,
    Condition,
    Contact,
    Controller,
    DataProtectionOfficer,
    DisposalRule,
    EventName,
    FixedHoliday,
    Floor,
    Ground,
    HolidayYear,
    IdentityRule,
    InsurerPeriod,
    OfficeHours,
    Period,
    PolicyPack,
    RetentionRule,
    RightRule,
)
from app.domain.reasons import ERASE_LEGAL_CLAIMS, ERASE_LEGAL_COMPLIANCE, ERASE_STILL_NECESSARY
from app.domain.retention import Circumstances, Membership, Record
from app.domain.vocabulary import Assurance, RequestKind, Right


def text(word: str) -> Bilingual:
    return Bilingual(th=word, en=word)


def years(count: int) -> Period:
    return Period(years=count)


def floor(law: str, trigger: str, period: Period, *, registrar_defined: bool = False) -> Floor:
    return Floor(
        law=law,
        label=text(law),
        trigger=trigger,
        period=period,
        registrar_defined=registrar_defined,
        verified=not registrar_defined,
    )


PLAIN_RULE = RetentionRule(
    code="ret_plain",
    number=1,
    clause="9.1 (1)",
    label=text("plain records"),
    kinds=("plain",),
    trigger="made",
    period=years(10),
    claims=True,
    floors=(),
    hold_while=(),
    enabled=True,
    verified=True,
    laws=(),
)
AML_TRANSACTION = floor("AMLA s.22(2)", "transaction_made", years(5))
DEPOSIT_RULE = replace(
    PLAIN_RULE,
    code="ret_deposit",
    kinds=("deposit",),
    trigger="deposit_made",
    floors=(AML_TRANSACTION,),
    hold_while=("litigation", "aml_extension_notice", "open_dsr"),
)
MEMBERSHIP_RULE = replace(
    PLAIN_RULE,
    code="ret_membership_default",
    number=0,
    kinds=("member_data",),
    default=True,
    trigger="membership_terminated",
    retain_while_membership=True,
    floors=(
        floor("AMLA s.22(1)", "relationship_ended", years(5)),
        floor("AMLA s.22/1", "relationship_ended", years(10)),
    ),
    hold_while=("open_debt_or_guarantee",),
)
ACCOUNT_RULE = replace(
    PLAIN_RULE,
    code="ret_account_opening",
    number=9,
    kinds=("account_opening",),
    trigger="account_opened",
    floors=(floor("AMLA s.22/1", "account_closed_or_relationship_ended", years(10)),),
    hold_while=("account_open",),
)
INSURANCE_RULE = replace(
    PLAIN_RULE,
    code="ret_credit_life_insurance",
    number=8,
    kinds=("credit_life_insurance",),
    trigger="insurer_defined",
    period=None,
    insurer_defined=True,
    claims=False,
    hold_while=("claim_open",),
)
SOFT_DELETED_RULE = replace(
    PLAIN_RULE,
    code="ret_soft_deleted",
    number=13,
    kinds=(),
    trigger="record_soft_deleted",
    period=None,
    indefinite=True,
    claims=False,
)

CONDITIONS = {
    code: Condition(code=code, label=text(code), ground=ground, law=law)
    for code, ground, law in (
        ("litigation", ERASE_LEGAL_CLAIMS, "PDPA s.33"),
        ("aml_extension_notice", ERASE_LEGAL_COMPLIANCE, "AMLA s.22/1"),
        ("open_dsr", ERASE_STILL_NECESSARY, "PDPA s.30"),
        ("open_debt_or_guarantee", ERASE_STILL_NECESSARY, "PDPA s.24(3)"),
        ("account_open", ERASE_STILL_NECESSARY, "PDPA s.24(3)"),
        ("claim_open", ERASE_LEGAL_CLAIMS, "PDPA s.33"),
    )
}


def ground(code: str, *rights: RequestKind, decidable: bool = True) -> Ground:
    return Ground(
        code=code,
        rights=rights or tuple(RequestKind),
        statutory=True,
        provision="PDPA",
        text=text(code),
        register_mandatory=False,
        decidable=decidable,
    )


GROUNDS = {
    each.code: each
    for each in (
        ground(ERASE_LEGAL_COMPLIANCE, RequestKind.ERASURE),
        ground(ERASE_LEGAL_CLAIMS, RequestKind.ERASURE),
        ground(ERASE_STILL_NECESSARY, RequestKind.ERASURE),
        ground("rectify_accurate", RequestKind.CORRECTION),
        ground("deceased_subject"),
        ground("no_data_held"),
        ground("id_not_proven", decidable=False),
    )
}


def right(code: Right, *, decide_within: int = 30, complete_within: int = 30) -> RightRule:
    return RightRule(
        code=code,
        clause="12",
        provision="PDPA",
        label=text(code),
        how=text(code),
        decide_within=decide_within,
        complete_within=complete_within,
        assurance=Assurance.SUBSTANTIAL,
        four_eyes=False,
        extension_days=0,
        request_grounds=(),
    )


def said(pack: PolicyPack, announced: Iterable[date] = (), cancelled: Iterable[date] = ()) -> PolicyPack:
    """A pack with days announced as holidays or cancelled, the latter where it is both."""
    days = {
        day: AnnouncedDay(day, text("said"), cancelled=ceased, source="gazette", reason="cabinet")
        for said_of, ceased in ((announced, False), (cancelled, True))
        for day in said_of
    }
    return replace(pack, announced_days=days)


def pack(
    *rules: RetentionRule,
    conditions: Mapping[str, Condition] = CONDITIONS,
    insurers: Iterable[InsurerPeriod] = (),
    holidays: Mapping[int, Iterable[date]] | None = None,
    fixed: Iterable[tuple[int, int]] = (),
    allow_indefinite_soft_delete: bool = False,
) -> PolicyPack:
    events = {name for rule in rules for name in (rule.trigger, *(each.trigger for each in rule.floors))}
    return PolicyPack(
        name="small",
        version="1",
        sha256="0" * 64,
        canonical="",
        controller=Controller(
            code="coop",
            name=text("coop"),
            contact=Contact(address=text("address"), phones=(), email="coop@example.org"),
            office_hours=OfficeHours(days=(), opens="08:30", closes="16:30"),
            dpo=DataProtectionOfficer(appointed=False, contact="dpo@example.org"),
            clauses=(),
            warnings=(),
        ),
        categories={},
        sources={},
        storage_forms={},
        bases={},
        recipients={},
        purposes={},
        retention_rules={rule.code: rule for rule in rules},
        evidence={},
        conditions=conditions,
        events={name: EventName(name, text(name)) for name in events},
        insurer_periods={value.insurer: value for value in insurers},
        grounds=GROUNDS,
        rights={},
        identity=IdentityRule(code_digits=6, code_minutes=10, code_tries=5, cool_off_minutes=15, lapse_days=30),
        roles={},
        holidays={
            year: HolidayYear(year=year, source="list", verified=True, days={day: text("holiday") for day in days})
            for year, days in (holidays or {}).items()
        },
        fixed_holidays=tuple(FixedHoliday(month=month, day=day, label=text("holiday")) for month, day in fixed),
        notices={},
        disposal=DisposalRule(quorum=3, clause="10"),
        allow_indefinite_soft_delete=allow_indefinite_soft_delete,
        warnings=(),
    )


def record(kind: str, *conditions: str, insurer: str | None = None, **events: date) -> Record:
    return Record("R-1", kind, events, frozenset(conditions), insurer)


def member(ended_on: date | None = None) -> Circumstances:
    return Circumstances(memberships=(Membership(date(1990, 1, 1), ended_on),))
