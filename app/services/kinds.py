"""What each right does of its own in the life of a request: one module for each kind, all of the same shape."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from app.core.work import Work
from app.domain.rights_request import ItemAssessment, ItemDecision
from app.domain.vocabulary import Assurance, RequestKind
from app.models.rights_request import RightsRequest, Task
from app.services import access, complaint, correction, erasure, objection, portability, restriction


class KindOfRequest(Protocol):
    """The part of a request's life that differs from right to right; the subject's row is locked wherever it writes."""

    async def receive(self, work: Work, request: RightsRequest, reached: Assurance) -> None:
        """What comes about with the submission itself, however surely who acts is known."""

    async def take_effect(self, work: Work, request: RightsRequest) -> None:
        """What comes about the moment identity is proven, before anybody decides (DOMAIN, Rights requests)."""

    async def assess(self, work: Work, request: RightsRequest) -> Sequence[ItemAssessment]:
        """What law and pack say today about each item."""

    async def categories(self, work: Work, request: RightsRequest) -> Collection[str]:
        """The categories of data that the request touches: a sensitive one among them wants four eyes."""

    async def carry_out(
        self,
        work: Work,
        request: RightsRequest,
        assessed: Sequence[ItemAssessment],
        decided: Sequence[ItemDecision],
    ) -> int:
        """Bring about what was decided; returns the number of tasks."""

    async def give_up(self, work: Work, request: RightsRequest) -> None:
        """End what identity brought about: the request is cancelled."""

    async def task_done(self, work: Work, task: Task) -> None:
        """Take down what a system has done."""

    async def finish(self, work: Work, request: RightsRequest) -> None:
        """What is left to do once the request is completed and the subject told."""


KINDS: Mapping[RequestKind, KindOfRequest] = {
    RequestKind.ERASURE: erasure,
    RequestKind.RESTRICTION: restriction,
    RequestKind.OBJECTION: objection,
    RequestKind.COMPLAINT: complaint,
    RequestKind.CORRECTION: correction,
    RequestKind.ACCESS: access,
    RequestKind.PORTABILITY: portability,
}


def of(request: RightsRequest) -> KindOfRequest:
    """The part of this request's right."""
    return KINDS[RequestKind(request.kind)]
