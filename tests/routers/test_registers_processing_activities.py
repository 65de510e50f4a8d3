"""The record of processing activities (PDPA s.39(1)-(8)), over HTTP under both packs."""

import csv
import io

import pytest

from app.documents.csv_table import BYTE_ORDER_MARK
from app.policies.loader import load_pack
from tests.support.api import Api, problem
from tests.support.packs import SHIPPED_PACKS, ShippedPack

REGISTER = "/v1/registers/processing-activities"
pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


async def test_every_purpose_stands_in_it_with_all_that_the_act_wants(api: Api, pack: ShippedPack) -> None:
    policy = load_pack(pack.name)
    found = (await api.dpo.get(REGISTER)).json()
    assert {item["code"] for item in found["items"]} == set(policy.purposes)
    assert [item["number"] for item in found["items"]] == sorted(item["number"] for item in found["items"])
    for item in found["items"]:
        purpose = policy.purposes[item["code"]]
        assert [one["code"] for one in item["categories"]] == list(purpose.categories)
        assert [one["sensitive"] for one in item["categories"]] == [
            policy.categories[code].sensitive for code in purpose.categories
        ]
        assert [one["code"] for one in item["bases"]] == list(purpose.bases)
        assert {one["code"] for one in item["recipients"]} >= set(purpose.recipients)
        kept = [one["rule"] for one in item["retention"]]
        assert kept == [*purpose.retention, *([purpose.code] if purpose.code in policy.evidence else [])]
        assert {"access", "correction", "erasure", "restriction", "complaint"} <= set(item["rights"])
        assert ("objection" in item["rights"]) == (purpose.objectable != "no")
        assert (item["proposed"], item["verified"]) == (purpose.proposed, purpose.verified)
    assert found["controller"]["code"] == policy.controller.code
    assert [right["code"] for right in found["rights"]] == [right.value for right in policy.rights]
    assert {one["code"] for one in found["sources"]} == set(policy.sources)
    assert {one["code"] for one in found["storage_forms"]} == set(policy.storage_forms)
    assert {one["code"] for one in found["security_measures"]} == set(policy.security_measures)
    assert found["security_measures"]
    assert (found["policy"], found["warnings"]) == (policy.sha256, list(policy.warnings))


async def test_it_says_whom_a_purpose_may_disclose_to_and_what_can_be_withdrawn(api: Api, pack: ShippedPack) -> None:
    items = {item["code"]: item for item in (await api.as_role("auditor").get(REGISTER)).json()["items"]}
    assert [one["code"] for one in items[pack.consent]["recipients"]] == [pack.recipient]
    assert "withdrawal" in items[pack.consent]["rights"]
    assert not {"withdrawal", "objection"} & set(items[pack.without_consent]["rights"])
    assert "portability" in items[pack.without_consent]["rights"]
    if pack.statutory is not None:
        assert "withdrawal" not in items[pack.statutory]["rights"]
        assert "revenue_department" in {one["code"] for one in items["accounting_entries"]["recipients"]}


async def test_as_a_table_it_has_a_row_for_each_purpose(api: Api, pack: ShippedPack) -> None:
    answer = await api.dpo.get(REGISTER, params={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="processing-activities.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK), newline="")))
    items = (await api.dpo.get(REGISTER)).json()["items"]
    assert [(row["code"], row["purpose_th"]) for row in rows] == [(one["code"], one["label"]["th"]) for one in items]
    assert all(all(row[name] for name in ("categories_th", "bases_en", "retention", "security_en")) for row in rows)
    assert all(row["controller_th"] for row in rows)
    assert problem(await api.dpo.get(REGISTER, params={"limit": 1})) == (422, "unknown_parameter")
