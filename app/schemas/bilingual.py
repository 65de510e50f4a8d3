"""Texts meant for people, on the wire."""

from app.schemas.types import OutModel


class BilingualOut(OutModel):
    """A text meant for people, in both languages."""

    th: str
    en: str
