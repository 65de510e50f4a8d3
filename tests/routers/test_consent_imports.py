"""Taking over consents over HTTP (PDPA s.19, s.95; LAW T-01, T-25), under every shipped pack."""

import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import given, history, read, withdraw
from tests.support.database import Database
from tests.support.evaluations import ask
from tests.support.imports import PATH, former, imported, refused, taken_over
from tests.support.members import register
from tests.support.packs import CHANTHABURI, SHIPPED_PACKS, ShippedPack, having
from tests.support.receipts import fetched, verified
from tests.support.requests import decide, submit

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
INSTANT = "2024-03-14T17:00:00Z"
"""When 15 March 2024 begins in Bangkok."""


class TestTaking:
    async def test_a_form_becomes_a_doubtful_consent_in_force_since_its_day(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await taken_over(api, wording=["bundled_consent", "bundled_consent"], evidence="แฟ้ม 12")
        assert {
            "status": "active",
            "quality": "doubtful",
            "wording": ["bundled_consent"],
            "granted_at": INSTANT,
            "given_by": "M-1",
            "given_as": "self",
            "channel": "counter",
            "language": "th",
            "notice_version": None,
            "notice_sha256": None,
            "explicit": False,
            "categories": list(pack.ordinary),
            "recipients": [pack.recipient],
            "version": 1,
        }.items() <= record.items()
        assert await history(api, record["id"]) == [("granted", "counter", "core_banking")]

    @pytest.mark.parametrize(
        ("changes", "quality"),
        [
            ({}, "doubtful"),
            ({"granted_on": "2020-01-05"}, "doubtful"),
            ({"granted_on": "2022-05-31", "before_act": True}, "original_purpose"),
            ({"granted_on": "2020-01-05", "before_act": True, "wording": ["bundled_consent"]}, "doubtful"),
        ],
    )
    async def test_it_is_worth_what_its_wording_and_its_age_make_of_it(
        self, api: Api, changes: dict[str, Any], quality: str
    ) -> None:
        await register(api)
        assert (await taken_over(api, **changes))["quality"] == quality

    async def test_it_carries_what_the_form_named(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        named, other = pack.ordinary
        assert await ask(api, purpose=pack.consent) == (False, ["consent_missing"])
        await taken_over(api, categories=[named])
        assert (await ask(api, purpose=pack.consent, categories=[named]))[0] is True
        assert (await ask(api, purpose=pack.consent, categories=[other]))[0] is False

    @pytest.mark.packs(*having("sensitive"))
    async def test_it_never_carries_sensitive_data(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await taken_over(api, categories=[pack.ordinary[0], pack.sensitive])
        missing = [f"explicit_consent_missing:{pack.sensitive}"]
        assert (await ask(api, purpose=pack.consent, categories=pack.ordinary[:1]))[0] is True
        assert await ask(api, purpose=pack.consent, categories=[pack.sensitive]) == (False, missing)

    @pytest.mark.packs(*having("sensitive_only"))
    async def test_where_only_sensitive_data_needs_consent_a_form_without_categories_binds_all(
        self, api: Api, pack: ShippedPack
    ) -> None:
        await register(api)
        assert "religion" in (await taken_over(api, purpose=pack.sensitive_only))["categories"]

    async def test_a_real_consent_under_a_notice_replaces_it(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await taken_over(api)
        sound = await given(api, explicit=False)
        assert (sound["quality"], sound["notice_version"]) == ("sound", pack.notice)
        assert (await read(api, record["id"]))["status"] == "superseded"

    async def test_how_it_stood_is_known_for_every_instant(self, api: Api) -> None:
        await register(api)
        record = await taken_over(api)
        await withdraw(api.member("M-1", "low"), record["id"])

        async def stood(at: str) -> list[str]:
            answer = await api.staff.get("/v1/consents", params={"subject_ref": "M-1", "at": at})
            return [item["status"] for item in answer.json()["items"]]

        assert await stood("2024-03-14T16:59:59Z") == []
        assert await stood(INSTANT) == ["active"]
        assert [event for event, *_ in await history(api, record["id"])] == ["granted", "withdrawn"]

    async def test_its_receipt_says_that_no_notice_is_known(self, api: Api) -> None:
        await register(api)
        record = await taken_over(api)
        said = await verified(api, await fetched(api.member("M-1"), record["id"]))
        assert (said["record_id"], said["status"]) == (record["id"], "active")

    async def test_its_evidence_is_sealed(self, api: Api, database: Database, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2")
        rows = [
            former(pack, evidence="ตู้เอกสาร ๗"),
            former(pack, "M-2", evidence="ตู้เอกสาร ๗"),
            former(pack, "M-2", pack.third_consent),
        ]
        assert (await imported(api, *rows))["accepted"] == 3
        boxes = await database.fetch("SELECT evidence FROM consent ORDER BY id")
        assert [row["evidence"] is None for row in boxes] == [False, False, True]
        assert boxes[0]["evidence"] != boxes[1]["evidence"]
        assert "ตู้เอกสาร".encode() not in boxes[0]["evidence"]
        keys = await database.fetch("SELECT subject_ref FROM keys.subject_key WHERE purpose = 'evidence' ORDER BY 1")
        assert [row["subject_ref"] for row in keys] == ["M-1", "M-2"]

    async def test_a_minor_s_own_opens_a_deletion_case_and_carries_nothing(self, api: Api, pack: ShippedPack) -> None:
        await register(api, born_on="2012-01-01")
        await taken_over(api)
        cases = (await api.dpo.get("/v1/deletion-cases", params={"subject_ref": "M-1"})).json()["items"]
        assert [(case["reason"], case["purposes"]) for case in cases] == [("minor_without_parent", [pack.consent])]
        assert await ask(api, purpose=pack.consent) == (False, ["representative_missing"])


class TestRefusing:
    async def test_every_fault_spoils_its_own_row_only(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await register(api, "M-2", membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        request = await submit(api, "M-2")
        assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
        await register(api, "M-3", deceased_on="2024-03-15")
        rows = [
            former(pack, "M-404"),
            former(pack, "M-2"),
            former(pack, "M-3"),
            former(pack, purpose="moon_landing"),
            former(pack, purpose=pack.without_consent),
            former(pack, granted_on="2022-06-01", before_act=True),
            former(pack, granted_on="2567-03-15"),
            former(pack, granted_on="2099-01-01"),
            former(pack, categories=["location"]),
            former(pack, recipients=["banks"]),
            former(pack, wording=["rude"]),
            former(pack, evidence="แฟ้ม\u0000"),
            former(pack),
            former(pack, granted_on="2023-01-01"),
            {"purpose": pack.consent},
            None,
        ]
        assert await imported(api, *rows) == {
            "accepted": 1,
            "rejected": [
                refused(pack, 0, "subject_unknown", subject_ref="M-404"),
                refused(pack, 1, "subject_erased", subject_ref="M-2"),
                refused(pack, 2, "subject_deceased", subject_ref="M-3"),
                refused(pack, 3, "purpose_unknown", purpose="moon_landing"),
                refused(pack, 4, "not_consent_based", purpose=pack.without_consent),
                refused(pack, 5, "not_before_act"),
                refused(pack, 6, "buddhist_era_year"),
                *(refused(pack, index, "invalid_row") for index in range(7, 12)),
                refused(pack, 13, "duplicate_row"),
                refused(pack, 14, "invalid_row", subject_ref=None),
                refused(pack, 15, "invalid_row", subject_ref=None, purpose=None),
            ],
        }

    @pytest.mark.packs(*having("statutory"))
    async def test_what_another_law_governs_is_not_taken_as_consent(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        answer = await imported(api, former(pack, purpose=pack.statutory))
        assert answer["rejected"] == [refused(pack, 0, "statutory_instrument", purpose=pack.statutory)]

    @pytest.mark.packs(*having("sensitive_only"))
    async def test_of_ordinary_data_that_needs_none_it_is_not_taken(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        row = former(pack, purpose=pack.sensitive_only, categories=["personal_identity"])
        answer = await imported(api, row)
        assert answer["rejected"] == [refused(pack, 0, "not_consent_based", purpose=pack.sensitive_only)]

    async def test_what_is_in_force_is_not_overwritten(self, api: Api, database: Database, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        before = await database.counts()
        assert await imported(api, former(pack)) == {"accepted": 0, "rejected": [refused(pack, 0, "already_granted")]}
        after = await database.counts()
        assert await read(api, record["id"]) == record
        assert {name for name in after if after[name] != before[name]} == {"public.audit_entry"}

    async def test_the_same_rows_again_change_nothing(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        rows = [former(pack), former(pack, purpose=pack.third_consent)]
        assert (await imported(api, *rows))["accepted"] == 2
        again = await imported(api, *rows)
        assert [row["code"] for row in again["rejected"]] == ["already_granted"] * 2

    async def test_an_older_form_revives_nothing_that_was_withdrawn_since(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await given(api)
        await withdraw(api.member("M-1"), record["id"])
        today = (await api.get("/sandbox/clock")).json()["now"][:10]
        for day in ("2024-03-15", today):
            assert (await imported(api, former(pack, granted_on=day)))["rejected"] == [refused(pack, 0, "ended_since")]
        assert await ask(api, purpose=pack.consent) == (False, ["consent_withdrawn"])

    async def test_what_was_given_after_the_last_end_is_taken(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        await api.post("/sandbox/clock", {"at": "2026-01-10T05:00:00Z"})
        record = await given(api)
        await withdraw(api.member("M-1"), record["id"])
        await api.post("/sandbox/clock", {"at": "2026-02-10T05:00:00Z"})
        assert (await imported(api, former(pack, granted_on="2026-01-11")))["accepted"] == 1

    @pytest.mark.packs(CHANTHABURI)
    async def test_more_than_five_thousand_rows_or_eight_mebibytes_are_too_much(
        self, api: Api, pack: ShippedPack
    ) -> None:
        rows = [former(pack, "M-404") for _ in range(5_001)]
        assert len((await imported(api, *rows[1:]))["rejected"]) == 5_000
        assert problem(await api.core.post(PATH, {"consents": rows})) == (422, "too_long")
        heavy = json.dumps({"consents": [former(pack, evidence="x" * 100_000)] * 90})
        answer = await api.core.call("POST", PATH, content=heavy, headers={"Content-Type": "application/json"})
        assert problem(answer) == (413, "body_too_large")

    @pytest.mark.parametrize("role", ["member", "representative", "staff", "committee", "auditor", "partner", "admin"])
    async def test_only_the_core_banking_system_and_the_dpo_take_over(
        self, api: Api, pack: ShippedPack, role: str
    ) -> None:
        await register(api)
        answer = await api.as_role(role, subject_ref="M-1").post(PATH, {"consents": [former(pack)]})
        assert problem(answer) == (403, "forbidden")
        assert (await api.dpo.post(PATH, {"consents": [former(pack)]})).json()["accepted"] == 1


class TestWithdrawing:
    @pytest.mark.parametrize("changes", [{}, {"granted_on": "2019-05-01", "before_act": True}])
    async def test_whatever_was_taken_over_is_withdrawn_with_the_rest_and_by_anybody_s_weakest_token(
        self, api: Api, pack: ShippedPack, changes: dict[str, Any]
    ) -> None:
        await register(api)
        record = await taken_over(api, **changes)
        body = {"purposes": "all", "channel": "phone"}
        answer = await api.member("M-1", "low").post("/v1/subjects/M-1/consent-withdrawals", body)
        assert [(one["id"], one["status"]) for one in answer.json()["items"]] == [(record["id"], "withdrawn")]
        assert await ask(api, purpose=pack.consent) == (False, ["consent_withdrawn"])

    async def test_data_from_before_the_act_is_withdrawn_in_part(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        record = await taken_over(api, granted_on="2019-05-01", before_act=True, evidence="แฟ้ม 3")
        answer = await withdraw(api.member("M-1", "low"), record["id"], categories=[pack.ordinary[1]])
        rest = await read(api, answer.json()["remaining"])
        assert (rest["quality"], rest["categories"]) == ("original_purpose", [pack.ordinary[0]])
        assert (await ask(api, purpose=pack.consent, categories=[pack.ordinary[1]]))[0] is False
        assert (await ask(api, purpose=pack.consent, categories=[pack.ordinary[0]]))[0] is True


class TestTraces:
    async def test_an_import_leaves_one_audit_entry_with_counts_and_an_event_for_each_consent(
        self, api: Api, database: Database, pack: ShippedPack
    ) -> None:
        await register(api)
        await imported(api, former(pack), former(pack, purpose=pack.third_consent), former(pack, "M-404"), None)
        [entry] = await database.fetch("SELECT * FROM audit_entry WHERE action LIKE 'consent%'")
        assert (entry["action"], entry["object_id"], entry["subject_ref"]) == ("consents.imported", "import", None)
        assert json.loads(entry["details"]) == {
            "accepted": 2,
            "rejected": {"subject_unknown": 1, "invalid_row": 1},
            "subjects": 1,
        }
        events = await database.fetch("SELECT data FROM outgoing_event WHERE type = 'consent.granted' ORDER BY id")
        assert [json.loads(event["data"])["purpose"] for event in events] == [pack.consent, pack.third_consent]

    async def test_the_same_call_again_is_answered_with_the_same(self, api: Api, pack: ShippedPack) -> None:
        await register(api)
        headers = {"Idempotency-Key": "import-1"}
        first = await api.core.post(PATH, {"consents": [former(pack)]}, headers=headers)
        again = await api.core.post(PATH, {"consents": [former(pack)]}, headers=headers)
        assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
