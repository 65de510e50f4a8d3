"""No cell is a formula, whatever it begins with; everything else is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.spreadsheets import safe_cell

BEGINNINGS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("before", ["", " ", "   ", '"', "'", ' "', "; ", ",", "\u00a0", "“"])
def test_what_a_spreadsheet_would_calculate_is_text(before: str, beginning: str) -> None:
    cell = f"{before}{beginning}1+cmd|' /C calc'!A0"
    assert safe_cell(cell) == f"'{cell}"


@given(st.text(alphabet=st.characters(categories=["L", "N"]), max_size=3), st.text(max_size=20))
def test_what_begins_with_a_letter_or_a_number_is_left(first: str, rest: str) -> None:
    if first:
        assert safe_cell(first + rest) == first + rest


@pytest.mark.parametrize("text", ["", " ", "สมหญิง", "0812345678", "a=b", "1-2", "'"])
def test_harmless_text_is_left(text: str) -> None:
    assert safe_cell(text) == text
