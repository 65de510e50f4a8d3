"""What else is known of some of the population: records of one in ten, an open restriction or objection of one in fifty."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

from app.domain.policy import PolicyPack
from app.models.limit import ProcessingLimit
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest
from bench.copying import Pattern, pattern

TABLES = ("held_record", "rights_request", "processing_limit")
SINCE = datetime(2026, 6, 1, tzinfo=UTC)
DUE = date(2026, 7, 1)
SOME_ID = UUID(int=0)
RECORDS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("DEP", "deposit", {"deposit_made": "2019-03-01"}, "held"),
    ("FILE", "member_data", {}, "held"),
    ("LOAN", "loan_contract", {"loan_contract_expired": "2021-05-31"}, "storage_only"),
)
LIMITS = {0: ("objection", "loan_application_assessment"), 1: ("restriction", "account_opening")}


def of(pack: PolicyPack, subjects: int) -> Iterator[tuple[Pattern, Iterator[str]]]:
    """Each table's pattern and its lines."""
    record, request, limit = _record(), _request(pack), _limit()
    limited = range(7, subjects + 1, 50)
    yield record, _records(record, subjects)
    yield (
        request,
        (
            request.line
            % (_id(number, 1), f"R-2569-{number:07}", _id(number, 1), LIMITS[number // 50 % 2][0], f"M-{number}")
            for number in limited
        ),
    )
    yield (
        limit,
        (
            limit.line % (_id(number, 2), f"M-{number}", kind, f"{{{purpose}}}", _id(number, 1))
            for number in limited
            for kind, purpose in (LIMITS[number // 50 % 2],)
        ),
    )


def _records(record: Pattern, subjects: int) -> Iterator[str]:
    for number in range(10, subjects + 1, 10):
        for prefix, kind, events, state in RECORDS:
            dates = "{" + ",".join(f'"{name}":"{on}"' for name, on in events.items()) + "}"
            yield record.line % (f"M-{number}", f"{prefix}-{number}", kind, dates, state)


def _id(number: int, table: int) -> str:
    return f"019817a0-0000-7{table:03x}-8000-{number:012x}"


def _record() -> Pattern:
    row = HeldRecord(
        subject_ref="",
        record_ref="",
        kind="",
        system="core_banking",
        storage="database",
        categories=["personal_identity", "financial"],
        lawful_basis="contract",
        events={},
        conditions=[],
        changed_at=SINCE,
    )
    return pattern(row, "subject_ref", "record_ref", "kind", "events", "state")


def _request(pack: PolicyPack) -> Pattern:
    row = RightsRequest(
        id=SOME_ID,
        reference="",
        case_id=SOME_ID,
        kind="",
        status="in_review",
        subject_ref="",
        scope={},
        scope_key="population",
        channel="app",
        language="th",
        received_at=SINCE,
        received_on=SINCE.date(),
        decide_by=DUE,
        decide_by_internal=DUE,
        complete_by=DUE,
        complete_by_internal=DUE,
        due_on=DUE,
        provisional=False,
        identity_required="substantial",
        identity_reached="substantial",
        identity_state="proven",
        submitted_by="population",
        submitted_at=SINCE,
        policy=pack.sha256,
    )
    return pattern(row, "id", "reference", "case_id", "kind", "subject_ref")


def _limit() -> Pattern:
    row = ProcessingLimit(
        id=SOME_ID, subject_ref="", kind="", purposes=[], ground="population", request_id=SOME_ID, since=SINCE
    )
    return pattern(row, "id", "subject_ref", "kind", "purposes", "request_id")
