"""The decision API on the wire (OpenID AuthZEN Authorization API 1.0): what is asked, and how it is answered.

What is asked is described here and read in `services.evaluations`: unknown members are ignored, as AuthZEN wants it.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.domain.processing_reasons import ReasonCode
from app.schemas.types import OutModel
from app.services.evaluations import MOST, Semantic

Schema = dict[str, Any]
_ANY: Schema = {"type": "object", "description": "Ignored."}
_CODES: Schema = {"type": "array", "maxItems": 100_000, "items": {"type": "string", "maxLength": 1_000_000}}
_ENTITIES: dict[str, tuple[str, dict[str, str], Schema]] = {
    "subject": (
        "The system that asks. It is not compared: rights come from its token.",
        {"type": "Any.", "id": "Any."},
        _ANY,
    ),
    "action": ("What it wants to do.", {"name": "`collect`, `use`, `disclose` or `store`."}, _ANY),
    "resource": (
        "Whose data.",
        {"type": "`personal_data`.", "id": "The `subject_ref`."},
        {
            "type": "object",
            "properties": {
                "categories": {**_CODES, "description": "Codes; left out: the ordinary ones of the purpose."},
                "record_refs": {**_CODES, "description": "Of these records; left out: of those the purpose concerns."},
            },
        },
    ),
}
_CONTEXT: Schema = {
    "type": "object",
    "properties": {
        "purpose": {"type": "string", "maxLength": 1_000_000, "description": "Code; without one the answer is no."},
        "recipient": {"type": "string", "maxLength": 1_000_000, "description": "Code; needed to `disclose`."},
    },
}
_ASKED: Schema = {
    **{
        name: {
            "type": "object",
            "description": told,
            "required": list(members),
            "properties": {
                **{
                    member: {"type": "string", "minLength": 1, "maxLength": 1_000_000, "description": text}
                    for member, text in members.items()
                },
                "properties": properties,
            },
        }
        for name, (told, members, properties) in _ENTITIES.items()
    },
    "context": _CONTEXT,
}
_EXAMPLE: dict[str, Any] = {
    "subject": {"type": "system", "id": "core-banking"},
    "action": {"name": "use"},
    "resource": {"type": "personal_data", "id": "M-000123", "properties": {"categories": ["health"]}},
    "context": {"purpose": "life_insurance_assessment"},
}


class DecisionReasonOut(OutModel):
    """One reason; those of a yes are the bases that hold. Of a no the first decides."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    code: Annotated[str, Field(json_schema_extra={"x-extensible-enum": [code.value for code in ReasonCode]})]
    category: str | None = None
    """Where it concerns one category alone."""
    th: str
    en: str


class FaultOut(OutModel):
    """Why an evaluation of a batch could not be understood."""

    status: int
    code: str
    pointer: str
    fault: str


class DecisionContextOut(OutModel):
    """Why, and under which policy."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    reasons: list[DecisionReasonOut]
    policy: str
    """SHA-256 of the policy in force, pack and overlay."""
    error: FaultOut | None = None


class EvaluationOut(OutModel):
    """The answer to one question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision": False,
                    "context": {
                        "reasons": [
                            {
                                "code": "consent_withdrawn",
                                "th": "เจ้าของข้อมูลถอนความยินยอมแล้ว",
                                "en": "The consent was withdrawn",
                            }
                        ],
                        "policy": "9f2b5d8c1e3a47f60b8d2c5e7a914f3d6b0c8e2a5d7f91b3c4e6a8d0f2b4c6e8",
                    },
                }
            ]
        }
    )

    decision: bool
    context: DecisionContextOut


class EvaluationsOut(OutModel):
    """The answers of a batch, in the order of the questions; without `evaluations` in it, the answer to the one at the top."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=False,
        json_schema_extra={
            "examples": [
                {
                    "evaluations": [
                        {
                            "decision": True,
                            "context": {
                                "reasons": [{"code": "basis_contract", "th": "อาศัยสัญญา", "en": "On a contract"}],
                                "policy": "9f2b5d8c1e3a47f60b8d2c5e7a914f3d6b0c8e2a5d7f91b3c4e6a8d0f2b4c6e8",
                            },
                        }
                    ]
                }
            ]
        },
    )

    evaluations: Annotated[list[EvaluationOut] | None, Field(max_length=MOST)] = None
    decision: bool | None = None
    context: DecisionContextOut | None = None


class AuthzenConfiguration(OutModel):
    """Metadata of the decision point (AuthZEN 1.0, section 9)."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str

    @classmethod
    def of(cls, base_url: str) -> "AuthzenConfiguration":
        """The document for a public address."""
        return cls(
            policy_decision_point=base_url,
            access_evaluation_endpoint=f"{base_url}/access/v1/evaluation",
            access_evaluations_endpoint=f"{base_url}/access/v1/evaluations",
        )


def one_question() -> Schema:
    """The body of an evaluation, as the contract describes it."""
    return _body({"type": "object", "required": ["subject", "action", "resource"], "properties": _ASKED}, _EXAMPLE)


def many_questions() -> Schema:
    """The body of a batch."""
    semantics = "|".join(Semantic)
    options = {
        "evaluations_semantic": {"type": "string", "pattern": f"^({semantics})$", "maxLength": 30},
    }
    members = {
        **_ASKED,
        "evaluations": {
            "type": "array",
            "maxItems": MOST,
            "items": {"type": "object", "properties": _ASKED},
            "description": "What an evaluation leaves out is taken from the top, each member as a whole.",
        },
        "options": {"type": "object", "properties": options},
    }
    other = {"action": {"name": "disclose"}, "context": {**_EXAMPLE["context"], "recipient": "insurer"}}
    example = {**_EXAMPLE, "evaluations": [{}, other], "options": {"evaluations_semantic": "execute_all"}}
    return _body({"type": "object", "properties": members}, example)


def _body(schema: Schema, example: dict[str, Any]) -> Schema:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}
