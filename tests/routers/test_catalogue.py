"""What the controller has published, over HTTP, under every shipped pack."""

import hashlib
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.catalogue import everything
from tests.support.packs import SHIPPED_PACKS, ShippedPack

EVERY_ROLE = ("member", "representative", "core_banking", "staff", "dpo", "committee", "auditor", "partner", "admin")
OPEN = ("/v1/controller", "/v1/rights", "/v1/notices")
ANY_TOKEN = ("/v1/purposes", "/v1/purposes/consent_evidence", "/v1/retention-rules", "/v1/policy")
pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


@pytest.mark.parametrize("path", OPEN)
async def test_controller_rights_and_notices_are_open_to_everyone(api: Api, path: str) -> None:
    assert (await api.get(path)).status_code == 200


@pytest.mark.parametrize("path", ANY_TOKEN)
async def test_the_rest_needs_a_token(api: Api, path: str) -> None:
    assert problem(await api.get(path)) == (401, "invalid_token")


@pytest.mark.parametrize("path", ANY_TOKEN)
@pytest.mark.parametrize("role", EVERY_ROLE)
async def test_any_token_will_do(api: Api, path: str, role: str) -> None:
    person = {"subject_ref": "M-1"} if role in {"member", "representative"} else {}
    assert (await api.as_role(role, **person).get(path)).status_code == 200


async def test_there_are_eight_rights_each_with_its_closed_list_of_grounds(api: Api) -> None:
    rights = {right["code"]: right for right in await everything(api, "/v1/rights")}
    requested = {"access", "portability", "correction", "objection", "restriction", "erasure", "complaint"}
    assert set(rights) == {"withdrawal", *requested}
    assert rights["erasure"]["deadline"] == {"decide_within": 30, "complete_within": 90, "extension_days": 0}
    assert rights["erasure"]["assurance"] == "substantial"
    grounds = {ground["code"] for ground in rights["erasure"]["grounds"]}
    assert "erase_legal_compliance" in grounds
    assert not any(code.startswith("object_") for code in grounds)
    assert "id_not_proven" not in grounds, "only a lapse brings that about"


async def test_a_ground_is_published_in_words_that_leave_nothing_to_fill(api: Api) -> None:
    rights = await everything(api, "/v1/rights")
    texts = [text for right in rights for ground in right["grounds"] for text in ground["text"].values()]
    assert [text for text in texts if "{" in text] == []
    assert any("the law named in the decision" in text for text in texts)


async def test_every_right_is_free_of_charge(api: Api) -> None:
    assert [right["free_of_charge"] for right in await everything(api, "/v1/rights")] == [True] * 8


async def test_the_purposes_that_tests_rely_on_are_what_they_are_taken_for(api: Api, pack: ShippedPack) -> None:
    purposes = {purpose["code"]: purpose for purpose in await everything(api.staff, "/v1/purposes")}
    assert {code: purposes[code]["notice_version"] for code in pack.notices} == dict(pack.notices)
    assert {pack.consent, pack.other_consent, pack.third_consent} <= set(pack.notices)
    assert purposes[pack.objectable]["objectable"] == "yes"
    assert purposes[pack.without_consent]["bases"][0]["code"] == "contract"
    assert purposes[pack.without_consent]["requires_consent"] == "never"
    found = {
        "sensitive_only": [code for code, each in purposes.items() if each["requires_consent"] == "sensitive_only"],
        "statutory": [code for code, each in purposes.items() if each["statutory_instrument"]],
        "marketing": [code for code, each in purposes.items() if each["objectable"] == "absolute"],
    }
    for name, codes in found.items():
        assert (getattr(pack, name) in codes) if codes else getattr(pack, name) is None


async def test_and_so_is_what_a_consent_binds(api: Api, pack: ShippedPack) -> None:
    purpose = (await api.staff.get(f"/v1/purposes/{pack.consent}")).json()
    used = {category["code"]: category["sensitive"] for category in purpose["categories"]}
    assert (purpose["requires_consent"], True in used.values()) == ("always", pack.explicit)
    assert tuple(used) == pack.categories
    assert [code for code, sensitive in used.items() if sensitive] == [pack.sensitive][: pack.explicit]
    assert [code for code, sensitive in used.items() if not sensitive] == list(pack.ordinary)
    assert [recipient["code"] for recipient in purpose["recipients"]] == [pack.recipient]


async def test_a_withdrawal_knows_no_ground_of_refusal_and_asks_for_no_assurance_of_its_own(api: Api) -> None:
    withdrawal = next(right for right in await everything(api, "/v1/rights") if right["code"] == "withdrawal")
    assert withdrawal["grounds"] == []
    assert withdrawal["assurance"] is None


async def test_marketing_is_objected_to_at_low_assurance_and_stops_the_same_day(api: Api) -> None:
    objection = next(right for right in await everything(api, "/v1/rights") if right["code"] == "objection")
    assert objection["direct_marketing"] == {"stop_within": 0, "assurance": "low", "provision": "PDPA s.32(2)"}


async def test_a_purpose_without_records_shows_how_long_its_evidence_is_kept(api: Api) -> None:
    purpose = (await api.staff.get("/v1/purposes/consent_evidence")).json()
    assert purpose["retention"] == []
    assert purpose["evidence"]["trigger"] == "consent_ended"
    assert purpose["evidence"]["period"] == "P10Y"


@pytest.mark.parametrize("code", ["world_domination", "Life", "%00", "%F0%9F%98%80", "x" * 5_000])
async def test_a_purpose_that_is_not_in_the_policy_is_not_found(api: Api, code: str) -> None:
    assert problem(await api.staff.get(f"/v1/purposes/{code}")) == (404, "not_found")


async def test_each_purpose_that_needs_consent_names_the_notice_to_show_today(api: Api) -> None:
    current = {
        purpose: notice["version"]
        for notice in await everything(api, "/v1/notices")
        if notice["status"] == "current"
        for purpose in notice["purposes"]
    }
    for purpose in await everything(api.staff, "/v1/purposes"):
        assert purpose["notice_version"] == current.get(purpose["code"])
        assert (purpose["notice_version"] is None) == (purpose["requires_consent"] == "never")


async def test_the_policy_in_force_is_named_by_its_digest(api: Api, pack: ShippedPack) -> None:
    policy = (await api.as_role("admin").get("/v1/policy")).json()
    assert policy["name"] == pack.name
    assert policy["sha256"] == api.process.works.pack.sha256


@pytest.mark.parametrize("path", ["/v1/rights", "/v1/notices", "/v1/purposes", "/v1/retention-rules"])
async def test_page_by_page_every_item_comes_once_and_in_order(api: Api, path: str) -> None:
    whole = await everything(api.staff, path)
    pages: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"limit": 3}
    while True:
        answer = (await api.staff.get(path, params=parameters)).json()
        assert len(answer["items"]) <= 3
        pages += answer["items"]
        if answer["next_cursor"] is None:
            break
        parameters["cursor"] = answer["next_cursor"]
    assert pages == whole


async def test_a_cursor_of_another_list_or_a_damaged_one_is_refused(api: Api) -> None:
    cursor = (await api.staff.get("/v1/purposes", params={"limit": 1})).json()["next_cursor"]
    assert problem(await api.get("/v1/rights", params={"cursor": cursor})) == (422, "bad_cursor")
    assert problem(await api.staff.get("/v1/purposes", params={"cursor": cursor[:-2]})) == (422, "bad_cursor")
    assert problem(await api.staff.get("/v1/purposes", params={"cursor": "ก"})) == (422, "bad_cursor")


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("0", "out_of_range"),
        ("201", "out_of_range"),
        ("-1", "out_of_range"),
        ("9223372036854775808", "out_of_range"),
        ("1_0", "wrong_type"),
        (" 7 ", "wrong_type"),
        ("1.0", "wrong_type"),
        ("๑๒", "wrong_type"),
        ("", "wrong_type"),
    ],
)
async def test_a_limit_is_a_whole_number_from_1_to_200(api: Api, limit: str, code: str) -> None:
    answer = await api.get("/v1/rights", params={"limit": limit})
    assert problem(answer) == (422, code)
    assert answer.json()["errors"] == [{"pointer": "/query/limit", "code": code}]


async def test_an_unknown_parameter_is_refused(api: Api) -> None:
    assert problem(await api.get("/v1/rights", params={"sort": "code"})) == (422, "unknown_parameter")


class TestNotices:
    async def test_one_is_read_by_its_identifier(self, api: Api) -> None:
        notice = (await everything(api, "/v1/notices"))[0]
        assert (await api.get(f"/v1/notices/{notice['notice_id']}")).json() == notice

    async def test_an_unknown_one_is_not_found(self, api: Api) -> None:
        for unknown in ("none-such", "%00", "x" * 5_000):
            assert problem(await api.get(f"/v1/notices/{unknown}")) == (404, "not_found")

    async def test_they_are_narrowed_to_a_purpose_and_a_status(self, api: Api, pack: ShippedPack) -> None:
        wanted = {"purpose": pack.consent, "status": "current"}
        (notice,) = (await api.get("/v1/notices", params=wanted)).json()["items"]
        assert (notice["purposes"], notice["version"]) == ([pack.consent], pack.notice)
        assert (await api.get("/v1/notices", params={**wanted, "status": "past"})).json()["items"] == []

    async def test_the_digest_is_of_the_texts_alone_so_that_anybody_can_compute_it(self, api: Api) -> None:
        for notice in await everything(api, "/v1/notices"):
            texts = {"title": notice["title"], "content": notice["content"]}
            canonical = json.dumps(texts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert notice["content_sha256"] == hashlib.sha256(canonical.encode()).hexdigest()

    async def test_before_its_day_a_notice_is_scheduled(self, api: Api, pack: ShippedPack) -> None:
        await api.post("/sandbox/clock", {"at": "2022-05-31T16:59:59Z"})
        statuses = {notice["status"] for notice in await everything(api, "/v1/notices")}
        purpose = (await api.staff.get(f"/v1/purposes/{pack.consent}")).json()
        assert statuses == {"scheduled"}
        assert purpose["notice_version"] is None
