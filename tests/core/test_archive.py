"""An archive is written forwards only, and any reader of ZIP files opens it."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest

from app.core.archive import Archive

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def made(at: datetime = NOON, size: int = 64) -> bytes:
    archive = Archive(at)
    taken = []
    for name, content in (("data.json", b"[1]" * 5000), ("empty", b""), ("large", b"x")):
        archive.start(name, large=name == "large")
        for at_byte in range(0, len(content), 100):
            archive.write(content[at_byte : at_byte + 100])
            taken += archive.take(size)
        archive.end()
    archive.close()
    taken += archive.take(size, rest=True)
    assert {len(piece) for piece in taken[:-1]} <= {size}
    assert archive.members[0].sha256 == hashlib.sha256(b"[1]" * 5000).hexdigest()
    return b"".join(taken)


def test_it_holds_what_was_written() -> None:
    found = zipfile.ZipFile(io.BytesIO(made()))
    assert found.testzip() is None
    assert {name: found.read(name) for name in found.namelist()} == {
        "data.json": b"[1]" * 5000,
        "empty": b"",
        "large": b"x",
    }


def test_the_same_content_at_the_same_time_is_the_same_to_the_byte() -> None:
    assert made() == made(size=7)
    assert made() != made(datetime(2026, 5, 1, 13, tzinfo=UTC))


@pytest.mark.parametrize(("year", "stamped"), [(1970, 1980), (2026, 2026), (2200, 2107)])
def test_a_year_that_the_format_lacks_is_the_nearest_that_it_has(year: int, stamped: int) -> None:
    found = zipfile.ZipFile(io.BytesIO(made(NOON.replace(year=year))))
    assert {info.date_time[0] for info in found.infolist()} == {stamped}
