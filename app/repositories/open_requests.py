"""Which records an open request of the subject is about: such a record is not disposed of meanwhile (DOMAIN, `open_dsr`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.rights_request import RightsRequest
from app.repositories.rights_requests import OPEN

KEEPING = ("access", "portability", "correction", "complaint")


@dataclass(frozen=True, slots=True)
class Asked:
    """What open requests are about: everything, or some records."""

    everything: bool
    record_refs: frozenset[str]

    @classmethod
    def of(cls, scopes: Sequence[Mapping[str, Any]]) -> "Asked":
        """What requests of these scopes are about."""
        changed = {change.get("record_ref") for scope in scopes for change in scope.get("changes", ())}
        whole = any("changes" not in scope for scope in scopes) or None in changed
        return cls(whole, frozenset(ref for ref in changed if ref is not None))

    @property
    def any(self) -> bool:
        """Whether anything is asked."""
        return self.everything or bool(self.record_refs)

    def concerns(self, record_ref: str) -> bool:
        """Whether a record is asked about."""
        return self.everything or record_ref in self.record_refs


async def about(work: Work, subject_ref: str, except_id: UUID | None) -> Asked:
    """What the subject's open requests of access, portability, correction and complaint are about."""
    statement = select(RightsRequest.scope).where(
        RightsRequest.subject_ref == subject_ref,
        col(RightsRequest.kind).in_(KEEPING),
        col(RightsRequest.status).in_(OPEN),
    )
    if except_id is not None:
        statement = statement.where(RightsRequest.id != except_id)
    return Asked.of((await work.session.exec(statement)).all())


async def contested(work: Work, subject_ref: str) -> Asked:
    """What the subject's corrections are about that were proven theirs and are not decided: its accuracy is under check."""
    statement = select(RightsRequest.scope).where(
        RightsRequest.subject_ref == subject_ref,
        RightsRequest.kind == "correction",
        col(RightsRequest.status).in_(("in_review", "information_pending")),
    )
    return Asked.of((await work.session.exec(statement)).all())
