"""Rows that are judged one by one: a bad one spoils itself, not the call that carries it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from app.schemas.types import Ref, StrictModel

_REF = TypeAdapter(Ref)


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """A row that is judged by itself: good by its model, or what `bad` makes of it and of its fault's code.

    The contract shows the model.
    """

    model: type[StrictModel]
    bad: Callable[[object, str], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._judge, handler.generate_schema(self.model))

    def _judge(self, raw: object, validate: ValidatorFunctionWrapHandler) -> object:
        try:
            return validate(raw)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            codes = {fault["type"] for fault in faults}
            return self.bad(raw, "buddhist_era_year" if "buddhist_era_year" in codes else "invalid_row")


def reference(raw: object, name: str) -> str | None:
    """A reference in a bad row, if that at least can be read."""
    try:
        return _REF.validate_python(raw.get(name) if isinstance(raw, Mapping) else None)
    except ValidationError:
        return None
