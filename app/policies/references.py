"""Finds the names in a pack of which the section that must know them does not: categories, events, statutes.

Works on the pack as written, so that a name is checked even where something else around it could not be read.
"""

from collections.abc import Iterator

from app.domain.citations import statutes_of
from app.policies.yaml_source import Finding, Position, Tree

EVERY = "*"
NONE = "null"

REFERENCES: tuple[tuple[Position, str], ...] = (
    (("purposes", EVERY, "categories", EVERY), "categories"),
    (("purposes", EVERY, "recipients", EVERY), "recipients"),
    (("purposes", EVERY, "retention", EVERY), "retention_rules"),
    (("notices", EVERY, "purposes", EVERY), "purposes"),
    (("retention_rules", EVERY, "trigger"), "events"),
    (("retention_rules", EVERY, "trigger_fallback"), "events"),
    (("retention_rules", EVERY, "later_of"), "events"),
    (("retention_rules", EVERY, "hold_while", EVERY), "conditions"),
    (("retention_rules", EVERY, "members_under"), "retention_rules"),
    (("retention_rules", EVERY, "floors", EVERY, "trigger"), "events"),
    (("insurer_periods", EVERY, "trigger"), "events"),
    (("conditions", EVERY, "ground"), "grounds"),
)
"""Where a name stands, and the section that must know it."""

CITATIONS: tuple[Position, ...] = (
    ("retention_rules", EVERY, "laws", EVERY),
    ("retention_rules", EVERY, "floors", EVERY, "law"),
    ("evidence", EVERY, "law"),
    ("conditions", EVERY, "law"),
    ("bases", EVERY, "provision"),
    ("purposes", EVERY, "sensitive_exception"),
    ("purposes", EVERY, "statutory_instrument", "provision"),
    ("purposes", EVERY, "credit_bureau_duty", "provision"),
    ("grounds", EVERY, "provision"),
    ("rights", EVERY, "provision"),
    ("rights", EVERY, "direct_marketing", "provision"),
)
"""Where a law is cited."""


def dangling(tree: Tree) -> Iterator[Finding]:
    """A finding for each name that its section does not know; a section that is missing altogether is not searched."""
    for pattern, section in REFERENCES:
        known = _branches(tree).get(section)
        if not isinstance(known, dict):
            continue
        for position, name in _leaves(tree, pattern, ()):
            if name not in known and name != NONE:
                yield Finding(position, f"`{name}` is not among the {section.replace('_', ' ')}")


def uncited(tree: Tree) -> Iterator[Finding]:
    """A finding for each citation that is none, and for each statute in one that the pack's register does not know."""
    known = _branches(tree).get("statutes")
    if not isinstance(known, dict):
        return
    for pattern in CITATIONS:
        for position, citation in _leaves(tree, pattern, ()):
            if citation in ("", NONE):
                continue
            try:
                unknown = [code for code in statutes_of(citation) if code not in known]
            except ValueError as error:
                yield Finding(position, str(error))
            else:
                yield from (Finding(position, f"`{code}` is not among the statutes") for code in unknown)


def _branches(tree: Tree) -> dict[str, Tree]:
    if isinstance(tree, str):
        return {}
    return tree if isinstance(tree, dict) else {str(index): item for index, item in enumerate(tree)}


def _leaves(tree: Tree, pattern: Position, position: Position) -> Iterator[tuple[Position, str]]:
    if not pattern:
        if isinstance(tree, str):
            yield position, tree
        return
    for key, below in _branches(tree).items():
        if pattern[0] in (EVERY, key):
            yield from _leaves(below, pattern[1:], (*position, key))
