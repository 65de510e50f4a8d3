"""Who else got the wrong value (LAW B2, Correction): found in the disclosures, told once the holders have corrected theirs.

The Act itself knows no such duty (LAW B2, "Not in the Act"); credit bureaus have one, and a careful controller keeps it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.core.work import Work
from app.domain.disclosures import Disclosed, Told, by_recipient
from app.domain.rights_request import ItemOutcome
from app.domain.vocabulary import RequestKind
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.repositories import disclosures, records, rights_requests
from app.repositories import tasks as task_rows
from app.services import tasks

CORRECT = "correct"
NOTIFY_RECIPIENT = "notify_recipient"
Change = Mapping[str, Any]


async def told_wrong(work: Work, request: RightsRequest) -> list[tuple[str, Told]]:
    """For each change by its reference, the recipients who may have got the value that is to be corrected."""
    rows = await records.held(work, request.subject_ref)
    disclosed = await disclosures.of_subject(work, request.subject_ref)
    return [
        (str(at), told)
        for at, change in enumerate(request.scope["changes"])
        for told in by_recipient(_concerned(work, change, rows, disclosed))
    ]


def _concerned(
    work: Work, change: Change, rows: Sequence[HeldRecord], disclosed: Sequence[Disclosed]
) -> list[Disclosed]:
    categories = _categories(work, change, rows)
    return [each for each in disclosed if each.concerns(change["record_ref"], categories)]


def _categories(work: Work, change: Change, rows: Sequence[HeldRecord]) -> Collection[str]:
    """Those of the record that is named, or the one that is called like the field; else of all records that may hold it."""
    if change["record_ref"] is None and change["field"] in work.pack.categories:
        return {change["field"]}
    return {code for row in rows if change["record_ref"] in {None, row.record_ref} for code in row.categories}


async def corrected(work: Work, request: RightsRequest, task: Task) -> None:
    """With the last holder's correction, let each recipient of a wrong value be told what is right, and nobody else.

    The system that told of the disclosure passes it on; where none is known, staff do.
    """
    if task.kind != CORRECT or await task_rows.count_unfinished(work, request.id, CORRECT) > 0:
        return
    items = (await rights_requests.items_of(work, [request.id]))[request.id]
    granted = {item.ref for item in items if item.outcome == ItemOutcome.GRANTED}
    rows = await records.held(work, request.subject_ref)
    disclosed = await disclosures.of_subject(work, request.subject_ref)
    changes = [{"ref": str(at), **change} for at, change in enumerate(request.scope["changes"]) if str(at) in granted]
    concerned = {change["ref"]: _concerned(work, change, rows, disclosed) for change in changes}
    told = by_recipient(list(dict.fromkeys(each for found in concerned.values() for each in found)))
    for one in told:
        its = [c for c in changes if any(each.recipient == one.recipient for each in concerned[c["ref"]])]
        _notify(work, request, one, its)


def _notify(work: Work, request: RightsRequest, told: Told, changes: Sequence[Change]) -> None:
    payload = {
        "right": RequestKind.CORRECTION,
        "recipient": told.recipient,
        "purposes": list(told.purposes),
        "categories": list(told.categories),
        "changes": list(changes),
    }
    refs = sorted({change["record_ref"] for change in changes if change["record_ref"] is not None})
    system = told.system or tasks.PAPER
    tasks.create(work, kind=NOTIFY_RECIPIENT, system=system, request=request, record_refs=refs, payload=payload)
