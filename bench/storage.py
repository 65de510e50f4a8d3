"""Where the population lies: in a directory that is kept between runs, or in a scratch on disk that is removed after one."""

import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from app import migrations
from app.core.embedded import Running, start_embedded
from app.migrations.upgrade import migrate
from app.policies.loader import load_pack
from bench.population import CONSENTS_EACH, PACK, SUBJECTS, Size, fill

KEPT = "SITTHI_BENCH_DATA"
HOW_MANY = "SITTHI_BENCH_SUBJECTS"
MARK = "population.json"


@contextmanager
def home() -> Iterator[Path]:
    """The directory that `SITTHI_BENCH_DATA` names, or a scratch in /var/tmp: a disk, where /tmp may be memory."""
    if kept := os.environ.get(KEPT):
        yield Path(kept).absolute()
        return
    with scratch() as place:
        yield place


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory on disk, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sitthi-bench-", dir="/var/tmp", ignore_cleanup_errors=True) as place:
        yield Path(place)


def size() -> Size:
    """The full population, or as many subjects as `SITTHI_BENCH_SUBJECTS` says."""
    return Size(int(os.environ.get(HOW_MANY) or SUBJECTS), CONSENTS_EACH)


@asynccontextmanager
async def populated(place: Path, wanted: Size) -> AsyncIterator[Running]:
    """An embedded PostgreSQL in a directory, holding the population; filled at first use.

    Raises ValueError where it holds another one, or one of another schema: nothing is removed that somebody kept.
    """
    with start_embedded(place) as server:
        mark, told = place / MARK, _told(wanted)
        if not mark.exists():
            await migrate(server.dsn_owner, "sitthi_service")
            owner = await asyncpg.connect(server.dsn_owner)
            try:
                await fill(owner, wanted)
            finally:
                await owner.close()
            mark.write_text(told, encoding="utf-8")
        if mark.read_text(encoding="utf-8") != told:
            raise ValueError(
                f"{place} holds another population or schema; remove it, or set {KEPT} to another directory"
            )
        yield server


def _told(wanted: Size) -> str:
    """What decides whether a population can be used again: its size, the schema, and the pack that its codes are from."""
    versions = sorted((Path(migrations.__file__).parent / "versions").glob("*.py"))
    schema = hashlib.sha256(b"".join(path.read_bytes() for path in versions)).hexdigest()
    pack = sorted(load_pack(PACK).purposes)
    return json.dumps(
        {"subjects": wanted.subjects, "consents_each": wanted.consents_each, "schema": schema, "purposes": pack}
    )
