from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ground_texts import NEEDED, ground_text
from app.domain.policy import Bilingual
from app.domain.rights_rules import GROUND_PLACES
from app.domain.vocabulary import RequestKind
from app.policies.loader import load_pack

GROUNDS = load_pack("chanthaburi-teachers").grounds
words = st.text(st.characters(exclude_characters="{}", codec="utf-8"), min_size=1)
bilingual = st.builds(Bilingual, words, words)


@given(
    ground=st.sampled_from(list(GROUNDS.values())),
    law=st.none() | words,
    day=st.none() | st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    purpose=st.none() | bilingual,
    needed=st.none() | bilingual,
)
def test_whatever_is_known_no_place_is_left_over_and_what_is_known_is_told(
    ground: object, law: str | None, day: date | None, purpose: Bilingual | None, needed: Bilingual | None
) -> None:
    of = GROUNDS[ground.code]  # type: ignore[attr-defined]  # sampled from them
    text = ground_text(of, law=law, date=day, purpose=purpose, needed=needed)
    assert "{" not in text.th + text.en
    known = {
        "law": law and Bilingual(law, law),
        "date": day and Bilingual(f" {day.year + 543}", f" {day.year}"),
        "purpose": purpose,
        "needed": needed,
    }
    for place, general in GROUND_PLACES.items():
        said = known[place] or general
        assert f"{{{place}}}" not in of.text.th or said.th in text.th
        assert f"{{{place}}}" not in of.text.en or said.en in text.en


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=lambda ground: ground.code)
def test_where_nothing_is_known_it_is_the_general_text(ground: object) -> None:
    of = GROUNDS[ground.code]  # type: ignore[attr-defined]
    assert ground_text(of, law=None, date=None, purpose=None, needed=None) == of.general_text


def test_a_date_has_the_era_of_its_language() -> None:
    text = ground_text(GROUNDS["rectify_no_evidence"], law=None, date=date(2026, 12, 30), purpose=None, needed=None)
    assert text == Bilingual(
        th="หลักฐานยังไม่พอ โปรดส่งเพิ่มภายในวันที่ 30 ธันวาคม 2569",
        en="The evidence is not enough; please add to it by 30 December 2026.",
    )


def test_each_right_says_what_it_needs() -> None:
    assert set(NEEDED) == set(RequestKind)
