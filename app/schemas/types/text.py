"""Text meant for people, and keys and codes (RELIABILITY.md 4, Text and Thai)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, Strict, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from app.schemas.types.faults import fault

MAX_MARKS = 8

_JOINERS = "\u200c\u200d"
_VARIATION_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_INVISIBLE = _JOINERS + "\n\t\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SafeText:
    """1 to `max_length` code points, normalised to NFC and otherwise as typed.

    Refused as `unsafe_text`: NUL and other controls (but line feed and tab where `lines`; CR LF is read as line
    feed), lone surrogates, noncharacters, line separators, bidirectional and other format characters (but ZWNJ and
    ZWJ), variation selectors unless `lines`, and more than `MAX_MARKS` combining marks in a row. Text with nothing to
    see is `too_short`.
    """

    max_length: int
    lines: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=self.max_length)
        return core_schema.no_info_after_validator_function(self._check, text)

    def _check(self, value: str) -> str:
        text = value.replace("\r\n", "\n") if self.lines else value
        if not (text.isascii() and text.isprintable()):
            if any(_is_unsafe(char, self.lines) for char in text) or _piles_marks(text):
                raise fault("unsafe_text", "Text holds characters that are not taken")
            text = unicodedata.normalize("NFC", text)
        if len(text) > self.max_length:
            raise fault("too_long", "Text is too long")
        if not any(_is_visible(char) for char in text):
            raise fault("too_short", "Text is blank")
        return text


def _is_unsafe(char: str, lines: bool) -> bool:
    match unicodedata.category(char):
        case "Cc":
            return not (lines and char in "\n\t")
        case "Cf":
            return char not in _JOINERS
        case "Cs" | "Zl" | "Zp":
            return True
        case "Cn":
            return ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF
        case "Mn":
            return not lines and _VARIATION_SELECTORS.match(char) is not None
        case _:
            return False


def _piles_marks(text: str) -> bool:
    marks = 0
    for char in text:
        marks = marks + 1 if char in _JOINERS or unicodedata.category(char).startswith("M") else 0
        if marks > MAX_MARKS:
            return True
    return False


def _is_visible(char: str) -> bool:
    return unicodedata.category(char)[0] not in "MZ" and char not in _INVISIBLE


Name = Annotated[str, SafeText(200)]
"""A name or label."""
Line = Annotated[str, SafeText(500)]
"""A reason or another text of one line."""
Note = Annotated[str, SafeText(4_000, lines=True)]
"""Free text of some paragraphs."""
LongText = Annotated[str, SafeText(100_000, lines=True)]
"""A whole document, such as a notice."""

Ref = Annotated[
    str, Strict(), Field(min_length=1, max_length=64, pattern=r"^(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*$")
]
"""Another system's opaque key: `subject_ref`, `record_ref`, `representative_ref`; not `.` nor `..`, which no path can hold."""
Code = Annotated[str, Strict(), Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
"""A code out of a pack: a purpose, a category, a kind of record."""

Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=2_147_483_647)]
Choice = Annotated[T, Strict(False)]
"""`Choice[SomeEnum]`, `Choice[tuple[Code, ...]]`: what JSON spells as text or a list.

The members of a list stay strict.
"""

_ID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _check_id(value: object) -> object:
    if isinstance(value, str) and not _ID.fullmatch(value):
        raise fault("bad_format", "Not a UUID")
    if isinstance(value, bytes):
        raise fault("wrong_type", "Must be text")
    return value


Id = Annotated[
    UUID,
    Strict(False),
    BeforeValidator(_check_id),
    WithJsonSchema({"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36}),
]
"""An identifier given by this service, in its usual form of 36 characters."""
