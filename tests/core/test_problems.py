"""How errors are told: in which language, with which words in the head, and never with what was sent."""

import pytest

from app.core.problems import describe, headers_of, preferred_language, shared_code
from app.domain.errors import (
    DomainError,
    FieldError,
    IdentityLocked,
    InvalidInput,
    InvalidToken,
    NotFound,
    NotVisible,
    Unavailable,
)
from app.domain.vocabulary import Language
from tests.support.api import Api, problem


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


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (InvalidToken(), {"WWW-Authenticate": 'Bearer realm="sitthi", error="invalid_token"'}),
        (Unavailable(), {"Retry-After": "2"}),
        (IdentityLocked(900), {"Retry-After": "900"}),
        (NotFound(), {}),
        (NotVisible(), {}),
    ],
)
def test_an_error_says_in_the_head_what_clients_act_on(error: DomainError, headers: dict[str, str]) -> None:
    assert headers_of(error) == headers


def test_who_may_not_see_and_what_is_not_there_are_described_alike() -> None:
    assert describe(NotVisible()) == describe(NotFound()) == ("not_found", {})


def test_faults_are_told_by_place_and_code_alone() -> None:
    faults = [FieldError("/a", "missing"), FieldError("/b/0", "too_long")]
    told = [{"pointer": "/a", "code": "missing"}, {"pointer": "/b/0", "code": "too_long"}]
    assert describe(InvalidInput(faults)) == ("validation_failed", {"errors": told})
    assert describe(InvalidInput(faults[1:])) == ("too_long", {"errors": told[1:]})


async def test_problems_are_told_in_the_language_asked_for_and_say_which(api: Api) -> None:
    for asked, language in (("en", "en"), ("th", "th"), ("de", "th")):
        answer = await api.get("/v1/policy", headers={"Accept-Language": asked})
        assert problem(answer) == (401, "invalid_token")
        assert answer.headers["Content-Language"] == language
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert (answer.json()["title"] == "Missing or invalid token") == (language == "en")
        assert answer.json()["type"] == "http://sitthi.test/problems/invalid_token"
