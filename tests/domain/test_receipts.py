"""A receipt is valid against its published schema whatever the consent, and says of a person codes and references only."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # ships no types

from app.domain.consent import ConsentEventKind, ConsentStatus
from app.domain.policy import PolicyPack
from app.domain.receipt_terms import CATEGORIES, CONTEXT, STATUSES, Term
from app.domain.receipts import ConsentFacts, Issue, ReceiptEvent, receipt
from app.domain.vocabulary import Channel, ConsentQuality, Objectable
from app.policies.loader import load_pack
from app.schemas.receipts import receipt_schema

PACKS = [load_pack(name) for name in ("chanthaburi-teachers", "cooperative-officials")]
PACK = PACKS[0]
NOW = datetime(2026, 11, 21, 3, 0, 0, 5, UTC)
ISSUE = Issue(NOW, "https://privacy.coop.example")
SCHEMA = Draft202012Validator(json.loads(receipt_schema()), format_checker=FormatChecker())
NOTICE = next(one for one in PACK.notices.values() if "life_insurance_assessment" in one.purposes)
PLAIN = ConsentFacts(
    consent_id="019ab2c4-7a10-7c3e-9f52-3d8b6a1e4c70",
    subject_ref="M-000123",
    purpose="life_insurance_assessment",
    categories=("personal_identity", "health"),
    recipients=("insurer",),
    explicit=True,
    status=ConsentStatus.ACTIVE,
    notice_version=NOTICE.version,
    notice_sha256=NOTICE.content_sha256,
    language="th",
    given_by="P-7",
    given_as="parent",
    subject_agreed=True,
    expires_on=None,
    quality=ConsentQuality.SOUND,
    wording=(),
    policy="9" * 64,
    version=1,
)
GRANTED = ReceiptEvent(NOW, ConsentEventKind.GRANTED, "app")


def made(*events: ReceiptEvent, pack: PolicyPack = PACK, **changes: Any) -> dict[str, Any]:
    """The receipt of the plain consent with changes, read back from JSON and found valid."""
    document = receipt(replace(PLAIN, **changes), events or (GRANTED,), pack, ISSUE)
    read: dict[str, Any] = json.loads(json.dumps(document))
    SCHEMA.validate(read)
    return read


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)


@given(st.data())
def test_the_receipt_of_any_consent_under_any_pack_is_valid(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(PACKS))
    purpose = data.draw(st.sampled_from(list(pack.purposes.values())))
    made(
        *[
            ReceiptEvent(NOW, kind, data.draw(st.sampled_from([None, *Channel])))
            for kind in data.draw(st.lists(st.sampled_from(ConsentEventKind), min_size=1, max_size=5))
        ],
        pack=pack,
        purpose=purpose.code,
        categories=purpose.categories,
        recipients=purpose.recipients,
        explicit=data.draw(st.booleans()),
        status=data.draw(st.sampled_from(ConsentStatus)),
        expires_on=data.draw(st.none() | st.dates()),
        quality=data.draw(st.sampled_from(ConsentQuality)),
        version=data.draw(st.integers(1, 10_000)),
    )


def test_it_names_what_was_consented_to_by_whom_and_under_which_notice() -> None:
    said = made()
    processing = said["processing"]
    assert (said["record_id"], said["pii_principal_id"]) == (PLAIN.consent_id, "M-000123")
    assert said["privacy_notice"] == {
        "type": "dpv:ConsentNotice",
        "version": NOTICE.version,
        "sha256": NOTICE.content_sha256,
        "location": f"https://privacy.coop.example/v1/notices/{NOTICE.notice_id}",
    }
    assert said["policy"] == {"granted_under": "9" * 64, "described_by": PACK.sha256}
    assert processing["purpose"]["code"] == PLAIN.purpose
    assert processing["lawful_basis"] == "dpv:ExplicitlyExpressedConsent"
    assert processing["provision"] == "PDPA s.26"
    assert [(one["code"], one["type"], one["pii_type"], one["sensitive"]) for one in processing["pii_information"]] == [
        ("personal_identity", "dpv:PersonalData", "pd:Identifying", False),
        ("health", "dpv:SensitivePersonalData", "pd:Health", True),
    ]
    assert [one["code"] for one in processing["recipient_third_parties"]] == ["insurer"]
    assert {one["code"] for one in processing["privacy_rights"]} == set(PACK.rights)
    assert processing["withdrawal_method"]["exercised_at"].endswith(f"/v1/consents/{PLAIN.consent_id}/withdrawal")
    assert [one["entity_id"] for one in said["events"]] == ["P-7"]
    assert (said["given_by"], said["given_as"], said["subject_agreed"]) == ("P-7", "parent", True)


def test_disclosing_is_named_only_where_somebody_receives() -> None:
    assert "dpv:Disclose" in made()["processing"]["processing_methods"]
    assert "dpv:Disclose" not in made(recipients=())["processing"]["processing_methods"]


def test_consent_that_is_not_explicit_rests_on_another_section() -> None:
    processing = made(explicit=False)["processing"]
    assert (processing["lawful_basis"], processing["provision"]) == ("dpv:ExpressedConsent", "PDPA s.19")


@pytest.mark.parametrize("quality", ["doubtful", "original_purpose"])
def test_what_was_taken_over_says_so_and_claims_no_notice_and_no_kind_of_consent(quality: str) -> None:
    said = made(quality=quality, wording=("bundled",), notice_version=None, notice_sha256=None)
    assert (said["quality"], said["wording"], said["privacy_notice"]) == (quality, ["bundled"], None)
    assert said["processing"]["lawful_basis"] == said["events"][0]["event_type"] == "dpv:Consent"


def test_of_two_notices_with_the_same_text_the_one_that_was_shown_is_named() -> None:
    later = replace(NOTICE, notice_id="life-insurance-later", version="2569-9-life-insurance")
    pack = replace(PACK, notices={"life-insurance-later": later, **PACK.notices})
    assert made(pack=pack)["privacy_notice"]["location"].endswith(f"/v1/notices/{NOTICE.notice_id}")
    shown = made(pack=pack, notice_version=later.version)["privacy_notice"]
    assert shown["location"].endswith("/v1/notices/life-insurance-later")


def test_a_notice_that_is_no_longer_published_keeps_its_digest() -> None:
    notice = made(notice_version="2560-1", notice_sha256="0" * 64)["privacy_notice"]
    assert (notice["version"], notice["sha256"], notice["location"]) == ("2560-1", "0" * 64, None)


def test_each_event_leaves_its_state_and_names_who_brought_it_about() -> None:
    said = made(*[ReceiptEvent(NOW, kind, None) for kind in ConsentEventKind])
    assert [(one["code"], one["event_state"], one["entity_id"]) for one in said["events"]] == [
        ("granted", "dpv:ConsentGiven", "P-7"),
        ("withdrawn", "dpv:ConsentWithdrawn", "M-000123"),
        ("expired", "dpv:ConsentExpired", "chanthaburi-teachers"),
        ("superseded", "dpv:ConsentStatusInvalidForProcessing", "chanthaburi-teachers"),
        ("confirmed", "dpv:RenewedConsentGiven", "M-000123"),
    ]
    assert {one["event_time"] for one in said["events"]} == {"2026-11-21T03:00:00.000005Z"}


@pytest.mark.parametrize("status", ConsentStatus)
def test_how_it_stands_is_told_by_code_and_by_term(status: ConsentStatus) -> None:
    said = made(status=status, version=3)
    assert said["status"] == status
    assert said["processing"]["consent_status"] == STATUSES[status]
    assert said["receipt_id"] == f"{PLAIN.consent_id}/{status}-3"


def test_it_lasts_through_the_last_day_agreed_or_until_it_is_withdrawn() -> None:
    [event] = made(expires_on=date(2027, 3, 31))["events"]
    assert event["validity_duration"] == {"type": "dpv:UntilTimeDuration", "until": "2027-03-31"}
    [event] = made()["events"]
    assert event["validity_duration"] == {"type": "dpv:UntilEventDuration", "until": "withdrawal"}


def test_what_the_policy_has_dropped_keeps_its_code() -> None:
    processing = made(purpose="gone", categories=("lost",), recipients=("nobody",))["processing"]
    assert processing["purpose"] == {"code": "gone", "label": None, "purpose_type": "dpv:Purpose"}
    assert (processing["pii_information"][0]["label"], processing["pii_information"][0]["sensitive"]) == (None, None)
    assert processing["recipient_third_parties"][0]["label"] is None
    assert processing["storage"]["retention_period"] == []


def test_direct_marketing_is_called_so() -> None:
    marketing = replace(PACK.purposes[PLAIN.purpose], objectable=Objectable.ABSOLUTE)
    with_marketing = replace(PACK, purposes={**PACK.purposes, PLAIN.purpose: marketing})
    assert made()["processing"]["purpose"]["purpose_type"] == "dpv:Purpose"
    assert made(pack=with_marketing)["processing"]["purpose"]["purpose_type"] == "dpv:DirectMarketing"


def test_an_officer_is_a_party_only_where_one_is_appointed() -> None:
    def roles(said: dict[str, Any]) -> list[str]:
        return [party["type"] for party in said["parties"]]

    officer = replace(PACK.controller.dpo, appointed=True)
    with_one = replace(PACK, controller=replace(PACK.controller, dpo=officer))
    assert roles(made()) == ["dpv:DataController", "dpv:DataProtectionAuthority"]
    assert roles(made(pack=with_one)) == [
        "dpv:DataController",
        "dpv:DataProtectionOfficer",
        "dpv:DataProtectionAuthority",
    ]


def test_where_to_reach_the_controller_is_told_as_far_as_the_policy_tells_it() -> None:
    reached = [made(pack=pack)["parties"][0] for pack in PACKS]
    assert [(one["party_id"], one["party_contact"]) for one in reached] == [
        (pack.controller.code, pack.controller.contact.email) for pack in PACKS
    ]
    assert PACK.controller.contact.address is not None
    assert reached[0]["party_address"] == {
        "th": PACK.controller.contact.address.th,
        "en": PACK.controller.contact.address.en,
    }


def test_every_term_has_a_prefix_that_the_context_explains() -> None:
    prefixes = {name for name, meaning in CONTEXT.items() if str(meaning).endswith(("#", "/"))}
    targets = [str(meaning["@id"] if isinstance(meaning, dict) else meaning) for meaning in CONTEXT.values()]
    types = [str(meaning.get("@type", "")) for meaning in CONTEXT.values() if isinstance(meaning, dict)]
    compact = [one for one in [*Term, *CATEGORIES.values(), *targets, *types] if ":" in one and "//" not in one]
    assert len(compact) > 60
    assert {term.partition(":")[0] for term in compact} == prefixes
