"""One spelling for each value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import base64url


@given(st.binary())
def test_what_was_encoded_is_decoded(raw: bytes) -> None:
    assert base64url.decode(base64url.encode(raw)) == raw


def test_it_is_the_alphabet_of_urls_without_padding() -> None:
    assert base64url.encode(b"\xfb\xff\xfe\x00") == "-__-AA"


@pytest.mark.parametrize("text", ["AA==", "AB", "AAB", "A", "AA\n", "A A", "+_8", "//8", "AA=", "ก", "\ud800", "AA.AA"])
def test_every_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the standard library words it as it likes)
        base64url.decode(text)
