"""A cooperative's worth of made-up subjects and consents: `python -m bench.population --dsn …` fills a migrated schema.

The same numbers give the same rows. No personal data: references, codes and dates. Consents are written in the order of
their grants, so that those of one subject lie as far apart as they do where people consent over years.
"""

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from math import gcd
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.domain.policy import PolicyPack, Purpose
from app.models.consent import Consent, ConsentEvent
from app.models.subject import Subject
from app.policies.loader import load_pack
from bench import circumstances
from bench.copying import Pattern, copy, pattern, without_indexes

PACK = "chanthaburi-teachers"
SUBJECTS = 1_000_000
CONSENTS_EACH = 5
FIRST_GRANT = datetime(2022, 7, 1, tzinfo=UTC)
LAST_GRANT = datetime(2025, 6, 30, tzinfo=UTC)
WITHDRAWN_AFTER = timedelta(days=90)
VALID = timedelta(days=365)
SOME_ID = UUID(int=0)
LARGE = ("subject", "consent", "consent_event")
TABLES = (*LARGE, *circumstances.TABLES)


@dataclass(frozen=True)
class Size:
    """How many subjects, and consents of each, every one for another purpose."""

    subjects: int = SUBJECTS
    consents_each: int = CONSENTS_EACH


@dataclass(frozen=True, slots=True)
class Given:
    """One consent: its number, whose, for which purpose, and what became of it, in percents of all.

    Of a hundred, 80 are in force, 10 withdrawn, 5 expired, 5 expired without anybody having recorded it.
    """

    number: int
    subject: int
    purpose: Purpose
    at: datetime

    @property
    def fate(self) -> int:
        return (self.number * 2_654_435_761 % 2**32 >> 8) % 100

    @property
    def id(self) -> str:
        return time_ordered(self.at, 1, self.number)

    @property
    def withdrawn_at(self) -> datetime | None:
        return self.at + WITHDRAWN_AFTER if self.fate < 10 else None

    @property
    def expires_on(self) -> date | None:
        return (self.at + VALID).date() if 10 <= self.fate < 20 else None

    @property
    def expired_at(self) -> datetime | None:
        return self.at + VALID + timedelta(days=2) if 10 <= self.fate < 15 else None


def reference(number: int) -> str:
    """The reference of a subject."""
    return f"M-{number}"


def time_ordered(at: datetime, table: int, number: int) -> str:
    """A UUIDv7 of an instant, as text, the same for the same numbers."""
    milliseconds = f"{int(at.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7{table:03x}-8000-{number:012x}"


def consent_purposes(pack: PolicyPack) -> list[Purpose]:
    """The purposes that a person can be asked for consent to."""
    return [pack.purposes[code] for notice in pack.notices.values() for code in notice.purposes]


def given(pack: PolicyPack, size: Size) -> Iterator[Given]:
    """Every consent, in the order of their grants."""
    purposes = consent_purposes(pack)
    total = size.subjects * size.consents_each
    step = (LAST_GRANT - FIRST_GRANT) / total
    stride = next(one for one in count(int(size.subjects * 0.618) or 1) if gcd(one, size.subjects) == 1)
    for number in range(total):
        subject = 1 + number * stride % size.subjects
        purpose = purposes[(subject + number // size.subjects) % len(purposes)]
        yield Given(number, subject, purpose, FIRST_GRANT + number * step)


def subject_lines(size: Size, of: dict[str, Pattern]) -> Iterator[str]:
    """Members, of whom one in twenty has left; in a hundred subjects one member's child and one visitor."""
    for number in range(1, size.subjects + 1):
        ref, born = reference(number), f"{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}"
        match number % 100:
            case 0:
                yield of["visitor"].line % (ref, r"\N", r"\N", r"\N", "{}")
            case 1:
                yield of["family"].line % (ref, born, r"\N", r"\N", f"{{{reference(number + 1)}}}")
            case rest:
                left = "2020-01-31" if rest % 20 == 2 else r"\N"
                yield of["member"].line % (ref, born, "1995-06-01", left, "{}")


def consent_lines(pack: PolicyPack, size: Size, of: dict[str, Pattern]) -> Iterator[str]:
    """The consents as they stand after what became of them."""
    for one in given(pack, size):
        ref, withdrawn, ended = reference(one.subject), one.withdrawn_at, one.withdrawn_at or one.expired_at
        yield of[one.purpose.code].line % (
            one.id,
            ref,
            ref,
            one.at,
            withdrawn or r"\N",
            ended or r"\N",
            one.expires_on or r"\N",
            2 if ended else 1,
        )


def event_lines(pack: PolicyPack, size: Size, of: Pattern) -> Iterator[str]:
    """The grant of every consent, and its end where one was recorded."""
    for one in given(pack, size):
        ref = reference(one.subject)
        yield of.line % (time_ordered(one.at, 2, one.number), one.id, one.at, "granted", ref)
        if ended := one.withdrawn_at or one.expired_at:
            event = "withdrawn" if one.withdrawn_at else "expired"
            yield of.line % (time_ordered(ended, 3, one.number), one.id, ended, event, ref)


def subject_patterns() -> dict[str, Pattern]:
    """How subjects are written, by kind."""
    return {
        kind: pattern(
            Subject(
                subject_ref="",
                kind=kind,
                legal_capacity="full",
                language="th",
                related_to=[],
                created_at=FIRST_GRANT,
                changed_at=FIRST_GRANT,
            ),
            *("subject_ref", "born_on", "joined_on", "ended_on", "related_to"),
        )
        for kind in ("member", "family", "visitor")
    }


def consent_patterns(pack: PolicyPack) -> dict[str, Pattern]:
    """How consents are written, by purpose: explicit, to all that the purpose takes."""
    notices = {code: notice for notice in pack.notices.values() for code in notice.purposes}
    return {
        purpose.code: pattern(
            Consent(
                id=SOME_ID,
                subject_ref="",
                purpose=purpose.code,
                categories=list(purpose.categories),
                recipients=list(purpose.recipients),
                explicit=True,
                notice_version=notices[purpose.code].version,
                notice_sha256=notices[purpose.code].content_sha256,
                channel="app",
                language="th",
                given_by="",
                assurance="substantial",
                granted_at=FIRST_GRANT,
                policy=pack.sha256,
            ),
            *("id", "subject_ref", "given_by", "granted_at", "withdrawn_at", "ended_at", "expires_on", "version"),
        )
        for purpose in consent_purposes(pack)
    }


def event_pattern() -> Pattern:
    """How events are written."""
    event = ConsentEvent(id=SOME_ID, consent_id=SOME_ID, at=FIRST_GRANT, event="", channel="app", actor="")
    return pattern(event, "id", "consent_id", "at", "event", "actor")


async def fill(owner: "asyncpg.Connection[asyncpg.Record]", size: Size, *, quiet: bool = False) -> None:
    """Fill the empty tables of a migrated schema as their owner, and have the planner know them.

    Raises ValueError where subjects are registered already.
    """
    if await owner.fetchval("SELECT EXISTS (SELECT FROM subject)"):
        raise ValueError("the database has subjects already")
    pack = load_pack(PACK)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    people, consents, event = subject_patterns(), consent_patterns(pack), event_pattern()
    with Progress(*columns, console=Console(stderr=True, quiet=quiet)) as progress:
        async with without_indexes(owner, LARGE, progress):
            await copy(owner, people["member"], subject_lines(size, people), progress)
            await copy(owner, next(iter(consents.values())), consent_lines(pack, size, consents), progress)
            await copy(owner, event, event_lines(pack, size, event), progress)
            for rows, lines in circumstances.of(pack, size.subjects):
                await copy(owner, rows, lines, progress)
        for table in progress.track(TABLES, description="vacuum and analyze"):
            await owner.execute(f"VACUUM (ANALYZE) {table}")


async def main() -> None:
    """Fill the database that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.population", description=__doc__)
    parser.add_argument("--dsn", required=True, help="of the owner of a migrated, empty schema")
    parser.add_argument("--subjects", type=int, default=SUBJECTS)
    parser.add_argument("--consents-each", type=int, default=CONSENTS_EACH)
    asked = parser.parse_args()
    owner = await asyncpg.connect(asked.dsn)
    try:
        await fill(owner, Size(asked.subjects, asked.consents_each))
    finally:
        await owner.close()


if __name__ == "__main__":
    asyncio.run(main())
