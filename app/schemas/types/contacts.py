"""Contacts and the national identification number."""

import re
from typing import Annotated

from email_validator import validate_email
from pydantic import BeforeValidator, WithJsonSchema

from app.schemas.types.faults import fault

MAX_EMAIL = 254

_PHONE = r"(?:\+[1-9][0-9]{6,14}|0[1-9][0-9]{7,8})"
_THAI_PHONE = r"\+66[1-9][0-9]{7,8}"
_NATIONAL_ID = r"[0-9]{13}"


def _read_phone(value: object) -> str:
    text = _matching(_PHONE, value)
    number = "+66" + text[1:] if text.startswith("0") else text
    return _matching(_THAI_PHONE, number) if number.startswith("+66") else number


def _read_email(value: object) -> str:
    text = _text(value)
    if len(text) > MAX_EMAIL:
        raise fault("too_long", "The address is too long")
    try:
        address = validate_email(
            text, strict=True, test_environment=True, check_deliverability=False, allow_smtputf8=False
        )
    except ValueError:
        raise fault("bad_format", "Not an e-mail address") from None
    if address.ascii_email is None or "." not in address.ascii_domain:
        raise fault("bad_format", "Not an e-mail address that mail can be sent to")
    return address.ascii_email


def _read_national_id(value: object) -> str:
    text = _matching(_NATIONAL_ID, value)
    weighted = sum(int(digit) * weight for digit, weight in zip(text[:12], range(13, 1, -1), strict=True))
    if (11 - weighted % 11) % 10 != int(text[12]):
        raise fault("bad_format", "The check digit is wrong")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise fault("wrong_type", "Must be text")
    return value


def _matching(pattern: str, value: object) -> str:
    text = _text(value)
    if not re.fullmatch(pattern, text):
        raise fault("bad_format", "Not in the format wanted")
    return text


ThaiPhone = Annotated[
    str,
    BeforeValidator(_read_phone),
    WithJsonSchema({"type": "string", "pattern": f"^{_PHONE}$", "minLength": 8, "maxLength": 16}),
]
"""A telephone number in Thai national form (`0…`) or international form (`+…`), digits alone.

Held in international form.
"""
Email = Annotated[
    str,
    BeforeValidator(_read_email),
    WithJsonSchema({"type": "string", "format": "email", "minLength": 5, "maxLength": MAX_EMAIL}),
]
"""An e-mail address; an international domain is held in its ASCII form. `.test` is taken, for the sandbox."""
ThaiNationalId = Annotated[
    str,
    BeforeValidator(_read_national_id),
    WithJsonSchema({"type": "string", "pattern": f"^{_NATIONAL_ID}$", "minLength": 13, "maxLength": 13}),
]
"""Thirteen digits with their check digit; one that begins with 0, though never issued to a national, is taken."""
