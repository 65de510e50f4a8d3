"""The inventory of held records, and what retention says of it."""

from typing import Annotated

from fastapi import APIRouter

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.routers.subjects import SubjectRef
from app.schemas.records import PushOut, RecordOut, RecordPage, RecordsIn, SubjectRecordsIn, SubjectsPushOut
from app.schemas.retention import RetentionItem, RetentionPage
from app.services import records, retention, subjects

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["records"])
PUSH_LIMIT = 8 * 1024 * 1024


@router.put("/subjects/{subject_ref}/records", operation_id="putSubjectRecords", summary="Push records of a subject")
async def put_subject_records(
    subject_ref: SubjectRef,
    body: RecordsIn,
    work: Annotated[
        Work,
        allow(Permission.RECORD_WRITE, sees=subjects.see, raises=(NotFound, SubjectErased), body_limit=PUSH_LIMIT),
    ],
) -> PushOut:
    """Up to 5,000 rows, each upserted by `record_ref`; rows not named stay. A bad row spoils itself only."""
    return PushOut.model_validate(await records.push(work, subject_ref, body.rows(subject_ref)))


@router.put("/records", operation_id="putRecords", summary="Push records of many subjects")
async def put_records(
    body: SubjectRecordsIn, work: Annotated[Work, allow(Permission.RECORD_WRITE, body_limit=PUSH_LIMIT)]
) -> SubjectsPushOut:
    """Up to 5,000 rows, each with its `subject_ref`. A bad row, or an unknown subject, spoils itself only."""
    return SubjectsPushOut.model_validate(await records.push_many(work, body.rows()))


@router.get(
    "/subjects/{subject_ref}/records", operation_id="listSubjectRecords", summary="Records held about a subject"
)
async def list_records(
    subject_ref: SubjectRef,
    work: Annotated[Work, allow(Permission.RECORD_READ, sees=subjects.see, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RecordPage:
    """By reference, with the state of each."""
    found = await records.page(work, subject_ref, cursor, limit)
    return RecordPage(items=[RecordOut.of(listed) for listed in found.items], next_cursor=found.next_cursor)


@router.get("/subjects/{subject_ref}/retention", operation_id="listRetention", summary="How long each record is kept")
async def list_retention(
    subject_ref: SubjectRef,
    work: Annotated[Work, allow(Permission.RETENTION_READ, sees=subjects.see, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RetentionPage:
    """What the retention schedule, the law and legal holds say of each record today, with every reason."""
    found = await retention.page(work, subject_ref, cursor, limit)
    return RetentionPage(items=[RetentionItem.about(item) for item in found.items], next_cursor=found.next_cursor)
