"""The register of further purposes over HTTP (PDPA s.21; LAW T-12)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.support.api import Api, problem
from tests.support.compatibility import ANSWERS, PATH, assessed, assessment
from tests.support.database import Database

UNKNOWN = "0198c5f0-0000-7000-8000-000000000000"


async def listed(api: Api, **wanted: Any) -> list[str]:
    answer = await api.get(PATH, params=wanted)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


class TestAssessing:
    async def test_the_answer_is_what_was_written_down(self, api: Api) -> None:
        policy = (await api.dpo.get("/v1/policy")).json()["sha256"]
        answer = await api.dpo.post(PATH, assessment(categories=["photo", "religion", "photo"]))
        assert answer.status_code == 201
        body = answer.json()
        assert UUID(body.pop("id")).version == 7
        assert datetime.fromisoformat(body.pop("assessed_at")).tzinfo is not None
        assert [one["code"] for one in body.pop("needed")] == ["notice_version", "consent_or_law", "explicit_consent"]
        assert body == {
            **assessment(categories=["photo", "religion"], sensitive_reason=None),
            "sensitive": ["religion"],
            "policy": policy,
            "assessed_by": "sandbox-dpo",
        }

    async def test_what_is_not_compatible_names_a_notice_and_consent_or_a_law(self, api: Api) -> None:
        needed = (await assessed(api, compatible=False))["needed"]
        assert [(one["code"], one["provision"]) for one in needed] == [
            ("notice_version", "PDPA s.21, s.23"),
            ("consent_or_law", "PDPA s.21"),
        ]
        assert all(one["text"]["th"] and one["text"]["en"] for one in needed)

    async def test_what_is_compatible_needs_nothing_but_explicit_consent_to_sensitive_data(self, api: Api) -> None:
        assert (await assessed(api, compatible=True))["needed"] == []
        reasoned = await assessed(api, compatible=True, categories=["religion"], sensitive_reason="By a rule")
        assert [one["code"] for one in reasoned["needed"]] == ["explicit_consent"]

    async def test_the_use_is_audited_by_codes_alone(self, api: Api, database: Database) -> None:
        made = await assessed(api)
        [entry] = await database.fetch(
            "SELECT object_id, subject_ref, details FROM audit_entry WHERE action = 'compatibility.assessed'"
        )
        assert (entry["object_id"], entry["subject_ref"]) == (made["id"], None)
        assert ANSWERS["link"] not in entry["details"]
        assert "savings_study" in entry["details"]

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"purpose": "unknown"}, "/purpose", "not_allowed"),
            ({"further_purpose": "account_opening"}, "/further_purpose", "not_allowed"),
            ({"categories": ["photo", "health"]}, "/categories/1", "not_allowed"),
            ({"categories": []}, "/categories", "too_short"),
            ({"compatible": True, "categories": ["religion"]}, "/sensitive_reason", "missing"),
            ({"compatible": "true"}, "/compatible", "wrong_type"),
            ({"label": {"th": "ศึกษา"}}, "/label/en", "missing"),
            ({"answers": {**ANSWERS, "safeguards": ""}}, "/answers/safeguards", "too_short"),
            ({"answers": {**ANSWERS, "link": "x" * 501}}, "/answers/link", "too_long"),
            (
                {"answers": {name: told for name, told in ANSWERS.items() if name != "nature"}},
                "/answers/nature",
                "missing",
            ),
            ({"conclusion": "x" * 4_001}, "/conclusion", "too_long"),
            ({"subject_ref": "M-1"}, "/subject_ref", "unknown_field"),
        ],
    )
    async def test_a_fault_is_pointed_at_and_nothing_is_kept(
        self, api: Api, database: Database, changes: dict[str, Any], pointer: str, code: str
    ) -> None:
        answer = await api.dpo.post(PATH, assessment(**changes))
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
        assert (await database.counts())["public.compatibility_assessment"] == 0

    async def test_once_with_the_same_key(self, api: Api) -> None:
        headers = {"Idempotency-Key": "a-study"}
        first, again = [await api.dpo.post(PATH, assessment(), headers=headers) for _ in range(2)]
        assert again.json() == first.json()
        assert await listed(api.dpo) == [first.json()["id"]]

    async def test_nobody_changes_or_deletes_one(self, api: Api, database: Database) -> None:
        made = await assessed(api)
        for statement in (
            "UPDATE compatibility_assessment SET compatible = true",
            "DELETE FROM compatibility_assessment",
        ):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await database.execute(statement)
        assert (await api.dpo.get(f"{PATH}/{made['id']}")).json() == made


class TestReading:
    async def test_one_is_read_as_it_was_made(self, api: Api) -> None:
        made = await assessed(api, compatible=True, categories=["religion", "photo"], sensitive_reason="By a rule")
        for reader in (api.dpo, api.as_role("auditor")):
            assert (await reader.get(f"{PATH}/{made['id']}")).json() == made

    @pytest.mark.parametrize("assessment_id", [UNKNOWN, "not-an-id"])
    async def test_what_is_not_there_is_not_found(self, api: Api, assessment_id: str) -> None:
        assert problem(await api.dpo.get(f"{PATH}/{assessment_id}")) == (404, "not_found")

    async def test_the_newest_come_first_page_by_page_and_by_purpose(self, api: Api) -> None:
        made = [(await assessed(api))["id"] for _ in range(4)]
        other = (await assessed(api, purpose="member_master_record"))["id"]
        first = (await api.dpo.get(PATH, params={"limit": 3})).json()
        rest = (await api.dpo.get(PATH, params={"limit": 3, "cursor": first["next_cursor"]})).json()
        assert [item["id"] for item in first["items"] + rest["items"]] == [other, *reversed(made)]
        assert rest["next_cursor"] is None
        assert await listed(api.dpo, purpose="member_master_record") == [other]
        foreign = {"purpose": "account_opening", "cursor": first["next_cursor"]}
        assert problem(await api.dpo.get(PATH, params=foreign)) == (422, "bad_cursor")

    async def test_a_page_that_is_just_full_is_the_last(self, api: Api) -> None:
        for _ in range(2):
            await assessed(api)
        assert (await api.dpo.get(PATH, params={"limit": 2})).json()["next_cursor"] is None
