"""Text, keys, codes, numbers and identifiers: what is hostile is refused by its code, what people write is kept."""

import unicodedata
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.schemas.types import Choice, Code, Count, Flag, Id, Line, LongText, Name, Note, Ref, StrictModel, error_code

NAME, LINE, NOTE, LONG = (TypeAdapter[str](kind) for kind in (Name, Line, Note, LongText))
REF, CODE = TypeAdapter[str](Ref), TypeAdapter[str](Code)


class Colour(StrEnum):
    RED = "red"


class Scalars(StrictModel):
    """One field of each kind that isn't text."""

    flag: Flag = False
    count: Count = 0
    number: float = 0.0
    id: Id | None = None
    colour: Choice[Colour] | None = None
    codes: Choice[tuple[Code, ...]] = ()


def codes_of(kind: TypeAdapter[str], value: object) -> set[str]:
    with pytest.raises(ValidationError) as refusal:
        kind.validate_python(value)
    return {error_code(fault["type"]) for fault in refusal.value.errors(include_input=False)}


def scalar_codes(**fields: object) -> set[str]:
    with pytest.raises(ValidationError) as refusal:
        Scalars.model_validate(fields)
    return {error_code(fault["type"]) for fault in refusal.value.errors(include_input=False)}


@pytest.mark.parametrize(
    "text",
    [
        "สมชาย ใจดี",
        "น้ำทิพย์",
        "ฎุฏฺฐี์",
        "นายกิ่งแก้ว ณ อยุธยา",
        "O'Brien-Smith",
        "José",
        "王小明",
        "ศรี\u200cวิไล\u200dดี",
        "ABC 123 ๑๒๓",
        "a\u00a0b",
        "😀",
        "-",
    ],
)
def test_a_name_is_kept_as_it_was_typed(text: str) -> None:
    assert NAME.validate_python(text) == text


def test_text_is_normalised_to_nfc() -> None:
    assert NAME.validate_python("Jose\u0301") == "José"


def test_sara_am_is_not_taken_apart() -> None:
    assert NAME.validate_python("น้ำ") == "น้ำ"
    assert NAME.validate_python("น\u0e4d\u0e32") == "น\u0e4d\u0e32"


def test_a_note_may_have_lines_and_tabs() -> None:
    assert NOTE.validate_python("a\r\nb\n\tc ❤\ufe0f") == "a\nb\n\tc ❤\ufe0f"


@pytest.mark.parametrize("kind", [NAME, LINE, NOTE, LONG], ids=["name", "line", "note", "long"])
@pytest.mark.parametrize(
    "char",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\x7f",
        "\x85",
        "\x9b",
        "\r",
        "\ud800",
        "\u00ad",
        "\u061c",
        "\u180e",
        "\u200b",
        "\u200e",
        "\u200f",
        "\u2028",
        "\u2029",
        "\u202a",
        "\u202b",
        "\u202c",
        "\u202d",
        "\u202e",
        "\u2060",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
        "\ufeff",
        "\ufff9",
        "\ufdd0",
        "\ufdef",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
        "\U000e0001",
        "\U000e0041",
        "e" + "\u0301" * 9,
        "ก" + "\u0e49" * 9,
        "ก" + "\u0e49\u200d" * 5,
        "\u0e49" * 1_000,
    ],
    ids=ascii,
)
def test_text_with_a_character_that_deceives_is_unsafe(kind: TypeAdapter[str], char: str) -> None:
    assert codes_of(kind, f"ก{char[:150]}ข") == {"unsafe_text"}


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b[2J", "\x7f", "\r"], ids=ascii)
def test_plain_ascii_is_judged_too(char: str) -> None:
    assert codes_of(NAME, f"a{char}b") == codes_of(NOTE, f"a{char}b") == {"unsafe_text"}


def test_eight_marks_in_a_row_are_taken() -> None:
    assert NAME.validate_python("ก" + "\u0e49" * 8 + "ก" + "\u0e49" * 8) == "ก" + "\u0e49" * 8 + "ก" + "\u0e49" * 8


@pytest.mark.parametrize("char", ["\n", "\t", "\r\n", "\ufe0f", "\ufe00", "\U000e0100", "\u180b"], ids=ascii)
def test_one_line_takes_neither_line_ends_nor_variation_selectors(char: str) -> None:
    assert codes_of(NAME, f"ก{char}ข") == {"unsafe_text"}


@pytest.mark.parametrize(
    "text", ["", " ", "   ", "\u00a0", "\u3000", "\u200c\u200d", "\u0e49", "\u3164", "\u2800", "\u034f "]
)
def test_text_with_nothing_to_see_is_too_short(text: str) -> None:
    assert codes_of(NAME, text) == {"too_short"}


def test_a_note_of_empty_lines_is_too_short() -> None:
    assert codes_of(NOTE, "\r\n\t\n") == {"too_short"}


def test_length_counts_code_points_before_and_after_normalising() -> None:
    assert NAME.validate_python("😀" * 200) == "😀" * 200
    assert codes_of(NAME, "ก" * 201) == {"too_long"}
    assert codes_of(NAME, "\ufb2c" * 100) == {"too_long"}
    assert codes_of(NAME, "e\u0301" * 101) == {"too_long"}


@pytest.mark.parametrize(("kind", "length"), [(NAME, 200), (LINE, 500), (NOTE, 4_000), (LONG, 100_000)])
def test_each_kind_of_text_has_its_length(kind: TypeAdapter[str], length: int) -> None:
    assert kind.validate_python("ก" * length) == "ก" * length
    assert codes_of(kind, "ก" * (length + 1)) == {"too_long"}


def test_a_document_has_lines() -> None:
    assert LONG.validate_python("a\nb") == "a\nb"


@pytest.mark.parametrize("value", [None, 1, 1.0, True, b"text", ["text"], {"text": 1}])
def test_what_is_not_text_has_the_wrong_type(value: object) -> None:
    assert (
        codes_of(NAME, value)
        == codes_of(NOTE, value)
        == codes_of(REF, value)
        == codes_of(CODE, value)
        == {"wrong_type"}
    )


@pytest.mark.parametrize("ref", ["M-1", "a", "a.b_c-D9", "0" * 64, "-", ".a", "..a", "...", "....", "a..", "." * 64])
def test_an_opaque_key_is_kept(ref: str) -> None:
    assert REF.validate_python(ref) == ref


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("", "too_short"),
        ("a" * 65, "too_long"),
        (".", "bad_format"),
        ("..", "bad_format"),
        ("a b", "bad_format"),
        ("a/b", "bad_format"),
        ("a\n", "bad_format"),
        ("a\x00", "bad_format"),
        ("สมชาย", "bad_format"),
        ("๑๒๓", "bad_format"),
        ("a%2fb", "bad_format"),
        ("\ud800", "unsafe_text"),
    ],
)
def test_an_opaque_key_is_ascii_and_short(ref: str, code: str) -> None:
    assert codes_of(REF, ref) == {code}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "too_short"),
        ("a" * 65, "too_long"),
        ("Deposit", "bad_format"),
        ("9x", "bad_format"),
        ("a-b", "bad_format"),
        ("a\n", "bad_format"),
    ],
)
def test_a_code_is_lower_snake_case(text: str, code: str) -> None:
    assert CODE.validate_python("loan_contract2") == "loan_contract2"
    assert codes_of(CODE, text) == {code}


@pytest.mark.parametrize("value", ["true", "yes", "1", 1, 0, 1.0, None, []])
def test_only_true_and_false_are_flags(value: object) -> None:
    assert Scalars.model_validate({"flag": True}).flag is True
    assert scalar_codes(flag=value) == {"wrong_type"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("7", "wrong_type"),
        (1.0, "wrong_type"),
        (True, "wrong_type"),
        ("1_0", "wrong_type"),
        (" 7 ", "wrong_type"),
        ("๗", "wrong_type"),
        (None, "wrong_type"),
        (-1, "out_of_range"),
        (2**31, "out_of_range"),
        (2**63, "out_of_range"),
        (10**399, "out_of_range"),
    ],
)
def test_a_count_is_a_bounded_integer(value: object, code: str) -> None:
    assert [Scalars.model_validate({"count": count}).count for count in (0, 2**31 - 1)] == [0, 2**31 - 1]
    assert scalar_codes(count=value) == {code}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_is_finite(value: float) -> None:
    assert scalar_codes(number=value) == {"out_of_range"}


def test_an_id_has_its_usual_form() -> None:
    text = "018f2e7e-0000-7000-8000-0123456789ab"
    assert Scalars.model_validate({"id": text}).id == UUID(text)
    assert Scalars.model_validate({"id": text.upper()}).id == UUID(text)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "bad_format"),
        ("018f2e7e00007000800000000000abcd", "bad_format"),
        ("{018f2e7e-0000-7000-8000-0123456789ab}", "bad_format"),
        ("urn:uuid:018f2e7e-0000-7000-8000-0123456789ab", "bad_format"),
        ("018f2e7e-0000-7000-8000-0123456789ab\n", "bad_format"),
        ("018f2e7e-0000-7000-8000-๐๑๒๓๔๕๖๗๘๙ab", "bad_format"),
        ("\ud800", "bad_format"),
        (b"018f2e7e-0000-7000-8000-0123456789ab", "wrong_type"),
        (7, "wrong_type"),
    ],
)
def test_an_id_in_any_other_form_is_refused(value: object, code: str) -> None:
    assert scalar_codes(id=value) == {code}


@pytest.mark.parametrize("value", ["RED", "blue", 1, None.__class__, ["red"], "\ud800"])
def test_a_choice_is_one_of_the_list(value: object) -> None:
    assert Scalars.model_validate({"colour": "red"}).colour is Colour.RED
    assert scalar_codes(colour=value) <= {"not_allowed", "unsafe_text"}


def test_a_list_of_codes_is_read_and_its_members_stay_strict() -> None:
    assert Scalars.model_validate({"codes": ["a", "b"]}).codes == ("a", "b")
    assert scalar_codes(codes=["a", 1]) == {"wrong_type"}
    assert scalar_codes(codes="a") == {"wrong_type"}


@given(st.text(alphabet=st.characters(), max_size=300) | st.from_regex(r"[\u0e00-\u0e7f\ud800-\udfff\u0300-\u036f\s]*"))
def test_text_that_is_taken_is_normal_short_and_encodable(text: str) -> None:
    try:
        taken = NOTE.validate_python(text)
    except ValidationError:
        return
    assert unicodedata.is_normalized("NFC", taken)
    assert taken.encode()
    assert "\x00" not in taken
    assert 0 < len(taken) <= 4_000
