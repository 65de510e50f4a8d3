from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.consent import (
    Binding,
    ConsentEvent,
    ConsentEventKind,
    ConsentStatus,
    check_consent_based,
    check_grant,
    check_withdrawal,
    effective,
)
from app.domain.errors import (
    ExplicitConsentRequired,
    FieldError,
    InvalidInput,
    IsStatutoryInstrument,
    NotConsentBased,
    WithdrawRestrictedByLaw,
)
from app.domain.policy import Category, Purpose, Recipient, StatutoryInstrument
from app.domain.vocabulary import Basis, ConsentNeed, Objectable
from tests.domain.building import pack, text

GRANTED, WITHDRAWN, EXPIRED, SUPERSEDED, CONFIRMED = ConsentEventKind
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def history(*kinds: ConsentEventKind) -> list[ConsentEvent]:
    return [ConsentEvent(day(number), kind) for number, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ((), None),
        ((GRANTED,), ConsentStatus.ACTIVE),
        ((GRANTED, CONFIRMED), ConsentStatus.ACTIVE),
        ((GRANTED, WITHDRAWN), ConsentStatus.WITHDRAWN),
        ((GRANTED, EXPIRED), ConsentStatus.EXPIRED),
        ((GRANTED, SUPERSEDED), ConsentStatus.SUPERSEDED),
        ((GRANTED, SUPERSEDED, WITHDRAWN), ConsentStatus.WITHDRAWN),
        ((GRANTED, EXPIRED, WITHDRAWN), ConsentStatus.WITHDRAWN),
        ((GRANTED, WITHDRAWN, EXPIRED, SUPERSEDED, CONFIRMED), ConsentStatus.WITHDRAWN),
        ((GRANTED, SUPERSEDED, EXPIRED, CONFIRMED), ConsentStatus.SUPERSEDED),
        ((GRANTED, WITHDRAWN, GRANTED), ConsentStatus.ACTIVE),
        ((WITHDRAWN, CONFIRMED, EXPIRED, SUPERSEDED), None),
    ],
)
def test_the_status_is_the_sum_of_the_events(kinds: tuple[ConsentEventKind, ...], status: ConsentStatus | None) -> None:
    assert effective(history(*kinds), day(100)) is status


def test_an_event_counts_from_its_very_instant() -> None:
    withdrawal = day(1)
    events = history(GRANTED, WITHDRAWN)
    assert effective(events, withdrawal - timedelta(microseconds=1)) is ConsentStatus.ACTIVE
    assert effective(events, withdrawal) is ConsentStatus.WITHDRAWN


def test_an_active_consent_expires_at_its_instant_and_not_before() -> None:
    events = history(GRANTED)
    assert effective(events, day(9), expires_at=day(10)) is ConsentStatus.ACTIVE
    assert effective(events, day(10), expires_at=day(10)) is ConsentStatus.EXPIRED


def test_what_was_withdrawn_does_not_expire() -> None:
    assert effective(history(GRANTED, WITHDRAWN), day(20), expires_at=day(10)) is ConsentStatus.WITHDRAWN


INSTANTS = st.integers(0, 50).map(day)
HISTORIES = st.lists(st.builds(ConsentEvent, INSTANTS, st.sampled_from(ConsentEventKind)), max_size=8)


@given(HISTORIES, HISTORIES, INSTANTS)
def test_the_status_depends_on_the_past_only(
    events: list[ConsentEvent], future: list[ConsentEvent], at: datetime
) -> None:
    later = [replace(event, at=event.at + timedelta(days=100)) for event in future]
    assert effective([*events, *later], at) is effective(events, at)


@given(HISTORIES, INSTANTS, st.none() | INSTANTS)
def test_one_withdrawal_more_never_turns_a_no_into_a_yes(
    events: list[ConsentEvent], at: datetime, expires_at: datetime | None
) -> None:
    before = effective(events, at, expires_at)
    for withdrawn_at in (day(0), day(25), at):
        after = effective([*events, ConsentEvent(withdrawn_at, WITHDRAWN)], at, expires_at)
        assert before is ConsentStatus.ACTIVE or after is not ConsentStatus.ACTIVE


@given(HISTORIES, st.integers(51, 60))
def test_what_is_granted_and_withdrawn_is_not_effective(events: list[ConsentEvent], last: int) -> None:
    ended = [*events, ConsentEvent(day(last), GRANTED), ConsentEvent(day(last + 1), WITHDRAWN)]
    assert effective(ended, day(last + 1)) is ConsentStatus.WITHDRAWN


PACK = replace(
    pack(),
    categories={
        code: Category(code=code, clause="3", sensitive=sensitive, label=text(code))
        for code, sensitive in (("identity", False), ("financial", False), ("health", True), ("religion", True))
    },
    recipients={
        code: Recipient(code=code, clause="8", label=text(code), authority=authority)
        for code, authority in (("insurer", False), ("banks", False), ("registrar", True))
    },
)
INSURANCE = Purpose(
    code="life_insurance_assessment",
    number=11,
    clause="6",
    label=text("insurance"),
    bases=(Basis.EXPLICIT_CONSENT, Basis.CONTRACT),
    requires_consent=ConsentNeed.ALWAYS,
    objectable=Objectable.NO,
    categories=("identity", "health", "financial"),
    recipients=("insurer",),
    retention=(),
    verified=False,
)
LOAN = replace(INSURANCE, code="loan", bases=(Basis.CONTRACT,), requires_consent=ConsentNeed.SENSITIVE_ONLY)
BILLING = replace(INSURANCE, code="billing", bases=(Basis.CONTRACT,), requires_consent=ConsentNeed.NEVER)
PAYROLL = replace(BILLING, statutory_instrument=StatutoryInstrument("Cooperatives Act s.42/1", text("payroll")))


def refused_fields(refusal: pytest.ExceptionInfo[InvalidInput]) -> list[FieldError]:
    return list(refusal.value.errors)


class TestGrant:
    def test_binds_all_ordinary_categories_when_none_is_named(self) -> None:
        assert check_grant(INSURANCE, PACK) == Binding(("identity", "financial"), ("insurer",))

    def test_binds_the_sensitive_ones_too_when_explicit(self) -> None:
        assert check_grant(INSURANCE, PACK, explicit=True).categories == ("identity", "health", "financial")

    def test_binds_what_is_named_in_the_order_of_the_purpose_each_once(self) -> None:
        named = ["financial", "identity", "financial"]
        assert check_grant(INSURANCE, PACK, categories=named, recipients=[]) == Binding(("identity", "financial"), ())

    def test_of_sensitive_data_must_be_explicit(self) -> None:
        with pytest.raises(ExplicitConsentRequired):
            check_grant(INSURANCE, PACK, categories=["identity", "health"])
        assert check_grant(INSURANCE, PACK, categories=["health"], explicit=True).categories == ("health",)

    def test_of_data_that_a_provision_spares_explicit_consent_need_not_be(self) -> None:
        spared = replace(INSURANCE, sensitive_exception="PDPA s.26(5)(c)")
        assert check_grant(spared, PACK).categories == INSURANCE.categories

    def test_for_a_purpose_that_needs_it_for_sensitive_data_alone_must_be_explicit_and_name_some(self) -> None:
        with pytest.raises(ExplicitConsentRequired):
            check_grant(LOAN, PACK)
        with pytest.raises(NotConsentBased):
            check_grant(LOAN, PACK, categories=["identity"], explicit=True)
        assert check_grant(LOAN, PACK, explicit=True).categories == ("identity", "health", "financial")

    def test_for_a_purpose_that_needs_none_is_refused(self) -> None:
        with pytest.raises(NotConsentBased):
            check_grant(BILLING, PACK, explicit=True)

    def test_that_another_law_governs_is_no_consent_under_the_act(self) -> None:
        with pytest.raises(IsStatutoryInstrument):
            check_grant(PAYROLL, PACK)
        with pytest.raises(IsStatutoryInstrument):
            check_consent_based(PAYROLL)

    def test_for_categories_foreign_to_the_purpose_is_refused_where_they_stand(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            check_grant(INSURANCE, PACK, categories=["identity", "religion", "unheard_of"], explicit=True)
        assert refused_fields(refusal) == [
            FieldError("/categories/1", "not_allowed"),
            FieldError("/categories/2", "not_allowed"),
        ]

    def test_for_recipients_foreign_to_the_purpose_is_refused_where_they_stand(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            check_grant(INSURANCE, PACK, recipients=["insurer", "registrar"])
        assert refused_fields(refusal) == [FieldError("/recipients/1", "not_allowed")]

    def test_may_name_the_authorities_where_the_purpose_rests_on_legal_obligation(self) -> None:
        obliged = replace(INSURANCE, bases=(*INSURANCE.bases, Basis.LEGAL_OBLIGATION))
        assert check_grant(obliged, PACK, recipients=["registrar"]).recipients == ("registrar",)
        assert check_grant(obliged, PACK).recipients == ("insurer",)
        with pytest.raises(InvalidInput):
            check_grant(obliged, PACK, recipients=["banks"])

    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            check_grant(INSURANCE, PACK, categories=[])
        assert refused_fields(refusal) == [FieldError("/categories", "too_short")]

    def test_of_a_purpose_with_sensitive_data_alone_must_be_explicit_even_when_no_category_is_named(self) -> None:
        with pytest.raises(ExplicitConsentRequired):
            check_grant(replace(INSURANCE, categories=("health",)), PACK)


def test_a_withdrawal_is_refused_only_where_a_law_is_named() -> None:
    for purpose in (INSURANCE, LOAN, BILLING):
        check_withdrawal(purpose)
    with pytest.raises(WithdrawRestrictedByLaw) as refusal:
        check_withdrawal(PAYROLL)
    assert refusal.value.extras() == {"provision": "Cooperatives Act s.42/1"}
