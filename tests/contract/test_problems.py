"""Problem types: every error has one, every one is explained in both languages, and the schema knows their members."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from app.contract.problems import SCHEMAS
from app.core.problems import HTTP_CODES, PROBLEM_TYPES, markdown, page
from app.domain.errors import DomainError
from app.domain.policy import Bilingual
from app.domain.vocabulary import Language
from app.schemas.types import FIELD_CODES
from tests.support.api import Api, problem

THAI = re.compile("[\u0e00-\u0e7f]")


def errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from errors(inner)


def codes() -> set[str]:
    return {error.code for error in errors() if hasattr(error, "code")}


def test_every_error_of_the_domain_has_a_problem_type() -> None:
    assert len(codes()) > 30
    assert codes() <= set(PROBLEM_TYPES)


def test_every_fault_of_a_field_has_a_problem_type_too_for_when_all_share_it() -> None:
    assert set(FIELD_CODES) <= set(PROBLEM_TYPES)
    assert {PROBLEM_TYPES[code].status for code in FIELD_CODES} == {422}


def test_no_problem_type_is_there_for_nothing() -> None:
    beside = {*HTTP_CODES.values(), *FIELD_CODES, "rate_limited", "internal_error"}
    assert set(PROBLEM_TYPES) - codes() - beside == set()


def test_the_schema_of_problems_knows_every_member_that_an_error_adds() -> None:
    for error in errors():
        if is_dataclass(error):
            made = error(**{field.name: [] for field in fields(error)})
            assert made.extras().keys() <= SCHEMAS["Problem"]["properties"].keys(), error.code


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_a_problem_is_explained_in_thai_and_in_english(code: str) -> None:
    kind = PROBLEM_TYPES[code]
    for text in (kind.title, kind.means, kind.do):
        assert THAI.search(text.th)
        assert not THAI.search(text.en)
        assert text.en.strip() == text.en
        assert text.th.strip() == text.th
    code_names = re.compile("`([^`]+)`")
    assert sorted(code_names.findall(kind.means.th + kind.do.th)) == sorted(
        code_names.findall(kind.means.en + kind.do.en)
    )


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_its_page_holds_both_languages_and_nothing_from_elsewhere(code: str) -> None:
    html = page(PROBLEM_TYPES[code])
    assert '<html lang="th">' in html
    assert '<section lang="en">' in html
    assert "<script" not in html
    assert "style=" not in html
    assert "http" not in html.replace("HTTP", "")
    assert "`" not in html
    assert PROBLEM_TYPES[code].title.en in markdown(PROBLEM_TYPES[code])
    assert PROBLEM_TYPES[code].title.th in markdown(PROBLEM_TYPES[code])


def test_the_text_of_a_page_is_escaped() -> None:
    text = Bilingual(th="<b>ก</b> `ข`", en="<b>a</b> `b`")
    html = page(replace(PROBLEM_TYPES["not_found"], title=text, means=text, do=text))
    assert "<b>" not in html
    assert "<code>b</code>" in html


@pytest.mark.parametrize(
    ("asked", "language"), [(None, Language.TH), ("en", Language.EN), ("en;q=0.5, th", Language.TH)]
)
async def test_detail_is_told_in_the_language_asked_for(api: Api, asked: str | None, language: Language) -> None:
    answer = await api.get("/problems/no_such", headers={"Accept-Language": asked} if asked else {})
    kind = PROBLEM_TYPES["not_found"]
    means, do = (kind.means.th, kind.do.th) if language is Language.TH else (kind.means.en, kind.do.en)
    assert problem(answer) == (404, "not_found")
    assert answer.json()["detail"] == f"{means} {do}"
    assert answer.headers["Content-Language"] == language


async def test_the_type_of_a_problem_leads_to_its_page(api: Api) -> None:
    kind = (await api.get("/v1/policy")).json()["type"]
    answer = await api.get(kind.removeprefix("http://sitthi.test"))
    assert answer.status_code == 200
    assert answer.text == page(PROBLEM_TYPES["invalid_token"])


def test_the_members_of_the_schema_are_those_of_a_problem_document() -> None:
    made: dict[str, Any] = PROBLEM_TYPES["not_found"].document("http://sitthi.test", "urn:uuid:0", Language.EN)
    assert list(made) == SCHEMAS["Problem"]["required"]
