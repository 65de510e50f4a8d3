"""A word or a list: only the faults of the way it is spelled are told."""

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from app.schemas.types import AllOr, Choice, Code, StrictModel, error_code, pointer


class Named(StrictModel):
    """Purposes that are named, or all."""

    purposes: AllOr[Annotated[Choice[tuple[Code, ...]], Field(min_length=1)]]


def test_both_spellings_are_read() -> None:
    assert Named.model_validate({"purposes": "all"}).purposes == "all"
    assert Named.model_validate({"purposes": ["billing", "offers"]}).purposes == ("billing", "offers")


@pytest.mark.parametrize(
    ("purposes", "told"),
    [([], ("/purposes", "too_short")), ("some", ("/purposes", "not_allowed")), (None, ("/purposes", "not_allowed"))],
)
def test_one_fault_is_told_once(purposes: object, told: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Named.model_validate({"purposes": purposes})
    assert [(pointer(fault["loc"]), error_code(fault["type"])) for fault in refused.value.errors()] == [told]
