"""An example for every body: the model's own, else one made from its schema with values that people know."""

from collections.abc import Mapping
from typing import Any

from app.contract.schemas import REF, Schema

SHA256 = "3f0a6a2f0c1d7a5e9b8c4d2e1f6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6"
KNOWN: Mapping[str, tuple[object, ...]] = {
    "accepted": (1,),
    "access_token": ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJNLTAwMDEyMyJ9.c2lnbmF0dXJl",),
    "actor": ("M-000123",),
    "advance": ("P30D",),
    "answer": ("บัญชีเงินฝากเลขที่ลงท้าย 123",),
    "assigned_to": ("officer-07",),
    "categories": (["personal"],),
    "clause": ("3.1",),
    "clauses": (["13"],),
    "closes": ("16:30",),
    "code": ("482915", "loan_application_assessment"),
    "contact": ("dpo@coop.example",),
    "days": (["monday", "tuesday", "wednesday", "thursday", "friday"],),
    "days_left": (30,),
    "decide_within": (30,),
    "email": ("somying@member.example",),
    "en": ("Loan application assessment",),
    "events": ({"deposit_made": "2015-03-02"},),
    "expires_in": (3600,),
    "given_by": ("M-000123",),
    "kind": ("erasure", "member", "national_id", "deposit"),
    "language": ("th",),
    "last4": ("1234",),
    "law": ("Accounting Act s.14",),
    "lease_seconds": (300,),
    "max": (10,),
    "method": ("hard delete", "erase"),
    "name": ("chanthaburi-teachers",),
    "national_id": ("x-xxxx-xxxxx-12-3",),
    "notice_sha256": (SHA256,),
    "notice_version": ("2565-1",),
    "number": (1,),
    "opens": ("08:30",),
    "performed_at": ("2026-11-20T10:00:00+07:00",),
    "period": ("P10Y",),
    "phone": ("+66•••••4567",),
    "phones": (["039311000"],),
    "policy": (SHA256,),
    "provision": ("PDPA s.33",),
    "purpose": ("loan_application_assessment",),
    "question": ("ขอให้ระบุเลขที่บัญชีเงินฝากที่เกี่ยวข้อง",),
    "quality": ("sound",),
    "reason": ("ย้ายที่อยู่และไม่ใช้บริการแล้ว",),
    "recipients": (["insurer"],),
    "record_ref": ("DEP-2015-000456",),
    "record_refs": (["DEP-2015-000456"],),
    "ref": ("DEP-2015-000456",),
    "reference": ("R-2569-000123", "JOB-000077"),
    "role": ("member",),
    "sent_to": ("+66•••••4567",),
    "sha256": (SHA256,),
    "subject_ref": ("M-000123",),
    "sub": ("M-000123",),
    "system": ("core_banking",),
    "th": ("พิจารณาคำขอกู้",),
    "until": ("2035-12-31",),
    "version": (1, "2026.1"),
}
"""Values by property name; the first one that fits the schema is taken."""
FORMATS: Mapping[str, str] = {
    "date": "2026-11-21",
    "date-time": "2026-11-21T03:00:00Z",
    "email": "somying@member.example",
    "uri": "https://privacy.coop.example/",
    "uuid": "019ab2c4-7a10-7c3e-9f52-3d8b6a1e4c70",
}
UNLIKELY = frozenset({"until", "evidence", "given_by", "reason", "assigned_to"})
"""Properties that the example of an answer leaves null where they may be."""


def example(schema: Schema, components: Mapping[str, Schema], *, name: str = "", answer: bool = False) -> Any:
    """A value of a schema. Requests hold what is required; answers hold every property."""
    if "$ref" in schema:
        return example(components[schema["$ref"].removeprefix(REF)], components, name=name, answer=answer)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    branches = schema.get("anyOf") or schema.get("oneOf") or ()
    if branches:
        return _of_branches(branches, components, name, answer=answer)
    for value in KNOWN.get(name, ()):
        if _fits(value, schema):
            return value
    return _by_type(schema, components, name, answer=answer)


def _of_branches(branches: list[Schema], components: Mapping[str, Schema], name: str, *, answer: bool) -> Any:
    nullable = any(branch.get("type") == "null" for branch in branches)
    known = name in KNOWN and name not in UNLIKELY
    if nullable and answer and not known:
        return None
    return example(branches[0], components, name=name, answer=answer)


def _fits(value: object, schema: Schema) -> bool:
    types: dict[type, str] = {str: "string", int: "integer", list: "array", dict: "object"}
    return schema.get("type") == types[type(value)] and value in schema.get("enum", [value]) and "format" not in schema


def _by_type(schema: Schema, components: Mapping[str, Schema], name: str, *, answer: bool) -> Any:
    match schema.get("type"):
        case "string":
            text = schema["enum"][0] if "enum" in schema else FORMATS.get(schema.get("format", ""), name or "text")
            return schema.get("default", text)
        case "integer" | "number":
            return schema.get("default", max(schema.get("minimum", 0), 0))
        case "boolean":
            return schema.get("default", False)
        case "array":
            return [example(schema.get("items", {}), components, name=name, answer=answer)]
        case "object":
            return _object(schema, components, answer=answer)
        case _:
            return None


def _object(schema: Schema, components: Mapping[str, Schema], *, answer: bool) -> dict[str, Any]:
    properties = schema.get("properties", {})
    wanted = properties if answer else schema.get("required") or list(properties)[:1]
    return {key: example(properties[key], components, name=key, answer=answer) for key in wanted}
