"""Finds the names in a pack of which the section that must know them does not: categories, rules, events, grounds.

Works on the pack as written, so that a name is checked even where something else around it could not be read.
"""

from collections.abc import Iterator

from app.policies.yaml_source import Finding, Position, Tree

FLOOR_TRIGGERS = frozenset({"account_closed_or_relationship_ended", "registrar_defined"})
"""Starts of a statutory floor that retention works out from more than one event (DOMAIN, Retention 2)."""

INSURER_TRIGGER = frozenset({"insurer_defined"})
"""The start that each insurer sets for itself (LAW T-20)."""

EVERY = "*"

REFERENCES: tuple[tuple[Position, str, frozenset[str]], ...] = (
    (("purposes", EVERY, "bases", EVERY), "bases", frozenset()),
    (("purposes", EVERY, "categories", EVERY), "categories", frozenset()),
    (("purposes", EVERY, "recipients", EVERY), "recipients", frozenset()),
    (("purposes", EVERY, "retention", EVERY), "retention_rules", frozenset()),
    (("notices", EVERY, "purposes", EVERY), "purposes", frozenset()),
    (("retention_rules", EVERY, "trigger"), "events", INSURER_TRIGGER),
    (("retention_rules", EVERY, "trigger_fallback"), "events", frozenset()),
    (("retention_rules", EVERY, "later_of"), "events", frozenset()),
    (("retention_rules", EVERY, "hold_while", EVERY), "conditions", frozenset()),
    (("retention_rules", EVERY, "floors", EVERY, "trigger"), "events", FLOOR_TRIGGERS),
    (("insurer_periods", EVERY, "trigger"), "events", frozenset()),
    (("conditions", EVERY, "ground"), "grounds", frozenset()),
)
"""Where a name stands, the section that must know it, and the names that are good without one."""


def dangling(tree: Tree) -> Iterator[Finding]:
    """A finding for each name that its section does not know; a section that is missing altogether is not searched."""
    for pattern, section, known_besides in REFERENCES:
        known = _branches(tree).get(section)
        if not isinstance(known, dict):
            continue
        for position, name in _leaves(tree, pattern, ()):
            if name not in known and name not in known_besides:
                yield Finding(position, f"`{name}` is not among the {section.replace('_', ' ')}")


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
