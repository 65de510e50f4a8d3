"""What a request asks for, in words: labels and references, never values."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.letter_words import FORMATS, METHODS
from app.domain.letters import Cell
from app.domain.policy import Bilingual, PolicyPack
from app.domain.vocabulary import RequestKind

MOST_NAMED = 20
"""As many references are named; of more, the number is told."""
_PORTABLE = Bilingual(th="ข้อมูลทั้งหมดที่โอนย้ายได้", en="all data that is portable")
_AS_WRITTEN = Bilingual(
    th="ตามข้อความที่ท่านเขียนไว้ ซึ่งเก็บอยู่กับคำขอและอ่านได้ในรายการข้อความ",
    en="as you wrote it: the text is kept with the request, among its messages",
)


def asked(kind: RequestKind, scope: Mapping[str, Any], pack: PolicyPack) -> Cell:
    """The scope of a request, as its kind defines it."""
    match kind:
        case RequestKind.ACCESS:
            words = (*_categories(scope.get("categories"), pack), *_told_beside(scope))
        case RequestKind.PORTABILITY:
            words = (_PORTABLE, *_format(scope), *_transfer(scope))
        case RequestKind.CORRECTION:
            words = tuple(_change(change, pack) for change in scope["changes"])
        case RequestKind.OBJECTION:
            words = _purposes(scope["purposes"], pack)
        case RequestKind.RESTRICTION:
            named = scope.get("purposes")
            words = _purposes(named, pack) if named is not None else _records(scope["record_refs"])
        case RequestKind.ERASURE:
            words = (*_extent(scope["scope"], pack), METHODS[scope["method"]])
        case RequestKind.COMPLAINT:
            words = (_AS_WRITTEN,)
    return words


def _categories(codes: Sequence[str] | None, pack: PolicyPack) -> Cell:
    if codes is None:
        return (Bilingual(th="ข้อมูลทุกประเภทที่สหกรณ์เก็บไว้", en="all categories of data that are held"),)
    return tuple(label_of_category(code, pack) for code in codes)


def label_of_category(code: str, pack: PolicyPack) -> Bilingual:
    """A category as the policy names it, else by its code."""
    category = pack.categories.get(code)
    return category.label if category else Bilingual(code, code)


def _told_beside(scope: Mapping[str, Any]) -> Cell:
    sources = (Bilingual(th="พร้อมแหล่งที่มาของข้อมูล", en="with the sources of the data"),)
    return (*(sources if scope["include_sources"] else ()), *_format(scope))


def _format(scope: Mapping[str, Any]) -> Cell:
    named = FORMATS.get(scope["format"])
    return (Bilingual(th=f"ในรูปแบบ{named.th}", en=f"as {named.en}"),) if named else ()


def _transfer(scope: Mapping[str, Any]) -> Cell:
    to = scope.get("transfer_to")
    code = to.get("controller") if isinstance(to, Mapping) else to
    if not code:
        return ()
    return (Bilingual(th=f"ส่งต่อไปยังผู้ควบคุมข้อมูล {code}", en=f"to be sent on to the controller {code}"),)


def _change(change: Mapping[str, Any], pack: PolicyPack) -> Bilingual:
    field, ref = label_of_category(change["field"], pack), change["record_ref"]
    if ref is None:
        return Bilingual(th=f"แก้ไข {field.th}", en=f"correct {field.en}")
    return Bilingual(th=f"แก้ไข {field.th} ของรายการ {ref}", en=f"correct {field.en} of record {ref}")


def _purposes(codes: Sequence[str], pack: PolicyPack) -> Cell:
    return tuple(pack.purposes[code].label if code in pack.purposes else Bilingual(code, code) for code in codes)


def _extent(scope: str | Mapping[str, Sequence[str]], pack: PolicyPack) -> Cell:
    if isinstance(scope, str):
        return (Bilingual(th="ข้อมูลทั้งหมดที่สหกรณ์เก็บไว้", en="all data that is held"),)
    named = scope.get("categories")
    return _categories(named, pack) if named is not None else _records(scope["record_refs"])


def _records(refs: Sequence[str]) -> Cell:
    shown = ", ".join(refs[:MOST_NAMED])
    more = len(refs) - MOST_NAMED
    if more <= 0:
        return (Bilingual(th=f"รายการข้อมูล {shown}", en=f"records {shown}"),)
    return (Bilingual(th=f"รายการข้อมูล {shown} และอีก {more} รายการ", en=f"records {shown} and {more} more"),)
