"""How a citation of the law is written: short, such as `AMLA s.22(2)`, and as Thai lawyers write it.

A short citation is a list of parts. Each names a statute and a section of it, a further section of the statute before
it, or a clause of the policy: `PDPA s.33 ¶2, s.24(1), policy clause 12`.
"""

import re
from collections.abc import Mapping

from app.domain.catalogue import Statute

_PART = re.compile(r"(?:(?P<statute>\S.*?) )?s\.(?P<section>[0-9].*)|policy clause (?P<clause>\S+)")
_THAI = {
    " bis": " ทวิ",
    " ter": " ตรี",
    " ¶1": " วรรคหนึ่ง",
    " ¶2": " วรรคสอง",
    " ¶3": " วรรคสาม",
    "(a)": "(ก)",
    "(b)": "(ข)",
}


def statutes_of(citation: str) -> tuple[str, ...]:
    """The codes of the statutes that it names. Raises `ValueError` where it is no short citation."""
    found: list[str] = []
    for text in citation.split(", "):
        part = _PART.fullmatch(text)
        if part is None or not (part["statute"] or part["clause"] or found):
            raise ValueError(f"`{text}` is not a citation like `AMLA s.22(2)`")
        if part["statute"]:
            found.append(part["statute"])
    return tuple(found)


def thai_citation(citation: str, statutes: Mapping[str, Statute]) -> str:
    """The citation in Thai; as it stands where it is no short one, or names a statute that nobody registered."""
    if not _is_known(citation, statutes):
        return citation
    *parts, last = [_thai_part(text, statutes) for text in citation.split(", ")]
    if not parts:
        return last
    return f"{' '.join(parts)} และ{last}" if last.startswith("มาตรา") else f"{' '.join(parts)} และ {last}"


def _is_known(citation: str, statutes: Mapping[str, Statute]) -> bool:
    """Whether it is a short citation of registered statutes."""
    try:
        return all(code in statutes for code in statutes_of(citation))
    except ValueError:
        return False


def english_citation(citation: str, statutes: Mapping[str, Statute]) -> str:
    """The citation in English, its statutes by their names; as it stands where `thai_citation` leaves it so too."""
    if not _is_known(citation, statutes):
        return citation
    return ", ".join(_english_part(text, statutes) for text in citation.split(", "))


def _english_part(text: str, statutes: Mapping[str, Statute]) -> str:
    part = _PART.fullmatch(text)
    if part is None or part["clause"]:
        return text
    section = part["section"].replace(" ¶", " paragraph ")
    return f"{statutes[part['statute']].label.en} s.{section}" if part["statute"] else f"s.{section}"


def _thai_part(text: str, statutes: Mapping[str, Statute]) -> str:
    part = _PART.fullmatch(text)
    if part is None or part["clause"]:
        return text.replace("policy clause", "นโยบายข้อ")
    section = part["section"]
    for english, thai in _THAI.items():
        section = section.replace(english, thai)
    return f"{statutes[part['statute']].label.th} มาตรา {section}" if part["statute"] else f"มาตรา {section}"
