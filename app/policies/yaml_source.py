"""Gathers the YAML files of a pack's folder into one document, and remembers the file and line of everything in it.

A pack is one mapping, split over files so that each reads well: two files may add to the same section, and to the same
entry of it. What all packs share stands in parts that a pack includes by name. Scalars stay text (what `no` or `08:30`
means depends on who asks for it), and aliases are refused: each value stands where it applies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

SHARED = Path(__file__).parent / "common"
"""Where the parts lie that packs may include: a file or a folder each."""
INCLUDE = "include"

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
Position: TypeAlias = tuple[str, ...]
"""Where in the document something stands: the keys that lead to it, list items by their index."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a position of the document."""

    position: Position
    message: str


@dataclass(frozen=True, slots=True, order=True)
class PackProblem:
    """Something wrong in a pack, and where: the file is named as seen from the pack's folder."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass
class Document:
    """A pack as it is written, and the place of each of its parts."""

    tree: dict[str, Tree] = field(default_factory=dict)
    places: dict[Position, tuple[str, int]] = field(default_factory=lambda: {(): ("pack.yaml", 1)})
    problems: list[PackProblem] = field(default_factory=list)
    whole: bool = True
    """False when a file could not be read: then what is missing in the document says nothing."""

    def problem(self, finding: Finding) -> PackProblem:
        """The finding with its file and line; what is missing is placed where it ought to stand."""
        position = finding.position
        while position not in self.places:
            position = position[:-1]
        return PackProblem(*self.places[position], finding.message)


def read_document(folder: Path) -> Document:
    """All files of the folder and its subfolders, and the parts it includes, as one document.

    What can't be read is among its problems. Which files a part came from is no part of the document.
    """
    document = Document()
    _read_files(document, folder, folder)
    known = {path.stem: path for path in SHARED.iterdir()}
    parts = document.tree.pop(INCLUDE, [])
    for index, part in enumerate(parts if isinstance(parts, list) else [parts]):
        if isinstance(part, str) and part in known:
            _read_files(document, known[part], SHARED.parent)
        else:
            at = Finding((INCLUDE, str(index)), f"`{part}` is none of the shared parts: {', '.join(sorted(known))}")
            document.problems.append(document.problem(at))
            document.whole = False
    return document


def _read_files(document: Document, at: Path, named_from: Path) -> None:
    """A file, or all files of a folder and its subfolders."""
    for path in sorted(at.rglob("*.y*ml")) if at.is_dir() else [at]:
        name = path.relative_to(named_from).as_posix()
        if path.suffix != ".yaml":
            document.problems.append(PackProblem(name, 1, "is not read: the name must end in .yaml"))
            document.whole = False
            continue
        _File(name, document).read(path.read_bytes())


class _Loader(yaml.BaseLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise yaml.MarkedYAMLError(problem="aliases are not allowed in a pack", problem_mark=mark)
        return super().compose_node(parent, index)


class _File:
    """One file on its way into the document."""

    def __init__(self, name: str, document: Document) -> None:
        self.name = name
        self.document = document

    def read(self, content: bytes) -> None:
        try:
            node = yaml.compose(content.decode(), Loader=_Loader)
        except UnicodeDecodeError as error:
            self._give_up(content[: error.start].count(b"\n"), "is not UTF-8")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._give_up(mark.line if mark else 0, f"is not YAML: {error.problem}")
        except yaml.YAMLError as error:
            self._give_up(0, f"is not YAML: {error}".splitlines()[0])
        else:
            if isinstance(node, yaml.MappingNode):
                self._fill(self.document.tree, node, ())
            else:
                self._give_up(0, "a pack's file holds keys and values")

    def _give_up(self, line: int, message: str) -> None:
        self.document.whole = False
        self._complain(line, message)

    def _fill(self, target: dict[str, Tree], node: yaml.MappingNode, position: Position) -> None:
        for key, value, line in self._entries(node):
            here = (*position, key)
            present = target.get(key)
            if present is None:
                self.document.places[here] = (self.name, line + 1)
                target[key] = self._value(value, here)
                continue
            file, first = self.document.places[here]
            if file != self.name and isinstance(present, dict) and isinstance(value, yaml.MappingNode):
                self._fill(present, value, here)
            else:
                self._complain(line, f"`{key}` stands twice, first at {file}:{first}")

    def _entries(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, int]]:
        for key, value in node.value:
            line = key.start_mark.line
            if isinstance(key, yaml.ScalarNode):
                yield key.value, value, line
            else:
                self._complain(line, "a key must be a word")

    def _value(self, node: yaml.Node, position: Position) -> Tree:
        if isinstance(node, yaml.MappingNode):
            entries: dict[str, Tree] = {}
            self._fill(entries, node, position)
            return entries
        if isinstance(node, yaml.SequenceNode):
            items: list[Tree] = []
            for index, item in enumerate(node.value):
                here = (*position, str(index))
                self.document.places[here] = (self.name, item.start_mark.line + 1)
                items.append(self._value(item, here))
            return items
        return str(node.value)

    def _complain(self, line: int, message: str) -> None:
        self.document.problems.append(PackProblem(self.name, line + 1, message))
