"""The two bases of all bodies."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Base of request bodies: no unknown field, no coercion, nothing echoed.

    Strictness holds for every field; enumerations and tuples, which JSON can only spell as text and lists, need
    `Choice`.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class OutModel(BaseModel):
    """Base of answers, read from the attributes of what services return."""

    model_config = ConfigDict(
        from_attributes=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,
        use_attribute_docstrings=True,
    )
