"""The decision API as OpenID AuthZEN Authorization API 1.0 words it: questions read, answers worded (API 7)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from app.core.metrics import OTHER, count_decision
from app.core.work import Work
from app.domain.errors import FieldError, MalformedRequest
from app.domain.policy import PolicyPack
from app.domain.processing import Decision
from app.domain.processing_facts import Question
from app.domain.processing_reasons import TEXTS, Reason, ReasonCode
from app.services.processing import Asked, Settle, decide_all

PERSONAL_DATA = "personal_data"
MOST = 1_000
MOST_RECORDS = 5_000
"""So many records one call may name; what stands at the top counts for each evaluation that it stands in for."""
NOBODY = ""
UNREADABLE = ("",)
NO_DEFAULTS: Mapping[str, Mapping[str, Any]] = {}
ENTITIES = ("subject", "action", "resource")
MEMBERS = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}
_REF = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CODE = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and the whole answer as JSON."""

    allowed: bool
    text: str


class Semantic(StrEnum):
    """Which evaluations of a batch are answered: all, or those up to the first no or the first yes."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


STOPS_AT = {Semantic.DENY_ON_FIRST_DENY: False, Semantic.PERMIT_ON_FIRST_PERMIT: True}


async def evaluate(work: Work, payload: object, settle: Settle) -> str:
    """The answer to one question, as JSON. Raises `MalformedRequest`."""
    asked = _question(_object(payload, ""), "", work.pack)
    work, (decision,) = await decide_all(work, [asked], settle)
    _count([asked], [decision], work.pack)
    return _worded_answer(decision, work.pack.sha256).text


async def evaluate_many(work: Work, payload: object, settle: Settle) -> str:
    """The answers, as JSON, to up to 1,000 questions, in their order; without any `evaluations`, to the one at the top.

    Members at the top stand in for those that an evaluation leaves out, each as a whole. An evaluation that can't be
    understood is a no of its own. Raises `MalformedRequest` for what is wrong with the whole.
    """
    whole = _object(payload, "")
    items = whole.get("evaluations", [])
    if not isinstance(items, list):
        raise _malformed("/evaluations", "wrong_type")
    if not items:
        return await evaluate(work, whole, settle)
    if len(items) > MOST:
        raise _malformed("/evaluations", "too_long")
    semantic = _semantic(whole)
    read = _read_all(items, _defaults(whole), work.pack)
    asked = [one for one in read if not isinstance(one, FieldError)]
    work, decisions = await decide_all(work, asked, settle)
    _count(asked, decisions, work.pack)
    answers = _answers(read, iter(decisions), work.pack.sha256)
    return f'{{"evaluations":[{",".join(_until(answers, STOPS_AT.get(semantic)))}]}}'


def _semantic(whole: Mapping[str, object]) -> Semantic:
    options = _object(whole.get("options", {}), "/options")
    named = options.get("evaluations_semantic", Semantic.EXECUTE_ALL)
    if not isinstance(named, str):
        raise _malformed("/options/evaluations_semantic", "wrong_type")
    if named not in set(Semantic):
        raise _malformed("/options/evaluations_semantic", "not_allowed")
    return Semantic(named)


def _defaults(whole: Mapping[str, object]) -> dict[str, Mapping[str, Any]]:
    """What the top says for all evaluations; it must be sound even where none needs it."""
    defaults = {name: _entity(whole, name, "") for name in ENTITIES if name in whole}
    return defaults | {"context": _optional(whole.get("context"), "/context")}


def _read_all(
    items: Sequence[object], defaults: Mapping[str, Mapping[str, Any]], pack: PolicyPack
) -> Sequence[Asked | FieldError]:
    read, records = [], 0
    for at, item in enumerate(items):
        one = _read(item, defaults, f"/evaluations/{at}", pack)
        records += 0 if isinstance(one, FieldError) else len(one[1].record_refs or ())
        if records > MOST_RECORDS:
            raise _malformed("/evaluations", "too_long")
        read.append(one)
    return read


def _read(item: object, defaults: Mapping[str, Mapping[str, Any]], path: str, pack: PolicyPack) -> Asked | FieldError:
    try:
        return _question(_object(item, path), path, pack, defaults)
    except MalformedRequest as malformed:
        return malformed.errors[0]


def _count(asked: Sequence[Asked], decisions: Sequence[Decision], pack: PolicyPack) -> None:
    for (_, question), decision in zip(asked, decisions, strict=True):
        purpose = question.purpose or OTHER
        count_decision(allowed=decision.allowed, purpose=purpose if purpose in pack.purposes else OTHER)


def _answers(read: Sequence[Asked | FieldError], decisions: Iterator[Decision], policy: str) -> Iterator[Answer]:
    for one in read:
        yield _failed(one, policy) if isinstance(one, FieldError) else _worded_answer(next(decisions), policy)


def _until(answers: Iterator[Answer], last: bool | None) -> Iterator[str]:
    """The answers up to the first of this decision, itself included; all of them where None."""
    for answer in answers:
        yield answer.text
        if answer.allowed is last:
            return


def _question(
    payload: Mapping[str, object], path: str, pack: PolicyPack, defaults: Mapping[str, Mapping[str, Any]] = NO_DEFAULTS
) -> Asked:
    """The subject and the question; what is well-formed and yet unknown is for the decision to say."""
    _, action, resource = [
        defaults[name] if name in defaults and name not in payload else _entity(payload, name, path)
        for name in ENTITIES
    ]
    context = _optional(payload.get("context", defaults.get("context")), f"{path}/context")
    properties = _optional(resource.get("properties"), f"{path}/resource/properties")
    purpose, recipient, ref = context.get("purpose"), context.get("recipient"), str(resource["id"])
    refs = _texts(properties.get("record_refs"), MOST_RECORDS)
    known = resource["type"] == PERSONAL_DATA and refs != UNREADABLE
    question = Question(
        action=str(action["name"]),
        purpose=purpose if isinstance(purpose, str) else None,
        categories=_texts(properties.get("categories"), len(pack.categories)),
        recipient=recipient if isinstance(recipient, str | None) else NOBODY,
        record_refs=None if refs is None else tuple(one for one in refs if _REF.fullmatch(one)),
        resource_known=known,
    )
    return (ref if known and _REF.fullmatch(ref) else NOBODY), question


def _texts(value: object, most: int) -> tuple[str, ...] | None:
    """A list of up to `most` texts; None where it is left out or empty. Anything else is `UNREADABLE`, and a no."""
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
        return UNREADABLE
    return tuple(value)


def _entity(payload: Mapping[str, object], name: str, path: str) -> Mapping[str, object]:
    if name not in payload:
        raise _malformed(f"{path}/{name}", "missing")
    entity = _object(payload[name], f"{path}/{name}")
    for member in MEMBERS[name]:
        value = entity.get(member)
        if member not in entity:
            raise _malformed(f"{path}/{name}/{member}", "missing")
        if not isinstance(value, str):
            raise _malformed(f"{path}/{name}/{member}", "wrong_type")
        if not value:
            raise _malformed(f"{path}/{name}/{member}", "too_short")
    _optional(entity.get("properties"), f"{path}/{name}/properties")
    return entity


def _optional(value: object, path: str) -> Mapping[str, Any]:
    """A member that may be left out; many clients write null for that."""
    return {} if value is None else _object(value, path)


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(path, "wrong_type")
    return value


def _malformed(path: str, code: str) -> MalformedRequest:
    return MalformedRequest([FieldError(path, code)])


def _worded_answer(decision: Decision, policy: str) -> Answer:
    """Most answers are the same few: each is worded once. What a caller made up is not remembered."""
    foreign = any(reason.code is ReasonCode.CATEGORY_NOT_IN_PURPOSE for reason in decision.reasons)
    return _answer(decision, policy) if foreign else _known_answer(decision, policy)


def _answer(decision: Decision, policy: str) -> Answer:
    reasons = [_worded(reason) for reason in decision.reasons]
    return _json(decision.allowed, {"reasons": reasons, "policy": policy})


_known_answer = lru_cache(maxsize=4096)(_answer)


def _json(allowed: bool, context: Mapping[str, object]) -> Answer:
    text = json.dumps({"decision": allowed, "context": context}, ensure_ascii=False, separators=(",", ":"))
    return Answer(allowed, text)


def _worded(reason: Reason) -> Mapping[str, str]:
    """A reason as it is sent. What a caller wrote is told back only where it could be the code of a category."""
    if reason.category is None or not _CODE.fullmatch(reason.category):
        return WORDED[reason.code]
    text = WORDED[reason.code]
    return {"code": text["code"], "category": reason.category, "th": text["th"], "en": text["en"]}


def _failed(error: FieldError, policy: str) -> Answer:
    """The no of an evaluation that can't be understood."""
    told = {"status": 400, "code": MalformedRequest.code, "pointer": error.pointer, "fault": error.code}
    return _json(False, {"reasons": [], "policy": policy, "error": told})


WORDED: Mapping[ReasonCode, Mapping[str, str]] = {
    code: {"code": code.value, "th": text.th, "en": text.en} for code, text in TEXTS.items()
}
