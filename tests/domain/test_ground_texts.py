"""The text of a ground in a decision: every place filled, in both languages."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ground_texts import NEEDED, ground_text, refusal_text
from app.domain.policy import Bilingual
from app.domain.vocabulary import RequestKind
from app.policies.loader import load_pack

PACK = load_pack("chanthaburi-teachers")
GROUNDS = [*PACK.grounds.values(), *load_pack("cooperative-officials").grounds.values()]
WORDS = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]))


def reason(ground: str | None, **changes: Any) -> dict[str, Any]:
    return {"rule": None, "clause": None, "law": None, "ground": ground, "until": None, "th": "", "en": "", **changes}


@given(
    st.sampled_from(GROUNDS),
    st.none() | WORDS,
    st.none() | st.dates(),
    st.none() | st.builds(Bilingual, WORDS, WORDS),
    st.none() | WORDS,
)
def test_no_place_is_left_whatever_is_known(
    ground: Any, law: str | None, day: date | None, purpose: Bilingual | None, needed: str | None
) -> None:
    text = ground_text(ground, law=law, date=day, purpose=purpose, needed=needed)
    assert "{" not in text.th + text.en


def test_what_is_not_known_is_said_in_general_words() -> None:
    for ground in GROUNDS:
        assert ground_text(ground) == ground.general_text


def test_law_and_day_are_written_as_each_language_does() -> None:
    because = [reason("erase_legal_compliance", law="AMLA s.22(2)", until="2029-03-02")]
    text = refusal_text(PACK, "erase_legal_compliance", because)
    assert "พ.ร.บ. ป้องกันและปราบปรามการฟอกเงิน มาตรา 22(2) จนถึงวันที่ 2 มีนาคม 2572" in text.th
    assert "under the Anti-Money Laundering Act s.22(2) until 2 March 2029" in text.en


@pytest.mark.parametrize(
    ("ends", "named"),
    [(["2029-03-02", "2031-01-05"], "5 January 2031"), (["2031-01-05", None], "until the circumstance")],
)
def test_of_several_laws_the_one_that_lasts_longest_counts(ends: list[str | None], named: str) -> None:
    because = [reason("erase_legal_compliance", law=f"AMLA s.{at}", until=end) for at, end in enumerate(ends)]
    text = refusal_text(PACK, "erase_legal_compliance", [*because, reason("erase_legal_claims", until="2040-01-01")])
    assert "s.1 " in text.en if ends[1] else "s.1" in text.en
    assert named in text.en


def test_what_data_is_needed_for_is_told_by_the_purposes_of_its_rule() -> None:
    rule = next(rule for code, rule in PACK.retention_rules.items() if "loan_contract" in rule.kinds)
    purposes = [purpose for purpose in PACK.purposes.values() if rule.code in purpose.retention]
    text = refusal_text(PACK, "erase_still_necessary", [reason("erase_still_necessary", rule=rule.code)])
    assert purposes[0].label.th in text.th
    assert f"“{purposes[0].label.en}”" in text.en
    assert ("other purposes" in text.en) == (len(purposes) > 3)


def test_a_decision_never_refers_to_what_is_named_in_the_decision() -> None:
    text = refusal_text(PACK, "erase_still_necessary", [reason("erase_still_necessary")])
    assert "needed for the purposes for which it was collected, and" in text.en
    assert "ในผลการพิจารณา" not in text.th


def test_a_ground_that_the_pack_has_no_more_is_told_by_its_code() -> None:
    assert refusal_text(PACK, "repealed") == Bilingual("repealed", "repealed")


def test_each_right_says_what_it_needs() -> None:
    assert set(NEEDED) == set(RequestKind)


def test_that_data_is_not_portable_holds_of_what_others_gave_for_a_contract_too() -> None:
    text = PACK.grounds["port_not_eligible"].text
    assert "that you gave" in text.en
    assert "ที่ท่านให้ไว้" in text.th
