"""What can be wrong with a field, in the API's own codes (API.md 1), and where it stands."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from pydantic_core import PydanticCustomError

FieldCode = Literal[
    "missing",
    "wrong_type",
    "too_long",
    "too_short",
    "out_of_range",
    "not_allowed",
    "bad_format",
    "unsafe_text",
    "unknown_field",
    "unknown_parameter",
    "buddhist_era_year",
]
FIELD_CODES: frozenset[str] = frozenset(get_args(FieldCode))

_PYDANTIC_CODES: dict[str, FieldCode] = {
    "missing": "missing",
    "missing_argument": "missing",
    "union_tag_not_found": "missing",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "bytes_too_long": "too_long",
    "too_long": "too_long",
    "url_too_long": "too_long",
    "string_too_short": "too_short",
    "bytes_too_short": "too_short",
    "too_short": "too_short",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "multiple_of": "out_of_range",
    "finite_number": "out_of_range",
    "decimal_max_digits": "out_of_range",
    "decimal_max_places": "out_of_range",
    "decimal_whole_digits": "out_of_range",
    "int_parsing_size": "out_of_range",
    "date_past": "out_of_range",
    "date_future": "out_of_range",
    "datetime_past": "out_of_range",
    "datetime_future": "out_of_range",
    "timezone_offset": "out_of_range",
    "enum": "not_allowed",
    "literal_error": "not_allowed",
    "union_tag_invalid": "not_allowed",
    "string_unicode": "unsafe_text",
    "string_not_ascii": "unsafe_text",
}
_WRONG_TYPE = re.compile("_type$|^is_(instance|subclass)_of$|^int_from_float$|^none_required$")
_BRANCH = re.compile("<[a-z_]+>")
_FIELD_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,63}")


def fault(code: FieldCode, message: str) -> PydanticCustomError:
    """The error that a validator raises for `code`. `message` is fixed text, never made from the value."""
    return PydanticCustomError(code, message)


def error_code(pydantic_type: str) -> str:
    """The API's code for a Pydantic error type.

    Our own as they are, Pydantic's by their meaning, the rest `bad_format`.
    """
    if pydantic_type in FIELD_CODES:
        return pydantic_type
    if _WRONG_TYPE.search(pydantic_type):
        return "wrong_type"
    return _PYDANTIC_CODES.get(pydantic_type, "bad_format")


def pointer(loc: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) to where an error stands, without the leading `body`.

    It ends before the first key that doesn't look like a field's name, which thus needs no escaping: such a key may
    itself be personal data, or be one of Pydantic's labels for the branches of a union. Our own labels, in angle
    brackets, are no step at all.
    """
    steps = []
    for step in loc[1:] if loc[:1] == ("body",) else loc:
        if isinstance(step, str) and _BRANCH.fullmatch(step):
            continue
        if isinstance(step, str) and not _FIELD_NAME.fullmatch(step):
            break
        steps.append(f"/{step}")
    return "".join(steps)
