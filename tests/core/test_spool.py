"""A spooled body is read again as it was written, and nobody else can read it."""

from pathlib import Path

import pytest

from app.core.sealing import SealBroken
from app.core.spool import BLOCK, Spool

SECRET = b"32450 baht "


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
@pytest.mark.parametrize("piece", [BLOCK // 3, 5 * BLOCK])
def test_it_is_read_as_it_was_written_as_often_as_wanted(tmp_path: Path, size: int, piece: int) -> None:
    content = (SECRET * (size // len(SECRET) + 1))[:size]
    spool = Spool(tmp_path)
    for at in range(0, size, piece):
        spool.write(content[at : at + piece])
    spool.flush()
    assert (spool.size, spool.block_count) == (size, -(-size // BLOCK))
    assert b"".join(spool.blocks()) == b"".join(spool.blocks()) == content
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_what_lies_on_the_disk_is_neither_readable_nor_changeable(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(SECRET * 1000)
    spool.flush()
    raw = spool._file
    raw.seek(0)
    assert SECRET not in raw.read()
    raw.seek(40)
    raw.write(b"\0")
    with pytest.raises(SealBroken):
        list(spool.blocks())
    spool.close()
