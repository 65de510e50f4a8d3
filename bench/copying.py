"""Rows in bulk: COPY, with the tables' indexes and foreign keys set aside meanwhile, all in one transaction."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

import asyncpg
from rich.progress import Progress
from sqlmodel import SQLModel

CHUNK = 10_000
_INDEXES = """
SELECT format('DROP INDEX %s', i.indexrelid::regclass) AS drop, pg_get_indexdef(i.indexrelid) AS make
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
WHERE i.indrelid = ANY ($1::text[]::regclass[]) AND c.oid IS NULL
"""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
FROM pg_constraint WHERE conrelid = ANY ($1::text[]::regclass[]) AND contype = 'f'
"""


@dataclass(frozen=True)
class Pattern:
    """How a row of a table is written for COPY: `line % values`, the values of the columns that vary, as text."""

    table: str
    columns: tuple[str, ...]
    line: str


def pattern(row: SQLModel, *varying: str) -> Pattern:
    """Every column as in this row, but for some that vary, named in the order of the table."""
    values = {name: getattr(row, name) for name in type(row).model_fields}
    if [name for name in values if name in varying] != list(varying):
        raise ValueError(f"not columns of {type(row).__name__} in its order: {varying}")
    cells = ["%s" if name in varying else as_text(value).replace("%", "%%") for name, value in values.items()]
    return Pattern(str(type(row).__tablename__), tuple(values), "\t".join(cells) + "\n")


def as_text(value: object) -> str:
    """A value in the text format of COPY; codes, references, numbers and instants, nothing that needs escaping."""
    match value:
        case None:
            return r"\N"
        case bool():
            return "t" if value else "f"
        case list():
            return "{" + ",".join(str(one) for one in value) + "}"
        case dict():
            return json.dumps(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


async def copy(
    owner: "asyncpg.Connection[asyncpg.Record]", rows: Pattern, lines: Iterable[str], progress: Progress
) -> None:
    """COPY some lines into a table, by which `progress` advances."""
    task = progress.add_task(rows.table, total=None)
    source = iter(lines)

    async def chunks() -> AsyncIterator[bytes]:
        while chunk := list(islice(source, CHUNK)):
            yield "".join(chunk).encode()
            progress.advance(task, len(chunk))

    await owner.copy_to_table(rows.table, source=chunks(), columns=rows.columns, format="text")
    done = progress.tasks[task].completed
    progress.update(task, total=done, completed=done)


@asynccontextmanager
async def without_indexes(
    owner: "asyncpg.Connection[asyncpg.Record]", tables: Sequence[str], progress: Progress
) -> AsyncIterator[None]:
    """A transaction in which these tables have their primary keys and unique constraints only; made whole at its end."""
    async with owner.transaction():
        await owner.execute("SET LOCAL maintenance_work_mem = '512MB'")
        aside = [*await owner.fetch(_FOREIGN_KEYS, tables), *await owner.fetch(_INDEXES, tables)]
        for one in aside:
            await owner.execute(one["drop"])
        yield
        for one in progress.track(aside[::-1], description="indexes and foreign keys"):
            await owner.execute(one["make"])
