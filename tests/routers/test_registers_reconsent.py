"""The register of consents to ask for again, over HTTP (DOMAIN "Consent"; LAW T-25), under every shipped pack."""

from typing import Any

import pytest

from app.services import reconsent
from tests.support.api import Api, problem
from tests.support.consents import given, withdraw
from tests.support.imports import REGISTER, former, imported, taken_over, to_ask_again
from tests.support.members import register
from tests.support.notices import published
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.requests import decide, finish_tasks, submit

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


async def pages(api: Api, **wanted: Any) -> list[list[tuple[str, str]]]:
    """Every page: whose, and why."""
    found, cursor = [], None
    while True:
        answer = await api.dpo.get(REGISTER, params={**wanted, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        found.append([(item["subject_ref"], item["reason"]) for item in answer.json()["items"]])
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


class TestReasons:
    async def test_doubtful_wording_until_a_real_consent(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await taken_over(api)
        answer = (await api.dpo.get(REGISTER)).json()
        assert answer == {
            "items": [
                {
                    "consent_id": record["id"],
                    "subject_ref": "M-1",
                    "purpose": pack.consent,
                    "reason": "doubtful_wording",
                    "since": record["granted_at"],
                    "notice_version": pack.notice,
                }
            ],
            "next_cursor": None,
        }
        await given(api)
        assert await to_ask_again(api) == []

    async def test_a_notice_that_wants_it_afresh_until_it_is_given_afresh(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2")
        await given(api)
        await published(api, "2569-1", fresh_consent_for=[pack.consent])
        assert (await api.dpo.get(REGISTER)).json()["items"][0]["notice_version"] == "2569-1"
        await given(api, "M-2", notice_version="2569-1")
        assert await to_ask_again(api) == [("M-1", pack.consent, "notice_superseded")]
        await given(api, notice_version="2569-1")
        assert await to_ask_again(api) == []

    async def test_a_notice_of_tomorrow_asks_nobody_today(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await given(api)
        today = (await api.get("/sandbox/clock")).json()["now"][:10]
        await published(api, effective_from=f"{int(today[:4]) + 1}-06-01", fresh_consent_for=[pack.consent])
        assert await to_ask_again(api) == []

    async def test_one_consent_may_have_two(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await taken_over(api)
        await published(api, fresh_consent_for=[pack.consent])
        assert [reason for *_, reason in await to_ask_again(api)] == ["doubtful_wording", "notice_superseded"]
        assert await pages(api, limit=1) == [[("M-1", "doubtful_wording")], [("M-1", "notice_superseded")]]


class TestWhoIsAsked:
    async def test_who_withdrew_died_or_was_erased_is_asked_nothing(self, api: Api) -> None:
        ended = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
        for ref in ("M-1", "M-2", "M-3"):
            await register(api, ref, membership=ended)
            await taken_over(api, ref)
        assert len(await to_ask_again(api)) == 3
        found = (await api.staff.get("/v1/consents", params={"subject_ref": "M-1"})).json()["items"]
        await withdraw(api.member("M-1"), found[0]["id"])
        await register(api, "M-2", membership=ended, deceased_on="2026-01-01")
        request = await submit(api, "M-3")
        await decide(api, request["id"], "granted")
        await finish_tasks(api)
        assert await to_ask_again(api) == []

    async def test_data_from_before_the_act_is_left_in_peace(self, api: Api) -> None:
        await register(api)
        await taken_over(api, granted_on="2019-01-01", before_act=True)
        assert await to_ask_again(api) == []

    async def test_an_expired_consent_is_not_asked_for(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-03-01T05:00:00Z"})
        await given(api, expires_on="2026-03-01")
        await api.post("/sandbox/clock", {"at": "2026-03-05T05:00:00Z"})
        await published(api, fresh_consent_for=[pack.consent])
        assert await to_ask_again(api) == []


class TestPages:
    @pytest.mark.parametrize("examined", [3, 1_000])
    async def test_pages_hold_everything_once_the_oldest_record_first(
        self, api: Api, pack: ShippedPack, monkeypatch: pytest.MonkeyPatch, examined: int
    ) -> None:
        monkeypatch.setattr(reconsent, "EXAMINED", examined)
        refs = [f"M-{number}" for number in range(7)]
        for ref in refs:
            await register(api, ref)
        assert (await imported(api, *(former(pack, ref) for ref in reversed(refs))))["accepted"] == 7
        found = await pages(api, limit=2)
        assert [ref for page in found for ref, _ in page] == refs[::-1]
        assert max(map(len, found)) == 2

    async def test_it_is_narrowed_by_purpose_and_by_reason(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await imported(api, former(pack), former(pack, purpose=pack.third_consent))
        await published(api, fresh_consent_for=[pack.consent])
        assert await to_ask_again(api, purpose=pack.third_consent) == [("M-1", pack.third_consent, "doubtful_wording")]
        assert await to_ask_again(api, reason="notice_superseded") == [("M-1", pack.consent, "notice_superseded")]
        assert await to_ask_again(api, reason="majority_reached") == []

    async def test_a_cursor_serves_its_own_list_only(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await imported(api, former(pack), former(pack, purpose=pack.third_consent))
        cursor = (await api.dpo.get(REGISTER, params={"limit": 1})).json()["next_cursor"]
        answer = await api.dpo.get(REGISTER, params={"limit": 1, "cursor": cursor, "purpose": pack.third_consent})
        assert problem(answer) == (422, "bad_cursor")
        assert problem(await api.dpo.get(REGISTER, params={"reason": "boredom"})) == (422, "not_allowed")

    @pytest.mark.parametrize("role", ["member", "representative", "core_banking", "staff", "partner", "admin"])
    async def test_only_the_dpo_and_the_auditor_read_it(self, api: Api, role: str) -> None:
        await register(api)
        assert problem(await api.as_role(role, subject_ref="M-1").get(REGISTER)) == (403, "forbidden")
        assert (await api.as_role("auditor").get(REGISTER)).status_code == 200
