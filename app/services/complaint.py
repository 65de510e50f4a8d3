"""Complaints to the cooperative (PDPA s.73; policy clause 12(8)): answered by the decision, which tells the way further on."""

from collections.abc import Sequence

from app.core.work import Work
from app.domain.complaint import assess_item
from app.domain.rights_request import ItemAssessment, ItemDecision
from app.domain.vocabulary import Assurance, Right
from app.models.rights_request import RightsRequest, Task
from app.services.rights_requests import is_deceased


async def receive(_: Work, __: RightsRequest, ___: Assurance) -> None:
    """A complaint changes nothing before it is decided."""


async def take_effect(_: Work, __: RightsRequest) -> None:
    """A complaint changes nothing before it is decided."""


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """The complaint as a whole."""
    label = work.pack.rights[Right.COMPLAINT].label
    return [assess_item(label, deceased=await is_deceased(work, request))]


async def categories(_: Work, __: RightsRequest) -> frozenset[str]:
    """None: what is said about data is not the data."""
    return frozenset()


async def carry_out(_: Work, __: RightsRequest, ___: Sequence[ItemAssessment], ____: Sequence[ItemDecision]) -> int:
    """Nothing for any system: the answer is the decision."""
    return 0


async def give_up(_: Work, __: RightsRequest) -> None:
    """Nothing to end."""


async def task_done(_: Work, __: Task) -> None:
    """No task comes of a complaint."""


async def finish(_: Work, __: RightsRequest) -> None:
    """Nothing is left to do."""
