"""Bodies take what they name and nothing else, and never say what they were given."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.domain.vocabulary import Channel
from app.schemas.types import (
    CalendarDate,
    Choice,
    Code,
    Count,
    Duration,
    Email,
    Flag,
    Id,
    Instant,
    Name,
    Note,
    OutModel,
    PartialDate,
    Ref,
    StrictModel,
    ThaiNationalId,
    ThaiPhone,
    error_code,
    pointer,
)


class Contacts(StrictModel):
    """A body within a body."""

    phone: ThaiPhone | None = None
    email: Email | None = None


class Body(StrictModel):
    """One field of every kind."""

    subject_ref: Ref
    """The core system's own key."""
    code: Code | None = None
    name: Name | None = None
    note: Note | None = None
    flag: Flag | None = None
    count: Count | None = None
    id: Id | None = None
    channel: Choice[Channel] | None = None
    born_on: PartialDate | None = None
    on: CalendarDate | None = None
    at: Instant | None = None
    advance: Duration | None = None
    national_id: ThaiNationalId | None = None
    contacts: Contacts | None = None
    purposes: Choice[tuple[Code, ...]] = ()


class Answer(OutModel):
    """What a service returned, as the API shows it."""

    subject_ref: str
    on: date | None = None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet=st.characters()), inner, max_size=3),
    max_leaves=5,
)
CANARY = "กกcanary-1101700230705"


def faults_of(body: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refusal:
        Body.model_validate(body)
    return [(pointer(fault["loc"]), error_code(fault["type"])) for fault in refusal.value.errors(include_input=False)]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("/subject_ref", "missing")]),
        ({"subject_ref": "M-1", "is_admin": True}, [("/is_admin", "unknown_field")]),
        ({"subject_ref": "M-1", "contacts": {"fax": "1"}}, [("/contacts/fax", "unknown_field")]),
        ({"subject_ref": "M-1", "contacts": []}, [("/contacts", "wrong_type")]),
        ({"subject_ref": "M-1", "purposes": ["a", "B"]}, [("/purposes/1", "bad_format")]),
        ({"subject_ref": "M-1", "channel": "fax"}, [("/channel", "not_allowed")]),
        ({"subject_ref": "M-1", "\ud800": 1}, [("", "unsafe_text")]),
        ([], [("", "wrong_type")]),
        (None, [("", "wrong_type")]),
        ("x", [("", "wrong_type")]),
        (1, [("", "wrong_type")]),
        (True, [("", "wrong_type")]),
    ],
)
def test_a_body_answers_with_pointers_and_codes(body: object, faults: list[tuple[str, str]]) -> None:
    assert faults_of(body) == faults


def test_a_whole_body_is_read() -> None:
    body = Body.model_validate(
        {
            "subject_ref": "M-1",
            "channel": "counter",
            "on": "2026-11-21",
            "contacts": {"phone": "0812345678"},
            "flag": False,
        }
    )
    assert body.channel is Channel.COUNTER
    assert body.on == date(2026, 11, 21)
    assert body.contacts == Contacts(phone="+66812345678")


def test_a_body_never_changes() -> None:
    with pytest.raises(ValidationError):
        Body(subject_ref="M-1").subject_ref = "M-2"  # type: ignore[misc]  # this is what is tried


@pytest.mark.parametrize("field", sorted(Body.model_fields))
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value], lambda value: {"x": value}])
def test_no_refusal_repeats_the_value(field: str, wrap: object) -> None:
    value = wrap(CANARY) if callable(wrap) else CANARY
    if field in {"name", "note"} and value == CANARY:
        value = CANARY + "\x00"
    with pytest.raises(ValidationError) as refusal:
        Body.model_validate({"subject_ref": "M-1", field: value})
    said = str(refusal.value) + repr(refusal.value) + str(refusal.value.errors(include_input=False))
    assert "canary" not in said
    assert "110170023" not in said


@given(st.dictionaries(st.sampled_from(sorted(Body.model_fields)) | st.text(alphabet=st.characters()), JSON_VALUES))
def test_no_body_raises_anything_but_a_validation_error(body: dict[str, object]) -> None:
    try:
        Body.model_validate(body)
    except ValidationError as refusal:
        for fault in refusal.errors(include_input=False):
            json.dumps(pointer(fault["loc"])).encode()


def strings_of(schema: object) -> list[dict[str, object]]:
    """Every schema of a string within a JSON schema."""
    if isinstance(schema, list):
        return [found for item in schema for found in strings_of(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "string" else []
    return own + [found for item in schema.values() for found in strings_of(item)]


def test_every_string_of_the_published_schema_is_bounded() -> None:
    strings = strings_of(Body.model_json_schema())
    assert len(strings) >= 14
    assert [found for found in strings if not found.keys() & {"maxLength", "enum"}] == []


def test_docstrings_of_fields_are_published() -> None:
    assert Body.model_json_schema()["properties"]["subject_ref"]["description"] == "The core system's own key."


def test_an_answer_is_read_from_attributes_and_shows_all_its_fields() -> None:
    assert Answer.model_validate(Body(subject_ref="M-1")) == Answer(subject_ref="M-1")
    assert Answer.model_json_schema(mode="serialization")["required"] == ["subject_ref", "on"]
