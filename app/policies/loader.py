"""Loads a policy pack, whole or not at all: a broken pack stops the start with every fault named by file and line."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.policy import PolicyPack
from app.policies.checks import contradictions
from app.policies.credit_bureau import resolved
from app.policies.overlay import Entry, overlaid
from app.policies.reading import Reading, canonical_json, digest
from app.policies.references import dangling, uncited
from app.policies.unconfirmed import unconfirmed
from app.policies.yaml_source import Document, PackProblem, read_document

__all__ = ["PackInvalid", "PackProblem", "available_packs", "load_pack", "restore_pack"]

SHIPPED = Path(__file__).parent


class PackInvalid(Exception):
    """A pack that can't be put in force; its text is one line per problem, `file:line: message`."""

    def __init__(self, problems: Sequence[PackProblem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def available_packs() -> list[str]:
    """The names of the packs that ship with the service."""
    return sorted(path.parent.name.replace("_", "-") for path in SHIPPED.glob("*/pack.yaml"))


def load_pack(name_or_folder: str) -> PolicyPack:
    """The pack of that name, or that lies in that folder. Raises PackInvalid with all problems that could be found."""
    shipped = available_packs()
    folder = SHIPPED / name_or_folder.replace("-", "_") if name_or_folder in shipped else Path(name_or_folder)
    if not folder.is_dir():
        message = f"is neither a folder nor a shipped pack ({', '.join(shipped)})"
        raise PackInvalid([PackProblem(name_or_folder, 0, message)])
    return _pack(read_document(folder))


def restore_pack(canonical: str) -> PolicyPack:
    """The pack, overlaid or not, whose `canonical` text this is, to decide again as it was decided under it.

    Raises PackInvalid.
    """
    tree = json.loads(canonical)
    if "overlay" not in tree:
        return _pack(Document(tree))
    base = _pack(Document(tree["pack"]))
    try:
        return overlaid(base, [Entry.read(entry) for entry in tree["overlay"]])
    except (KeyError, TypeError, ValueError) as error:
        raise PackInvalid([PackProblem("overlay", 0, f"can't be read: {error}")]) from error


def _pack(document: Document) -> PolicyPack:
    if not document.whole:
        raise PackInvalid(sorted(document.problems))
    derived = {
        "sha256": digest(document.tree),
        "canonical": canonical_json(document.tree),
        "warnings": (),
        "announced_days": {},
        "overlay_entries": 0,
    }
    reading = Reading()
    pack: PolicyPack = reading.record(PolicyPack, document.tree, (), derived)
    findings = [*reading.findings, *dangling(document.tree), *uncited(document.tree)]
    unread = frozenset(finding.position[0] for finding in findings)
    findings.extend(contradictions(pack, unread))
    problems = {*document.problems, *map(document.problem, findings)}
    if problems:
        raise PackInvalid(sorted(problems))
    return replace(resolved(pack), warnings=tuple(unconfirmed(pack)))
