"""JSON as this API takes it: RFC 8259, read in one way (API.md 1, RELIABILITY.md 4)."""

import json
import math
from typing import NoReturn

from app.domain.errors import MalformedJson, UnsupportedMediaType

MAX_DEPTH = 32
MAX_NUMBER_LENGTH = 400

_KEEP_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def loads(body: bytes, *, max_depth: int = MAX_DEPTH, integers_only: bool = False) -> object:
    """Read a JSON text, of any top-level type; with `integers_only` one without fractions and exponents.

    Text is not judged here: a string may hold a lone surrogate or NUL, which the field's own type refuses.

    Raises `MalformedJson`, without a word of the body, when the body isn't UTF-8 or starts with a byte-order mark, is
    not one JSON text, repeats a key, holds NaN, an infinity, a number out of a double's range or longer than 400
    characters, or nests deeper than `max_depth`.
    """
    if body.count(b"[") + body.count(b"{") > max_depth and _nests_deeper(body, max_depth):
        raise MalformedJson
    try:
        return (_INTEGER_DECODER if integers_only else _DECODER).decode(body.decode())
    except ValueError:
        raise MalformedJson from None


def check_content_type(value: str | None) -> None:
    """Take `application/json` alone, its charset absent or UTF-8; raises `UnsupportedMediaType`."""
    media_type, *parameters = (part.strip().lower() for part in (value or "").split(";"))
    if media_type != "application/json":
        raise UnsupportedMediaType
    for parameter in parameters:
        name, _, charset = parameter.partition("=")
        if name.strip() == "charset" and charset.strip() not in ("utf-8", '"utf-8"'):
            raise UnsupportedMediaType


def check_content_encoding(value: str | None) -> None:
    """Take bodies as they are, never compressed; raises `UnsupportedMediaType`."""
    if value is not None and value.strip().lower() != "identity":
        raise UnsupportedMediaType


def _nests_deeper(body: bytes, max_depth: int) -> bool:
    """Whether the brackets outside strings are unbalanced or nest deeper than `max_depth`; in time linear in the body.

    Each pass takes away the innermost pairs, so what is left after `max_depth` passes lies deeper. Kinds of brackets
    are not told apart: the parser does that.
    """
    outside_strings = b"".join(body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
    brackets = outside_strings.translate(_KEEP_BRACKETS, _NO_BRACKETS)
    for _ in range(max_depth):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise MalformedJson
    return unique


def _int(digits: str) -> int:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise MalformedJson
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits) if len(digits) <= MAX_NUMBER_LENGTH else math.inf
    if math.isinf(number):
        raise MalformedJson
    return number


def _refuse(_number: str) -> NoReturn:
    raise MalformedJson


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_int, parse_float=_finite, parse_constant=_refuse)
_INTEGER_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_int, parse_float=_refuse, parse_constant=_refuse
)
