"""A copy of the shipped pack that a test may break."""

import shutil
from pathlib import Path

from app.domain.policy import PolicyPack
from app.policies.loader import SHIPPED, PackInvalid, PackProblem, load_pack

CHANTHABURI = SHIPPED / "chanthaburi_teachers"


class PackCopy:
    """The pack of Chanthaburi teachers in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(CHANTHABURI, folder, dirs_exist_ok=True)

    def edit(self, file: str, old: str, new: str) -> None:
        """Puts `new` in the place of `old`, which must occur exactly once: a test edits what it means to."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def write(self, file: str, content: str | bytes) -> None:
        """A file of the pack, new or replaced."""
        (self.folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    def line_of(self, file: str, text: str) -> int:
        """The number of the one line that holds `text`."""
        lines = (self.folder / file).read_text().splitlines()
        (number,) = (number for number, line in enumerate(lines, start=1) if text in line)
        return number

    def load(self) -> PolicyPack:
        return load_pack(str(self.folder))

    def problems(self) -> list[PackProblem]:
        """What the loader says against the pack; none when it loads."""
        try:
            self.load()
        except PackInvalid as invalid:
            return invalid.problems
        return []
