"""What is due and not set aside, and what is.

What is set aside is passed over by every look at what is due. The condition is a set that is built when the first row is
compared with it: the index that finds what is due stays the way to it, and where nothing is due it costs nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, String, cast, inspect, literal_column, text
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import SQLModel, func, select

from app.core.work import Work

Row = TypeVar("Row", bound=SQLModel)
At = TypeVar("At", date, datetime)
ASIDE = "(SELECT object_id FROM set_aside WHERE kind = :kind AND until > now())"
NOTE = """
INSERT INTO set_aside AS known (kind, object_id, since, failures, until, reason)
SELECT $1::text, $2::text, now(), 1, now() + $4::interval, $3::text
WHERE EXISTS (SELECT FROM set_aside WHERE kind = $1 AND object_id = $2)
   OR (SELECT count(*) FROM set_aside WHERE kind = $1 AND since > now() - interval '1 minute') < $6
ON CONFLICT (kind, object_id) DO UPDATE SET failures = known.failures + 1, reason = excluded.reason,
    until = now() + least($4::interval * 2 ^ least(known.failures, 20), $5::interval)
RETURNING failures
"""
KNOWN = "SELECT object_id FROM set_aside WHERE kind = $1 AND object_id = ANY($2)"
END = "DELETE FROM set_aside WHERE kind = $1 AND object_id = $2"
FORGET = "DELETE FROM set_aside WHERE until <= now() - $1::interval OR until > now() + $2::interval"
COUNT = "SELECT kind, count(*) AS count FROM set_aside WHERE until > now() - $1::interval GROUP BY kind"


@cache
def is_sound(kind: str, table: type[SQLModel]) -> ColumnElement[bool]:
    """Whether a row is not set aside for this kind."""
    key = inspect(table).primary_key
    named = cast(key[0], String) if len(key) == 1 else func.concat_ws(literal_column("'/'"), *key)
    return named.op("NOT IN", is_comparison=True)(text(ASIDE).bindparams(kind=kind))


async def take(
    work: Work,
    kind: str,
    table: type[Row],
    due: Sequence[ColumnElement[bool]],
    *,
    order: Sequence[SQLCoreOperations[Any]],
    limit: int,
    wait: bool,
) -> Sequence[Row]:
    """Rows that are due and not set aside, locked and in hand from now on; without `wait` past those that others hold.

    What has failed before is taken alone, so that nothing else fails with it.
    """
    statement = (
        select(table)
        .where(*due, is_sound(kind, table))
        .order_by(*order)
        .limit(work.in_hand.room(limit))
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    )
    rows = (await work.session.exec(statement)).all()
    if len(rows) > 1:
        known = await _known(work, kind, rows)
        sound = [*takewhile(lambda row: str(_key(row)) not in known, rows)]
        rows = sound or rows[:1]
    work.in_hand.take(kind, *(_key(row) for row in rows))
    return rows


async def _known(work: Work, kind: str, rows: Sequence[SQLModel]) -> Collection[str]:
    """The keys of those that have failed before."""
    keys = [str(_key(row)) for row in rows]
    return {row["object_id"] for row in await (await work.driver()).fetch(KNOWN, kind, keys)}


def _key(row: SQLModel) -> object:
    key = inspect(type(row)).primary_key_from_instance(row)
    return key[0] if len(key) == 1 else "/".join(map(str, key))


async def first(
    work: Work, kind: str, table: type[SQLModel], at: Mapped[At] | Mapped[At | None], *waiting: ColumnElement[bool]
) -> At | None:
    """When the first of the rows that are `waiting` and not set aside is due, or has been; None: none waits."""
    statement = select(func.min(at)).where(*waiting, is_sound(kind, table))
    return (await work.session.exec(statement)).one()


async def note(
    work: Work, kind: str, key: object, reason: str, pauses: tuple[timedelta, timedelta], most: int
) -> int | None:
    """Set something aside, for longer after each failure; tells how often it has failed.

    `pauses`: the first and the longest. None: that would be more than `most` of a kind that begin to fail in a minute.
    """
    driver = await work.driver()
    failures: int | None = await driver.fetchval(NOTE, kind, str(key), reason, *pauses, most)
    return failures


async def end(work: Work, kind: str, key: object) -> None:
    """Set something aside no longer: somebody asks for it."""
    await (await work.driver()).execute(END, kind, str(key))


async def forget(work: Work, after: timedelta, longest: timedelta) -> None:
    """Drop what could be tried again so long ago, and was not seen to fail since.

    What would be left alone for longer than the `longest` pause was set aside while the database's clock was ahead.
    """
    await (await work.driver()).execute(FORGET, after, longest)


async def count(work: Work, after: timedelta) -> Mapping[str, int]:
    """How much is set aside of each kind, or was until so long ago."""
    return {row["kind"]: row["count"] for row in await (await work.driver()).fetch(COUNT, after)}
