"""A copy of a shipped pack that a test may break."""

import shutil
from pathlib import Path

from app.domain.policy import PolicyPack
from app.policies.loader import SHIPPED, PackInvalid, PackProblem, load_pack
from app.policies.yaml_source import SHARED

CHANTHABURI = SHIPPED / "chanthaburi_teachers"
OFFICIALS = SHIPPED / "cooperative_officials"


class PackCopy:
    """A shipped pack in a folder of its own, the parts that it includes in `common` beside its own.

    `entry` narrows an edit or a search to the lines of one code, such as `account_opening`, its own line included.
    """

    def __init__(self, folder: Path, shipped: Path = CHANTHABURI) -> None:
        self.folder = folder
        shutil.copytree(shipped, folder, dirs_exist_ok=True)
        shutil.copytree(SHARED, folder / SHARED.name)
        lines = (folder / "pack.yaml").read_text().splitlines(keepends=True)
        self.write("pack.yaml", "".join(line for line in lines if not line.startswith("include:")))

    def edit(self, file: str, old: str, new: str, entry: str = "") -> None:
        """Puts `new` in the place of `old`, which must occur exactly once: a test edits what it means to."""
        lines = (self.folder / file).read_text().splitlines(keepends=True)
        first, last = self._block(lines, entry)
        text = "".join(lines[first:last])
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file} {entry}"
        self.write(file, "".join(lines[:first]) + text.replace(old, new) + "".join(lines[last:]))

    def write(self, file: str, content: str | bytes) -> None:
        """A file of the pack, new or replaced."""
        (self.folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    def line_of(self, file: str, text: str, entry: str = "") -> int:
        """The number of the first line that holds `text`."""
        lines = (self.folder / file).read_text().splitlines()
        first, last = self._block(lines, entry)
        return next(number for number in range(first + 1, last + 1) if text in lines[number - 1])

    def load(self) -> PolicyPack:
        return load_pack(str(self.folder))

    def problems(self) -> list[PackProblem]:
        """What the loader says against the pack; none when it loads."""
        try:
            self.load()
        except PackInvalid as invalid:
            return invalid.problems
        return []

    @staticmethod
    def _block(lines: list[str], entry: str) -> tuple[int, int]:
        if not entry:
            return 0, len(lines)
        (first,) = (index for index, line in enumerate(lines) if line.strip() == f"{entry}:")
        indent = len(lines[first]) - len(lines[first].lstrip())
        rest = range(first + 1, len(lines))
        ends = (at for at in rest if lines[at].strip() and len(lines[at]) - len(lines[at].lstrip()) <= indent)
        return first, next(ends, len(lines))
