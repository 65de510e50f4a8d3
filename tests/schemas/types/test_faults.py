"""Every error that Pydantic knows has a code of the API; pointers lead to fields and quote no data."""

from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from app.schemas.types import FIELD_CODES, error_code, pointer


@pytest.mark.parametrize("pydantic_type", get_args(ErrorType))
def test_every_built_in_error_has_a_code_of_the_api(pydantic_type: str) -> None:
    assert error_code(pydantic_type) in FIELD_CODES


@pytest.mark.parametrize("code", sorted(FIELD_CODES))
def test_a_code_of_the_api_stays_itself(code: str) -> None:
    assert error_code(code) == code


@pytest.mark.parametrize(
    ("pydantic_type", "code"),
    [
        ("missing", "missing"),
        ("extra_forbidden", "unknown_field"),
        ("string_type", "wrong_type"),
        ("int_type", "wrong_type"),
        ("bool_type", "wrong_type"),
        ("list_type", "wrong_type"),
        ("dict_type", "wrong_type"),
        ("model_type", "wrong_type"),
        ("model_attributes_type", "wrong_type"),
        ("is_instance_of", "wrong_type"),
        ("string_too_long", "too_long"),
        ("too_long", "too_long"),
        ("string_too_short", "too_short"),
        ("too_short", "too_short"),
        ("greater_than_equal", "out_of_range"),
        ("less_than", "out_of_range"),
        ("finite_number", "out_of_range"),
        ("enum", "not_allowed"),
        ("literal_error", "not_allowed"),
        ("union_tag_invalid", "not_allowed"),
        ("union_tag_not_found", "missing"),
        ("string_pattern_mismatch", "bad_format"),
        ("value_error", "bad_format"),
        ("uuid_parsing", "bad_format"),
        ("string_unicode", "unsafe_text"),
        ("something_of_tomorrow", "bad_format"),
    ],
)
def test_the_code_says_what_the_error_means(pydantic_type: str, code: str) -> None:
    assert error_code(pydantic_type) == code


@pytest.mark.parametrize(
    ("loc", "expected"),
    [
        (("body",), ""),
        ((), ""),
        (("body", "purposes", 3), "/purposes/3"),
        (("records", 0, "events", "deposit_made"), "/records/0/events/deposit_made"),
        (("body", "body"), "/body"),
        (("body", "isAdmin"), "/isAdmin"),
        (("body", "purposes", "list[constrained-str]", 0), "/purposes"),
        (("body", "events", "x", "[key]"), "/events/x"),
        (("body", "<in_person>", "document", "kind"), "/document/kind"),
        (("body", "1101700230705"), ""),
        (("body", "contacts", "somchai@example.org"), "/contacts"),
        (("body", "สมชาย"), ""),
        (("body", "a/b~c"), ""),
        (("body", "\ud800"), ""),
        (("body", "a" * 65), ""),
        (("body", "a\n"), ""),
        (("body", ""), ""),
    ],
)
def test_a_pointer_leads_to_the_field_and_no_further_than_names_go(loc: tuple[str | int, ...], expected: str) -> None:
    assert pointer(loc) == expected
