"""Erasure requests on the wire."""

from typing import Any

from pydantic import model_validator

from app.domain.erasure import ErasureGround, ErasureMethod
from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import Codes, Refs, SubmissionIn, pointed
from app.schemas.types import AllOr, Choice, StrictModel, fault
from app.services.submissions import Submission

BY_GROUND = frozenset({ErasureGround.CONSENT_WITHDRAWN, ErasureGround.UNLAWFUL})
"""Grounds under which the same scope is assessed otherwise, so that one does not duplicate another."""


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

    scope: AllOr[PartialScope]
    ground: Choice[ErasureGround]
    """The case of s.33 that the subject relies on."""
    method: Choice[ErasureMethod] = ErasureMethod.ERASE

    def submission(self) -> Submission:
        """As the service takes it."""
        scope: dict[str, Any] | str = "all"
        named = None
        if isinstance(self.scope, PartialScope):
            chosen = {"record_refs": self.scope.record_refs, "categories": self.scope.categories}
            scope = {name: sorted(set(values)) for name, values in chosen.items() if values is not None}
            named = self.scope.categories
        return self.asked(
            RequestKind.ERASURE,
            {"scope": scope, "ground": self.ground, "method": self.method},
            {"scope": scope, "ground": self.ground if self.ground in BY_GROUND else None},
            categories=pointed("/scope/categories", named),
        )
