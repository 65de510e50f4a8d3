"""Letters to the data subject: what one is made of, as it is kept, and as it is read in one language.

A letter is kept as it was issued: every sentence in both languages, every date in words. Reading it formats, and says
nothing of its own, so that later versions of wording and policy leave it as it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.policy import Bilingual
from app.domain.vocabulary import Language

VERSION = 1
"""Of the form in which letters are kept."""
WITHHELD = Bilingual(th="(ไม่แสดงข้อความนี้)", en="(not shown)")


class LetterKind(StrEnum):
    """What a letter is for, in the order in which a request's letters are issued."""

    RECEIPT = "receipt"
    INFORMATION = "information"
    DECISION = "decision"
    CERTIFICATE = "certificate"
    COMPLETION = "completion"


ANSWERS = (LetterKind.DECISION, LetterKind.CERTIFICATE, LetterKind.COMPLETION)
"""What heirs read of a request."""


@dataclass(frozen=True, slots=True)
class FreeText:
    """What somebody wrote, in whatever language: not for those who take no part in the request."""

    text: str


Text = Bilingual | FreeText
Cell = tuple[Text, ...]
"""Paragraphs, one below the other."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Text


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows it."""

    text: Bilingual


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record, each under its name; `strong`: what the letter is there to tell."""

    rows: tuple[tuple[Bilingual, Cell], ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. `widths`: of the columns, in parts of the whole; the first column names its row."""

    title: Bilingual
    columns: tuple[Bilingual, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Paragraph | Heading | Facts | Table


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, and how they are reached."""

    name: Bilingual
    lines: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, in both languages. `codes`: what it is about, for machines: never free text."""

    kind: LetterKind
    codes: Mapping[str, Any]
    letterhead: Letterhead
    number: Bilingual
    date: Bilingual
    subject: Bilingual
    to: tuple[Bilingual, ...]
    body: tuple[Block, ...]
    signed: Bilingual

    def document(self) -> dict[str, Any]:
        """The letter as JSON, to be kept."""
        return {
            "version": VERSION,
            "kind": self.kind,
            "codes": dict(self.codes),
            "letterhead": {"name": _kept(self.letterhead.name), "lines": _all(self.letterhead.lines)},
            "number": _kept(self.number),
            "date": _kept(self.date),
            "subject": _kept(self.subject),
            "to": _all(self.to),
            "body": [_block(block) for block in self.body],
            "signed": _kept(self.signed),
        }


def _kept(text: Text) -> object:
    """A text as it is kept: one string where both languages say the same."""
    if isinstance(text, FreeText):
        return {"free": text.text}
    return text.th if text.th == text.en else {"th": text.th, "en": text.en}


def _all(texts: Sequence[Text]) -> list[object]:
    return [_kept(text) for text in texts]


def _block(block: Block) -> dict[str, object]:
    match block:
        case Paragraph(text):
            return {"block": "paragraph", "text": _kept(text)}
        case Heading(text):
            return {"block": "heading", "text": _kept(text)}
        case Facts(rows, strong):
            named = [{"name": _kept(name), "value": _all(value)} for name, value in rows]
            return {"block": "facts", "strong": strong, "rows": named}
        case Table(title, columns, widths, rows):
            return {
                "block": "table",
                "title": _kept(title),
                "columns": _all(columns),
                "widths": list(widths),
                "rows": [[_all(cell) for cell in row] for row in rows],
            }


def reading(document: Mapping[str, Any], language: Language, *, told: bool) -> dict[str, Any]:
    """A kept letter in one language; `told`: whether its free texts are shown."""
    spoken = _spoken(document, language, told=told)
    assert isinstance(spoken, dict), "a document is an object"  # noqa: S101  (so `document` made it)
    return {**spoken, "language": language, "form": {name: _in(words, language) for name, words in _FORM.items()}}


def holds_free_text(document: object) -> bool:
    """Whether anybody's own words stand in a kept letter."""
    match document:
        case {"free": _}:
            return True
        case dict():
            return any(holds_free_text(part) for part in document.values())
        case list():
            return any(holds_free_text(part) for part in document)
        case _:
            return False


def _spoken(part: object, language: Language, *, told: bool) -> object:
    match part:
        case {"free": str(text)}:
            return {"free": text if told else _in(WITHHELD, language)}
        case {"th": str(thai), "en": str(english)}:
            return thai if language is Language.TH else english
        case dict():
            return {name: _spoken(inner, language, told=told) for name, inner in part.items()}
        case list():
            return [_spoken(inner, language, told=told) for inner in part]
        case _:
            return part


def _in(text: Bilingual, language: Language) -> str:
    return text.th if language is Language.TH else text.en


_FORM: Mapping[str, Bilingual] = {
    "subject": Bilingual(th="เรื่อง", en="Subject"),
    "to": Bilingual(th="เรียน", en="To"),
    "farewell": Bilingual(th="ขอแสดงความนับถือ", en="Yours faithfully,"),
    "unsigned": Bilingual(
        th="หนังสือฉบับนี้จัดทำด้วยระบบอิเล็กทรอนิกส์ จึงไม่มีลายมือชื่อ",
        en="This letter was made electronically and bears no signature.",
    ),
    "page": Bilingual(th="หน้า", en="Page"),
    "of": Bilingual(th="จาก", en="of"),
}
"""The words of the form itself, which are the same in every letter."""
