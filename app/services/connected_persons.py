"""Connected persons are told that the controller has their data from another (PDPA s.25; LAW T-13)."""

from app.core.ids import new_id
from app.core.work import Work
from app.domain.calendar import Calendar
from app.domain.connected_persons import CONNECTED, PROVISION, tell_by
from app.domain.vocabulary import Storage, SubjectKind
from app.models.rights_request import Task
from app.repositories import tasks
from app.services import escalation, events
from app.services.events import EventType

NOTIFY_SUBJECT = "notify_subject"
STAFF = Storage.PAPER.value
"""The system whose tasks staff claim: what is not done by a machine."""
REASON = "collected_from_another"


async def must_be_told(work: Work, subject_ref: str, kind: SubjectKind) -> None:
    """Give staff the task of telling somebody who has just been registered: once per person, however often this is asked.

    Who is no connected person was there when the data was collected: there is nothing to do.
    """
    if kind not in CONNECTED:
        return
    due_on = tell_by(work.today, Calendar.of(work.pack))
    task = Task(
        id=new_id(work.now),
        kind=NOTIFY_SUBJECT,
        system=STAFF,
        subject_ref=subject_ref,
        record_refs=[],
        payload={"reason": REASON, "provision": PROVISION, "due_on": due_on.isoformat()},
        not_before=work.now,
        escalate_at=escalation.due_at(due_on, work.now),
        created_at=work.now,
    )
    if await tasks.add_notice_once(work, task):
        events.announce(
            work, EventType.TASK_CREATED, task_id=str(task.id), kind=task.kind, system=task.system, request_id=None
        )
