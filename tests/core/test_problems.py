"""Which language a problem is told in."""

import pytest

from app.core.problems import preferred_language, shared_code
from app.domain.errors import FieldError
from app.domain.vocabulary import Language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "th"),
        ("", "th"),
        ("en", "en"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("th, en", "th"),
        ("en, th", "en"),
        ("th;q=0.4, en;q=0.9", "en"),
        ("en;q=0.4, th;q=0.9", "th"),
        ("fr, de;q=0.8", "th"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0", "th"),
        ("en;q=nonsense", "th"),
        ("*", "th"),
        ("x" * 10_000 + ", en", "th"),
    ],
)
def test_the_best_match_of_accept_language_counts_and_thai_is_the_default(header: str | None, language: str) -> None:
    assert preferred_language(header) is Language(language)


def test_faults_that_share_a_code_give_it_to_the_whole() -> None:
    assert shared_code([FieldError("/a", "missing"), FieldError("/b", "missing")]) == "missing"
    assert shared_code([FieldError("/a", "missing"), FieldError("/b", "too_long")]) == "validation_failed"
