"""A letter as it is kept and as it is read."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.letter_asked import asked
from app.domain.letter_decision import Told, decision
from app.domain.letter_matter import Matter
from app.domain.letter_opening import information, receipt
from app.domain.letters import FreeText, Letter, Paragraph, holds_free_text, reading
from app.domain.policy import Bilingual, PolicyPack
from app.domain.rights_request import ItemOutcome
from app.domain.rights_rules import FeeRule
from app.domain.vocabulary import Channel, Language, Outcome, RequestKind, Right, SubjectKind
from app.policies.loader import load_pack

PACK = load_pack("chanthaburi-teachers")
OFFICIALS = load_pack("cooperative-officials")
DAY = date(2026, 3, 2)


def matter(kind: RequestKind = RequestKind.ACCESS, pack: PolicyPack = PACK, **changes: Any) -> Matter:
    scope = changes.pop("scope", {"include_sources": True, "format": "json"})
    about = Matter(
        reference="R-2569-000001",
        case_id="0198c5f0-0000-7000-8000-000000000000",
        kind=kind,
        scope=scope,
        subject_ref="M-1",
        subject_kind=SubjectKind.MEMBER,
        on_behalf_by=None,
        channel=Channel.POST,
        received_on=DAY,
        decide_by=date(2026, 4, 1),
        complete_by=date(2026, 4, 1),
        provisional=False,
        proof="token",
        asked=asked(kind, scope, pack),
        policy=pack.sha256,
    )
    return replace(about, **changes)


def kept(letter: Letter) -> Any:
    return json.loads(json.dumps(letter.document()))


def said(letter: Letter, language: Language, *, told: bool = True) -> str:
    return json.dumps(reading(kept(letter), language, told=told), ensure_ascii=False)


def test_each_language_has_its_own_era() -> None:
    letter = receipt(matter(), PACK, on=DAY)
    assert "2 มีนาคม 2569" in said(letter, Language.TH)
    assert "2 March 2026" in said(letter, Language.EN)
    assert not set("กขคงจฉชซ") & set(said(letter, Language.EN))


@given(st.text(min_size=8))
def test_who_takes_no_part_reads_nobody_s_own_words(words: str) -> None:
    letter = replace(receipt(matter(), PACK, on=DAY), body=(Paragraph(FreeText(f"<{words}>")),))
    document = kept(letter)
    assert holds_free_text(document)
    assert [reading(document, Language.TH, told=told)["body"][0]["text"]["free"] for told in (True, False)] == [
        f"<{words}>",
        "(ไม่แสดงข้อความนี้)",
    ]


def test_only_a_letter_with_somebody_s_own_words_holds_any() -> None:
    assert not holds_free_text(kept(receipt(matter(), PACK, on=DAY)))
    assert holds_free_text(kept(information(matter(), PACK, on=DAY, question="which?")))


def test_a_question_says_whether_the_clock_runs_on() -> None:
    asked_of = matter()
    running = said(information(asked_of, PACK, on=DAY, question="which?"), Language.EN)
    stopped = said(information(replace(asked_of, paused=True), PACK, on=DAY, question="which?"), Language.EN)
    assert "The time to decide runs on, and the decision is due by 1 April 2026" in running
    assert "From today the time to decide stands still" in stopped
    assert "1 April 2026" not in stopped


def test_it_is_written_to_a_number() -> None:
    assert "สมาชิกเลขทะเบียน M-1" in said(receipt(matter(), PACK, on=DAY), Language.TH)
    visitor = matter(subject_kind=SubjectKind.VISITOR, on_behalf_by="P-1")
    letter = said(receipt(visitor, PACK, on=DAY), Language.EN)
    assert "Data subject, reference M-1" in letter
    assert "through the representative, reference P-1" in letter


def test_whose_identity_is_unproven_is_told_the_last_day_to_prove_it() -> None:
    letter = said(receipt(matter(proof=None), PACK, on=DAY), Language.EN)
    assert "Please prove it by 1 April 2026." in letter
    assert "Please prove it" not in said(receipt(matter(), PACK, on=DAY), Language.EN)


def test_a_controller_that_states_no_address_has_none_in_its_letters() -> None:
    assert receipt(matter(pack=OFFICIALS), OFFICIALS, on=DAY).letterhead.lines == ()
    assert "above address" not in said(receipt(matter(pack=OFFICIALS), OFFICIALS, on=DAY), Language.EN)
    head = receipt(matter(), PACK, on=DAY).letterhead
    assert [line.en for line in head.lines] == [
        "9 Moo 10, Phraya Trang Road, Tha Chang, Mueang, Chanthaburi",
        "Telephone 039-303379, 039-303380, 039-303381  E-mail chancoop@hotmail.co.th",
        "Office hours: Monday to Friday, 08:30-16:30",
    ]


def test_a_fee_is_told_with_its_reason_and_else_that_there_is_none() -> None:
    assert "free of charge" in said(receipt(matter(), PACK, on=DAY), Language.EN)
    paid = replace(PACK, fees=FeeRule(True, (Right.ACCESS,), reason=PACK.controller.name))
    assert "A fee is taken" in said(receipt(matter(), paid, on=DAY), Language.EN)


@pytest.mark.parametrize(
    ("kind", "scope", "effect"),
    [
        (RequestKind.RESTRICTION, {"record_refs": ["D-1"], "ground": "needed_for_claims"}, "is suspended until"),
        (RequestKind.CORRECTION, {"changes": [{"record_ref": None, "field": "phone"}]}, "marked as under check"),
        (RequestKind.ERASURE, {"scope": "all", "ground": "consent_withdrawn", "method": "erase"}, "have ended"),
        (
            RequestKind.OBJECTION,
            {"purposes": ["web_offers_and_recommendations"], "ground": "direct_marketing"},
            "stopped for good",
        ),
        (RequestKind.OBJECTION, {"purposes": ["web_contact_history"], "ground": "research"}, "is set apart"),
    ],
)
def test_the_receipt_tells_what_holds_until_the_decision(kind: RequestKind, scope: dict[str, Any], effect: str) -> None:
    letter = receipt(matter(kind, OFFICIALS, scope=scope), OFFICIALS, on=DAY)
    assert effect in said(letter, Language.EN)
    assert effect not in said(receipt(matter(pack=OFFICIALS), OFFICIALS, on=DAY), Language.EN)


def test_marketing_is_not_told_to_have_stopped_before_it_has() -> None:
    about = matter(RequestKind.OBJECTION, OFFICIALS, scope={"purposes": ["web_offers_and_recommendations"]}, proof=None)
    letter = said(receipt(about, OFFICIALS, on=DAY), Language.EN)
    assert "has stopped" not in letter
    assert "else as soon as your identity is proven" in letter


def test_of_many_records_the_first_are_named_and_the_rest_counted() -> None:
    scope = {"scope": {"record_refs": [f"D-{at}" for at in range(500)]}, "ground": "unlawful", "method": "erase"}
    letter = said(receipt(matter(RequestKind.ERASURE, scope=scope), PACK, on=DAY), Language.EN)
    assert "D-19 and 480 more" in letter
    assert "D-20" not in letter


def test_a_provisional_deadline_is_called_that() -> None:
    assert "provisional" in said(receipt(matter(provisional=True), PACK, on=DAY), Language.EN)
    assert "provisional" not in said(receipt(matter(), PACK, on=DAY), Language.EN)


def told(ref: str, ground: str | None = None) -> Told:
    outcome = ItemOutcome.GRANTED if ground is None else ItemOutcome.REFUSED
    return Told(ref, Bilingual(ref, ref), outcome, ground, None, None, None, [])


def decided(about: Matter, *items: Told, outcome: Outcome = Outcome.GRANTED) -> str:
    letter = decision(about, PACK, items, on=DAY, outcome=outcome, note=None, work_left=True)
    return said(letter, Language.EN)


@pytest.mark.parametrize(
    ("ground", "method", "ended"),
    [
        ("no_longer_necessary", "anonymise", "made anonymous"),
        ("no_longer_necessary", "erase", "erased or destroyed"),
        ("unlawful", "anonymise", "erased or destroyed"),
    ],
)
def test_what_was_processed_unlawfully_is_erased_whatever_was_asked_for(ground: str, method: str, ended: str) -> None:
    scope = {"scope": "all", "ground": ground, "method": method}
    assert f"will be {ended} by 1 April 2026" in decided(matter(RequestKind.ERASURE, scope=scope), told("D-1"))


OBJECTABLE, NOT_OBJECTABLE = "beneficiary_designation", "share_subscription_change"


@pytest.mark.parametrize(
    ("kind", "refused", "ended"),
    [
        (RequestKind.OBJECTION, [OBJECTABLE, NOT_OBJECTABLE], True),
        (RequestKind.OBJECTION, [NOT_OBJECTABLE], False),
        (RequestKind.RESTRICTION, [NOT_OBJECTABLE], True),
        (RequestKind.RESTRICTION, [], False),
    ],
)
def test_only_what_was_suspended_is_told_to_be_so_no_longer(kind: RequestKind, refused: list[str], ended: bool) -> None:
    about = matter(kind, scope={"purposes": [OBJECTABLE, NOT_OBJECTABLE]})
    items = [told(OBJECTABLE), *(told(ref, "insufficient_detail") for ref in refused)]
    assert ("the suspension that held" in decided(about, *items, outcome=Outcome.PARTLY_GRANTED)) is ended
