"""Telephone numbers, e-mail addresses and national identification numbers. All of them are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.schemas.types import Email, ThaiNationalId, ThaiPhone, error_code

PHONE, EMAIL, NATIONAL_ID = (TypeAdapter[str](kind) for kind in (ThaiPhone, Email, ThaiNationalId))


def code_of(kind: TypeAdapter[str], value: object) -> str:
    with pytest.raises(ValidationError) as refusal:
        kind.validate_python(value)
    (fault,) = refusal.value.errors(include_input=False)
    return error_code(fault["type"])


def with_check_digit(digits: str) -> str:
    """Thirteen digits out of twelve; weights counted down as the rule is usually told."""
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits))
    return digits + str((11 - total % 11) % 10)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("0812345678", "+66812345678"),
        ("021234567", "+6621234567"),
        ("+66812345678", "+66812345678"),
        ("+6621234567", "+6621234567"),
        ("+85620123456", "+85620123456"),
        ("+12025550123", "+12025550123"),
    ],
)
def test_a_number_is_held_in_international_form(text: str, held: str) -> None:
    assert PHONE.validate_python(text) == held


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "191",
        "081-234-5678",
        "081 234 5678",
        "0012345678",
        "08123456789",
        "81234567",
        "+660812345678",
        "+66812",
        "+668123456789",
        "+0812345678",
        "+1234567890123456",
        "๐๘๑๒๓๔๕๖๗๘",
        "０８１２３４５６７８",
        "0812345678\n",
        "tel:+66812345678",
        "+66812345678;ext=1",
        "\ud800",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert code_of(PHONE, text) == "bad_format"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("somchai@example.org", "somchai@example.org"),
        ("A.b+c@EXAMPLE.org", "A.b+c@example.org"),
        ("dpo@coop.test", "dpo@coop.test"),
        ("x@สหกรณ์.example", "x@xn--12c0b7b0af5r.example"),
    ],
)
def test_an_address_is_held_in_ascii(text: str, held: str) -> None:
    assert EMAIL.validate_python(text) == held


@pytest.mark.parametrize(
    "text",
    [
        "",
        "somchai",
        "@example.org",
        "a@",
        "a@localhost",
        "a@test",
        "a@[127.0.0.1]",
        "a@b@example.org",
        "a b@example.org",
        '"a b"@example.org',
        "Somchai <a@example.org>",
        "a@example.org, b@example.org",
        "a@example.org\nBcc: b@example.org",
        "a@example.org ",
        "a\x00@example.org",
        "สมชาย@example.org",
        "a@exa\u202emple.org",
        "a@ex\u200bample.org",
        "a..b@example.org",
        "a@-example.org",
        "a@example..org",
        f"{'a' * 65}@example.org",
        "\ud800@example.org",
        "a@\ud800.org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert code_of(EMAIL, text) == "bad_format"


def test_an_endless_address_is_too_long() -> None:
    assert code_of(EMAIL, "a@" + "a." * 500_000 + "org") == "too_long"


@pytest.mark.parametrize("digits", ["123456789012", "000000000000", "100000000005", "012345678901"])
def test_a_national_id_with_its_check_digit_is_taken(digits: str) -> None:
    assert NATIONAL_ID.validate_python(with_check_digit(digits)) == with_check_digit(digits)


def test_the_check_digit_is_that_of_the_register() -> None:
    assert NATIONAL_ID.validate_python("1234567890121") == "1234567890121"


@given(st.from_regex("[0-9]{12}", fullmatch=True), st.integers(1, 9))
def test_every_other_check_digit_is_refused(digits: str, away: int) -> None:
    right = with_check_digit(digits)
    assert code_of(NATIONAL_ID, digits + str((int(right[12]) + away) % 10)) == "bad_format"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "123456789012",
        "12345678901210",
        "1-2345-67890-12-1",
        "๑๒๓๔๕๖๗๘๙๐๑๒๑",
        "1234567890121\n",
        " 1234567890121",
    ],
)
def test_a_national_id_is_thirteen_ascii_digits(text: str) -> None:
    assert code_of(NATIONAL_ID, text) == "bad_format"


@pytest.mark.parametrize("value", [None, 812345678, 1234567890121, True, b"0812345678", ["0812345678"]])
def test_a_number_of_json_is_no_contact(value: object) -> None:
    assert {code_of(kind, value) for kind in (PHONE, EMAIL, NATIONAL_ID)} == {"wrong_type"}


@given(st.text() | st.emails() | st.text(alphabet='@.a<>"\\ -ก\u0301\u202e[]:1').map(lambda text: f"a@{text}"))
def test_no_text_raises_anything_but_a_validation_error(text: str) -> None:
    for kind in (PHONE, EMAIL, NATIONAL_ID):
        try:
            kind.validate_python(text)
        except ValidationError as refusal:
            assert len(refusal.errors()) == 1  # noqa: PT017  (refusing and taking are both right here)
