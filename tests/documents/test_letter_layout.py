"""Letters as pages: whatever a text holds stays text, and everybody can read them."""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
import typst

from app.documents import typesetting
from app.documents.pages import page
from app.documents.typesetting import pdf
from app.domain.letter_decision import Told, decision
from app.domain.letters import reading
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemOutcome
from app.domain.vocabulary import Language, Outcome, RequestKind
from tests.domain.test_letters import PACK, matter

AT = 1_790_000_000
HOSTILE = (
    "#panic()",
    '#read("/etc/passwd")',
    "$x^2$ *b* _i_ `r` <l> @l",
    "= heading\n- list\n/ term: x",
    '"); #panic("',
    "\\u{41} ${x} {{ 7 * 7 }} {% for %}",
    "<script>alert(1)</script><style>*{display:none}</style>",
    "&lt;b&gt; ' \" </main>",
    "ก" + "้" * 50,
    "x" * 400,
    "ก" * 400,
    "สหกรณ์" * 600,
    "😀 漢字 שלום",
    "a\n\n\nb\tc",
)


def content(
    language: Language = Language.TH, *, note: str | None = None, count: int = 1, ref: str = "D"
) -> dict[str, Any]:
    """A decision about some records, refused for the most part."""
    scope = {"scope": "all", "ground": "no_longer_necessary", "method": "erase"}
    because = [
        {
            "rule": None,
            "ground": "erase_legal_compliance",
            "law": "AMLA s.22(2)",
            "until": "2029-03-02",
            "th": "ก",
            "en": "k",
        }
    ]
    items = [
        Told(
            ref=f"{ref}-{at}",
            label=Bilingual("รายการฝากเงิน", "Deposits"),
            outcome=ItemOutcome.REFUSED if at % 3 else ItemOutcome.GRANTED,
            ground="erase_legal_compliance" if at % 3 else None,
            until=date(2034, 3, 2),
            waits_for=None,
            deferred_until=date(2034, 3, 2),
            because=because,
            note=note,
        )
        for at in range(count)
    ]
    letter = decision(
        matter(RequestKind.ERASURE, scope=scope),
        PACK,
        items,
        on=date(2026, 3, 20),
        outcome=Outcome.PARTLY_GRANTED,
        note=note,
        work_left=True,
    )
    return reading(json.loads(json.dumps(letter.document())), language, told=True)


class Structure(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[Mapping[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.mark.parametrize("language", Language)
def test_a_page_says_its_language_has_one_title_and_names_its_rows_and_columns(language: Language) -> None:
    found = Structure(page("letter", "letter", content(language, count=4)).html)
    assert found.all("html") == [{"lang": language}]
    assert [len(found.all(tag)) for tag in ("h1", "main", "table", "thead")] == [1, 1, 1, 1]
    assert [cell["scope"] for cell in found.all("th")] == ["col"] * 3 + ["row"] * 4
    [table], titles = found.all("table"), [one.get("id") for one in found.all("h2")]
    assert table["aria-labelledby"] in titles
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert len(found.all("dt")) == len(found.all("dd")) > 5


def test_a_page_loads_nothing_and_its_policy_allows_its_own_style_alone() -> None:
    made = page("letter", "letter", content())
    found = Structure(made.html)
    assert found.all("script", "img", "iframe", "form", "object") == []
    assert found.all("link") == [{"rel": "icon", "href": "data:,"}]
    assert not [one for _, one in found.elements if any(name.startswith("on") or name == "style" for name in one)]
    [sheet] = re.findall("<style>(.*?)</style>", made.html, re.S)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in made.policy
    assert made.policy.startswith("default-src 'none'; ")
    assert "url(" not in sheet
    assert "@import" not in sheet


@pytest.mark.parametrize("words", HOSTILE)
def test_on_a_page_words_stay_words(words: str) -> None:
    plain, found = (Structure(page("letter", "letter", content(note=note)).html) for note in ("x", words))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in plain.elements]
    assert found.text.count(words) == 2


@pytest.mark.parametrize("words", HOSTILE)
def test_in_a_document_words_stay_words(words: str) -> None:
    assert pdf("letter", {**content(note=words), "subject": words}, at=AT).startswith(b"%PDF-")


def test_what_stands_in_a_document_is_what_was_written() -> None:
    for words in HOSTILE[:5]:
        written = {**content(), "subject": words}
        found = typst.query(
            typesetting._source("letter"),
            "heading.where(level: 1)",
            field="body",
            one=True,
            font_paths=typesetting._fonts(),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(written)},
        )
        assert json.loads(found) == {"func": "text", "text": words}


def test_the_same_letter_is_the_same_document_to_the_byte() -> None:
    assert pdf("letter", content(), at=AT) == pdf("letter", content(), at=AT)
    assert pdf("letter", content(), at=AT) != pdf("letter", content(), at=AT + 86400)


@pytest.mark.parametrize("language", Language)
def test_a_document_can_be_kept_and_read_by_everybody(language: Language) -> None:
    made = pdf("letter", content(language), at=AT)
    assert b"<pdfaid:part>2</pdfaid:part>" in made
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    without = pdf("letter", content(language, note="😀"), at=AT)
    assert b"<pdfaid:part>" not in without


def test_another_fault_of_a_document_is_not_hidden() -> None:
    with pytest.raises(typst.TypstError):
        pdf("letter", {"language": "th"}, at=AT)


def test_500_items_are_set_over_pages_each_under_the_names_of_the_columns() -> None:
    written = content(count=500)
    inputs = {"content": json.dumps(written)}
    options = {"font_paths": typesetting._fonts(), "ignore_system_fonts": True, "sys_inputs": inputs}
    [table] = json.loads(typst.query(typesetting._source("letter"), "table", **options))
    [header, *rows] = table["children"]
    assert (header["repeat"], len(rows)) == (True, 500 * 3)
    made = pdf("letter", written, at=AT)
    assert len(re.findall(rb"/Type\s*/Page\b", made)) > 20
