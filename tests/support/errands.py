"""A job of the tests: errands whose act is a line in a file, for the real loop, in this process or in a worker's."""

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col

from app.core.work import Work
from app.models.errand import Errand
from app.repositories import errands
from app.workers import loop
from app.workers.loop import Job

LEASE = timedelta(seconds=1)
TABLES = """
CREATE TABLE IF NOT EXISTS toy (
    id int PRIMARY KEY, done boolean NOT NULL DEFAULT false, seconds float NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(), lease_until timestamptz, fence int NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS toy_settled (id int NOT NULL, fence int NOT NULL, pid int NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON toy, toy_settled TO sitthi_service;
"""


class Apart(SQLModel, registry=registry()):
    """Not among the tables of the service."""


class Toy(Apart, Errand, table=True):
    """An errand whose act takes so many seconds."""

    __tablename__ = "toy"

    id: int = Field(primary_key=True)
    done: bool = False
    seconds: float = 0


@dataclass(frozen=True)
class Line:
    """What a worker wrote down: `began`, `acted`, or `refused` (the row was somebody else's by then)."""

    word: str
    id: int
    fence: int
    pid: int


class Book:
    """The file, which all workers append to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def write(self, word: str, toy: Toy) -> None:
        with self.path.open("a") as file:
            file.write(f"{word} {toy.id} {toy.fence} {os.getpid()}\n")

    def lines(self, word: str) -> list[Line]:
        rows = [line.split() for line in self.path.read_text().splitlines()]
        return [Line(row[0], *map(int, row[1:])) for row in rows if row[0] == word]


def job(book: Book) -> Job:
    """Claims the next errand, acts, settles it."""

    async def claim(work: Work) -> Toy | None:
        waiting = col(Toy.done).is_(False)
        return next(iter(await errands.claim(work, Toy, waiting, limit=1, lease=LEASE)), None)

    async def act(toy: Toy) -> None:
        book.write("began", toy)
        await asyncio.sleep(toy.seconds)
        book.write("acted", toy)

    async def settle(work: Work, toy: Toy, _: None) -> None:
        row = await errands.lock_held(work, Toy, col(Toy.id) == toy.id, toy.fence)
        if row is None:
            return book.write("refused", toy)
        row.done = True
        driver = await work.driver()
        await driver.execute("INSERT INTO toy_settled VALUES ($1, $2, $3)", toy.id, toy.fence, os.getpid())
        return None

    return loop.errands("toy", claim, act, settle)
