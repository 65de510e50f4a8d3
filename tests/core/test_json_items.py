"""A JSON array is taken apart in the same way wherever its pieces are cut."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.json_items import ItemSplitter, ItemTooLong
from app.core.strict_json import loads
from app.domain.errors import MalformedJson

LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def split(pieces: Iterable[bytes], longest: int = 1000) -> list[object]:
    splitter = ItemSplitter(longest)
    found = [loads(text) for piece in pieces for text in splitter.feed(piece)]
    splitter.close()
    return found


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.sampled_from([None, 1]), st.booleans())
def test_items_are_what_they_are_in_the_whole(
    items: list[object], size: int, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        wanted = loads(text)
    except MalformedJson:
        return
    assert split([text[at : at + size] for at in range(0, len(text), size)], 10**6) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "[", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1]]", "[1]x", "x[1]", "{}", "[1}", "[{]", "[{]}]",
     '["a]', '["\\"]', "[[1]", "[1],", "\ufeff[1]", "[1][2]", "[1]\0", "null"],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_no_array_is_refused_wherever_it_is_cut(text: str, size: int) -> None:
    raw = text.encode()
    with pytest.raises(MalformedJson):
        split([raw[at : at + size] for at in range(0, len(raw), size)])


def test_an_item_that_is_too_long_is_named_and_no_more_of_it_is_kept() -> None:
    splitter = ItemSplitter(10)
    assert list(splitter.feed(b'["ok", "')) == [b'"ok"']
    assert list(splitter.feed(b"12345")) == []
    with pytest.raises(ItemTooLong) as caught:
        list(splitter.feed(b"123456"))
    assert caught.value.position == 1
