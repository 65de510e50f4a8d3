import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.csv_table import BYTE_ORDER_MARK, cell, csv_table

ACTIVE = "=+-@\t\r\n\0＝＋－＠"


@pytest.mark.parametrize("first", ACTIVE)
@pytest.mark.parametrize("before", ["", '"', "'", ";", ",", " ", '; "', "\u00a0", "“", "`"])
def test_no_cell_begins_what_a_spreadsheet_would_run(first: str, before: str) -> None:
    text = f"{before}{first}cmd|' /C calc'!A1"
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "R-2569-000123", "สหกรณ์", "a=b", "1-2", " plain", '"quoted"'])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_nothing_is_an_empty_cell_and_truth_is_a_word() -> None:
    assert [cell(value) for value in (None, True, False, 7)] == ["", "true", "false", "7"]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_a_table_reads_back_as_the_cells_that_were_written(rows: list[list[str]]) -> None:
    table = csv_table(("one", "two"), rows)
    assert table.startswith(BYTE_ORDER_MARK)
    read = list(csv.reader(io.StringIO(table.removeprefix(BYTE_ORDER_MARK), newline="")))
    assert read == [["one", "two"], *([cell(value) for value in row] for row in rows)]
