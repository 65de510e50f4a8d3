"""Erasure requests on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from app.domain.erasure import ErasureGround, ErasureMethod
from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import SubmissionIn
from app.schemas.types import Choice, Code, Ref, StrictModel, fault
from app.services.submissions import Submission

Refs = Annotated[Choice[tuple[Ref, ...]], Field(min_length=1, max_length=5000)]
BY_GROUND = frozenset({ErasureGround.CONSENT_WITHDRAWN, ErasureGround.UNLAWFUL})
"""Grounds under which the same scope is assessed otherwise, so that one does not duplicate another."""
Codes = Annotated[Choice[tuple[Code, ...]], Field(min_length=1, max_length=100)]


class PartialScope(StrictModel):
    """Some records, or those that hold some categories: exactly one of both."""

    record_refs: Refs | None = None
    categories: Codes | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "PartialScope":
        if (self.record_refs is None) == (self.categories is None):
            raise fault("not_allowed", "Exactly one of record_refs and categories")
        return self


class ErasureIn(SubmissionIn):
    """A request for erasure, destruction or anonymisation (PDPA s.33)."""

    scope: Literal["all"] | PartialScope
    ground: Choice[ErasureGround]
    """The case of s.33 that the subject relies on."""
    method: Choice[ErasureMethod] = ErasureMethod.ERASE

    def submission(self) -> Submission:
        """As the service takes it."""
        scope: dict[str, Any] | str = "all"
        named: tuple[str, ...] = ()
        if isinstance(self.scope, PartialScope):
            chosen = {"record_refs": self.scope.record_refs, "categories": self.scope.categories}
            scope = {name: sorted(set(values)) for name, values in chosen.items() if values is not None}
            named = self.scope.categories or ()
        return Submission(
            kind=RequestKind.ERASURE,
            subject_ref=self.subject_ref,
            channel=self.channel,
            language=self.language,
            scope={"scope": scope, "ground": self.ground, "method": self.method},
            covers={"scope": scope, "ground": self.ground if self.ground in BY_GROUND else None},
            categories={f"/scope/categories/{at}": code for at, code in enumerate(named)},
            on_behalf_by=self.on_behalf_by,
            note=self.note,
            received_on=self.received_on,
            delivery=self.delivery.via if self.delivery else None,
        )
