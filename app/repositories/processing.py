"""The facts that decisions rest on: for many questions at once, in one statement that narrows and judges nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from app.core.clock import today_in_bangkok
from app.core.work import Work
from app.domain.capacity import Person
from app.domain.processing_facts import Facts, GivenConsent, HeldRecord, Limit
from app.domain.retention import Circumstances, Membership, Record, is_member, memberships_of
from app.domain.vocabulary import Basis, LegalCapacity, SubjectKind
from app.repositories.open_requests import KEEPING, Asked
from app.repositories.process import STATE
from app.repositories.rights_requests import OPEN

RECORD = """
json_build_array(h.record_ref, h.kind, h.state, h.categories, h.conditions, h.insurer, h.lawful_basis, h.purpose,
    h.events)
"""
CONSENT = """
SELECT id, categories, recipients, explicit, granted_at, withdrawn_at, ended_at, expires_on, quality, given_as, notice_version
FROM consent WHERE consent.subject_ref = asked.subject_ref AND consent.purpose = asked.purpose
"""
LIMITED = """
SELECT unnest(record_refs) FROM processing_limit
WHERE processing_limit.subject_ref = asked.subject_ref AND lifted_at IS NULL AND record_refs IS NOT NULL
"""
FACTS = f"""
SELECT state.clock_offset, state.overlay, asked.n, s.kind, s.born_on, s.married_on, s.deceased_on, s.legal_capacity,
    s.joined_on, s.ended_on AS left_on, s.erased_at IS NOT NULL AS erased, c.*,
    CASE WHEN c.ended_at IS NOT NULL AND c.withdrawn_at IS NULL THEN (
        SELECT event FROM consent_event
        WHERE consent_id = c.id AND event IN ('expired', 'superseded') ORDER BY id DESC LIMIT 1
    ) END AS ended_as,
    CASE WHEN c.id IS NOT NULL THEN (
        SELECT true FROM deletion_case
        WHERE deletion_case.subject_ref = asked.subject_ref AND status = 'open' AND c.id = ANY (consent_ids) LIMIT 1
    ) END AS doubted,
    CASE WHEN s.related_to <> '{{}}' THEN (
        SELECT json_agg(json_build_array(joined_on, ended_on))::text FROM subject
        WHERE subject_ref = ANY (s.related_to) AND joined_on IS NOT NULL
    ) END AS related,
    (
        SELECT json_agg(json_build_array(kind, purposes, record_refs, since, request_id))::text FROM processing_limit
        WHERE processing_limit.subject_ref = asked.subject_ref AND lifted_at IS NULL
    ) AS limits,
    held.records,
    CASE WHEN held.records IS NOT NULL THEN (
        SELECT json_agg(json_build_array(provision, record_refs) ORDER BY id)::text FROM legal_hold
        WHERE legal_hold.subject_ref = asked.subject_ref AND released_at IS NULL
    ) END AS holds,
    CASE WHEN held.records IS NOT NULL THEN (
        SELECT json_agg(scope)::text FROM rights_request
        WHERE rights_request.subject_ref = asked.subject_ref AND kind = ANY ($2) AND status = ANY ($3)
    ) END AS requests
FROM ({STATE}) AS state
LEFT JOIN asked ON true
LEFT JOIN LATERAL (SELECT * FROM subject WHERE subject.subject_ref = asked.subject_ref LIMIT 1) AS s ON true
LEFT JOIN LATERAL (
    ({CONSENT} AND ended_at IS NULL LIMIT 1) UNION ALL ({CONSENT} ORDER BY id DESC LIMIT 1) LIMIT 1
) AS c ON true
LEFT JOIN LATERAL (
    SELECT json_agg({RECORD})::text AS records FROM (
        (
            SELECT * FROM held_record
            WHERE asked.record_refs IS NULL AND held_record.subject_ref = asked.subject_ref
                AND kind = ANY (asked.kinds) AND categories && asked.categories::varchar[]
            ORDER BY record_ref DESC LIMIT $1
        ) UNION ALL (
            SELECT * FROM held_record
            WHERE held_record.subject_ref = asked.subject_ref AND record_ref = ANY (asked.record_refs)
            ORDER BY record_ref DESC LIMIT $1
        ) UNION ALL (
            SELECT * FROM held_record
            WHERE held_record.subject_ref = asked.subject_ref AND record_ref = ANY (ARRAY({LIMITED})) AND (
                record_ref = ANY (asked.record_refs) OR asked.record_refs IS NULL
                AND kind = ANY (asked.kinds) AND categories && asked.categories::varchar[]
            )
            LIMIT 1
        )
    ) AS h
) AS held ON true
"""  # noqa: S608  (constants of this module alone)
"""Each part is LATERAL with a LIMIT or an aggregate: it can only be looked up, whatever the planner believes of the tables."""
READ = f"""
WITH asked AS (
    SELECT 0 AS n, $4::text AS subject_ref, $5::text AS purpose, $6::text[] AS kinds, $7::text[] AS categories,
        $8::text[] AS record_refs
) {FACTS}
"""
READ_MANY = f"""
WITH asked AS (
    SELECT * FROM json_to_recordset($4::text::json) AS asked (
        n int, subject_ref text, purpose text, kinds text[], categories text[], record_refs text[]
    )
) {FACTS}
"""  # noqa: S608  (constants of this module alone)


class Probe(NamedTuple):
    """Whose facts, for which purpose, and which records: of some kinds with one of the categories, or those named."""

    subject_ref: str
    purpose: str | None
    kinds: tuple[str, ...]
    categories: tuple[str, ...]
    record_refs: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement found: the state that it was read in, the facts of each probe, and which have more records."""

    clock_offset: timedelta | None
    overlay: str | None
    facts: Sequence[Facts]
    more: frozenset[int]


async def read(work: Work, probes: Sequence[Probe], most: int) -> Found:
    """The facts of each probe, in their order, with at most `most` of the records that it concerns, newest reference first.

    The records of a limit are never cut off: one of them is always among those read.
    """
    driver = await work.driver()
    if len(probes) == 1:
        rows = await driver.fetch(READ, most, KEEPING, OPEN, *probes[0])
    else:
        wanted = json.dumps([{"n": n, **probe._asdict()} for n, probe in enumerate(probes)])
        rows = await driver.fetch(READ_MANY, most, KEEPING, OPEN, wanted)
    facts, more = [Facts()] * len(probes), set()
    for row in rows:
        if row["kind"] is not None:
            facts[row["n"]] = found = _facts(row, probes[row["n"]])
            if len(found.records) >= most:
                more.add(row["n"])
    return Found(rows[0]["clock_offset"], rows[0]["overlay"], facts, frozenset(more))


def _facts(row: asyncpg.Record, probe: Probe) -> Facts:
    own = _membership(row["joined_on"], row["left_on"])
    related = [Membership(*map(_date, pair)) for pair in _json(row["related"])]  # type: ignore[arg-type]  # joined_on is there
    memberships = memberships_of(SubjectKind(row["kind"]), own, related)
    return Facts(
        person=Person(row["born_on"], row["married_on"], row["deceased_on"], LegalCapacity(row["legal_capacity"])),
        erased=row["erased"],
        memberships=memberships,
        consent=_consent(row, probe) if row["granted_at"] is not None else None,
        limits=tuple(_limit(*limit) for limit in _json(row["limits"])),
        records=tuple(_records(row, memberships)) if row["records"] is not None else (),
    )


def _membership(joined_on: date | None, ended_on: date | None) -> Membership | None:
    return Membership(joined_on, ended_on) if joined_on is not None else None


def _consent(row: asyncpg.Record, probe: Probe) -> GivenConsent:
    assert probe.purpose is not None, "found by its purpose"  # noqa: S101  (the statement joins on it)
    return GivenConsent(
        purpose=probe.purpose,
        categories=tuple(row["categories"]),
        recipients=tuple(row["recipients"]),
        explicit=row["explicit"],
        granted_at=row["granted_at"],
        granted_on=today_in_bangkok(row["granted_at"]),
        withdrawn_at=row["withdrawn_at"],
        ended_at=row["ended_at"],
        ended_as=row["ended_as"],
        expires_on=row["expires_on"],
        quality=row["quality"],
        given_as=row["given_as"],
        notice_version=row["notice_version"],
        id=str(row["id"]),
        doubted=row["doubted"] is True,
    )


def _limit(
    kind: str, purposes: Sequence[str] | None, record_refs: Sequence[str] | None, since: str, request_id: str
) -> Limit:
    return Limit(kind, tuple(purposes or ()), frozenset(record_refs or ()), datetime.fromisoformat(since), request_id)


def _records(row: asyncpg.Record, memberships: tuple[Membership, ...]) -> Sequence[HeldRecord]:
    holds: Sequence[tuple[str, Sequence[str] | None]] = _json(row["holds"])
    asked = Asked.of(_json(row["requests"]))
    return [
        HeldRecord(
            Record(
                ref,
                kind,
                _events(events),
                frozenset(conditions),
                insurer,
                Basis(basis) if basis else None,
                purpose,
                is_member(SubjectKind(row["kind"])),
            ),
            Circumstances(
                memberships,
                tuple(provision for provision, refs in holds if refs is None or ref in refs),
                asked.concerns(ref),
            ),
            state,
            frozenset(categories),
        )
        for ref, kind, state, categories, conditions, insurer, basis, purpose, events in _json(row["records"])
    ]


def _events(events: Mapping[str, str]) -> Mapping[str, date]:
    return {name: date.fromisoformat(on) for name, on in events.items()}


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def _json(text: str | None) -> Any:
    return json.loads(text) if text is not None else ()
