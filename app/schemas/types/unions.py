"""A word, or a list or an object: whichever way a value is spelled, only what is wrong with that way is told."""

from typing import Annotated, Literal, TypeVar

from pydantic import Discriminator, Tag

Some = TypeVar("Some")


def _spelling(value: object) -> str:
    return "<some>" if isinstance(value, list | tuple | dict) else "<all>"


AllOr = Annotated[
    Annotated[Literal["all"], Tag("<all>")] | Annotated[Some, Tag("<some>")],
    Discriminator(_spelling),
]
"""`all`, or some of it."""
