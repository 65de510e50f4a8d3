"""The readable part of a package, as its template takes it: each record with what it is for, and values if they are small."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.core.clock import today_in_bangkok
from app.documents import package_words
from app.documents.package_words import Words, words
from app.domain.access import Holding
from app.domain.calendar import english_date, thai_date
from app.domain.policy import Bilingual, PolicyPack
from app.services.package_contents import Contents

MOST_RECORDS = 500
"""So many records are told at length; the others in the data alone."""
MOST_VALUES = 40
LONGEST_VALUE = 500
ROOM = 256 * 1024
"""Values of so many characters are shown at most, over all records."""


class Values:
    """Values of records that are small enough to be shown, as they come by."""

    def __init__(self) -> None:
        self._shown: dict[str, list[list[str]]] = {}
        self._room = ROOM

    def note(self, record_ref: str, fields: Mapping[str, Any]) -> None:
        """Show these fields of a record, if there is room."""
        rows = [[name, _text(value)] for name, value in fields.items()] if len(fields) <= MOST_VALUES else []
        size = sum(len(name) + len(value) for name, value in rows)
        if rows and size <= self._room and all(len(value) <= LONGEST_VALUE for _, value in rows):
            self._shown[record_ref] = rows
            self._room -= size

    def of(self, record_ref: str) -> list[list[str]]:
        """What is shown of a record."""
        return self._shown.get(record_ref, [])


def content(pack: PolicyPack, contents: Contents, values: Values) -> dict[str, Any]:
    """All that the template says."""
    kind, day = contents.request.kind, today_in_bangkok(contents.made_at)
    delivered = {ref for source in contents.sources for ref in source.record_refs}
    told = contents.holdings[:MOST_RECORDS]
    return {
        "title": package_words.TITLES[kind],
        "reference": contents.request.reference,
        "made_on": words(thai_date(day), english_date(day)),
        "controller": contents.controller["name"],
        "introduction": package_words.INTRODUCTIONS[kind],
        "words": package_words.HEADINGS,
        "records": [
            _record(
                pack,
                one,
                values.of(one.record_ref),
                elsewhere=one.record_ref in delivered,
                missing=one.record_ref in contents.missing,
                with_source=contents.request.scope.get("include_sources", True),
            )
            for one in told
        ],
        "more_records": len(contents.holdings) - len(told),
        "left_out": [
            {"ref": item.ref, "label": item.label, "reason": _ground(pack, item.ground)} for item in contents.left_out
        ],
        "own": _own(pack, contents.own) if contents.own is not None else [],
        "rights": [_words(rule.label) for rule in pack.rights.values()],
        "complaint": package_words.COMPLAINT,
    }


def _record(
    pack: PolicyPack,
    holding: Holding,
    shown: Sequence[Sequence[str]],
    *,
    elsewhere: bool,
    missing: bool,
    with_source: bool,
) -> dict[str, Any]:
    facts = {
        "categories": _labels(pack.categories, holding.categories),
        "source": [_source(pack, holding)] if with_source else [],
        "purposes": _labels(pack.purposes, holding.purposes),
        "recipients": _labels(pack.recipients, holding.recipients) or [package_words.NO_RECIPIENTS],
        "retention": _retention(holding),
        "third_persons": [package_words.REDACTED] if holding.third_persons else [],
        "missing": [package_words.NOT_DELIVERED] if missing else [],
    }
    return {
        "ref": holding.record_ref,
        "label": _words(holding.label),
        "facts": [{"name": package_words.FACTS[name], "texts": texts} for name, texts in facts.items() if texts],
        "values": shown,
        "elsewhere": elsewhere and not shown,
    }


def _source(pack: PolicyPack, holding: Holding) -> Words:
    if holding.source is not None:
        return next(iter(_labels(pack.sources, [holding.source])))
    return package_words.BY_YOU if holding.provided_by_subject else package_words.NOT_RECORDED


def _retention(holding: Holding) -> list[Words]:
    kept, until = holding.retention, holding.retention.until
    last_day = [words(f"เก็บถึงวันที่ {thai_date(until)}", f"Kept until {english_date(until)}")] if until else []
    return [*last_day, *(_words(reason.text) for reason in kept.because)]


def _ground(pack: PolicyPack, code: str | None) -> Words:
    ground = pack.grounds.get(code or "")
    return _words(ground.general_text) if ground else words(code or "-", code or "-")


def _labels(known: Mapping[Any, Any], codes: Iterable[str]) -> list[Words]:
    return [_words(known[code].label) if code in known else words(code, code) for code in codes]


def _words(text: Bilingual) -> Words:
    return words(text.th, text.en)


def _own(pack: PolicyPack, own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the service itself holds, one table for each kind of it; the data has it at length."""
    rows = {
        "person": [
            [_both(package_words.PERSON[name]), _text(value)]
            for name, value in own["person"].items()
            if value not in (None, [])
        ],
        "consents": [[_title(pack.purposes, one["purpose"]), _history(one)] for one in own["consents"]],
        "requests": [[f"{one['reference']} · {one['received_on']}", _answer(pack, one)] for one in own["requests"]],
        "notices_shown": [[one["version"], one["acknowledged_at"]] for one in own["notices_shown"]],
        "representatives": [
            [one["representative_ref"], _line(one, "relation", "valid_from", "valid_until")]
            for one in own["representatives"]
        ],
        "disclosures": [
            [_title(pack.recipients, one["recipient"]), f"{_title(pack.purposes, one['purpose'])}: {_between(one)}"]
            for one in own["disclosures"]
        ],
    }
    return [{"name": package_words.SECTIONS[name], "rows": some[:MOST_RECORDS]} for name, some in rows.items() if some]


def _title(known: Mapping[Any, Any], code: str) -> str:
    return _both(next(iter(_labels(known, [code]))))


def _both(text: Words) -> str:
    return f"{text['th']} / {text['en']}"


def _answer(pack: PolicyPack, request: Mapping[str, Any]) -> str:
    outcome = package_words.OUTCOMES.get(request["outcome"], package_words.UNDECIDED)
    return f"{_title(pack.rights, request['kind'])}: {_both(outcome)}"


def _history(consent: Mapping[str, Any]) -> str:
    return "; ".join(f"{event['event']} {event['at'][:10]}" for event in consent["history"])


def _between(told: Mapping[str, Any]) -> str:
    first, last = told["first_at"][:10], told["last_at"][:10]
    return first if first == last else f"{first} - {last}"


def _line(row: Mapping[str, Any], *names: str) -> str:
    return " · ".join(str(row[name]) for name in names if row[name] is not None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
