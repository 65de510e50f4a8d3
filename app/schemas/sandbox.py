"""The sandbox on the wire."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.domain.vocabulary import Assurance, Role
from app.schemas.types import Choice, Code, Duration, Instant, OutModel, Ref, SafeText, StrictModel, fault


class TokenRequest(StrictModel):
    """Whose token to make: exactly one of `role` and `roles`."""

    role: Choice[Role] | None = None
    roles: Annotated[Choice[tuple[Choice[Role], ...]], Field(min_length=1, max_length=9)] | None = None
    subject_ref: Ref | None = None
    """For people: who the token's holder is."""
    system: Code | None = None
    """For systems: which one; `core_banking` by default for that role."""
    sub: Annotated[str, SafeText(128), Field(pattern=r"^[A-Za-z0-9._:@-]+$")] | None = None
    """Default: the subject_ref or system, else `sandbox-<role>`; the same role is the same person."""
    assurance: Choice[Assurance] | None = None
    """Default: `substantial` for people."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.role is None) == (self.roles is None):
            raise fault("not_allowed", "Exactly one of role and roles")
        return self

    @property
    def all_roles(self) -> tuple[Role, ...]:
        """The roles asked for, whichever way."""
        return self.roles or ((self.role,) if self.role else ())


class TokenOut(OutModel):
    """A bearer token of the sandbox."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (the kind of token)
    expires_in: int


class SentMessageOut(OutModel):
    """A message that would have been sent."""

    at: datetime
    subject_ref: str
    via: str
    to: str
    kind: str
    code: str | None
    text: str


class Outbox(OutModel):
    """Messages, newest first."""

    items: list[SentMessageOut]


class ClockMove(StrictModel):
    """Where to move the clock: exactly one of `advance` and `at`."""

    advance: Duration | None = None
    """By how much, such as `P30D` or `PT12H`."""
    at: Instant | None = None
    """To which instant; it may lie in the past."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.advance is None) == (self.at is None):
            raise fault("not_allowed", "Exactly one of advance and at")
        return self


class ClockOut(OutModel):
    """The sandbox's instant."""

    now: datetime
    catching_up: bool
    """Whether it is still being moved, and what falls due on the way still comes about."""
