"""What is published while the service runs lies on top of the pack, and can be restored with it."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.policy import Bilingual, Notice, PolicyPack
from app.policies.loader import PackInvalid, restore_pack
from app.policies.overlay import Entry, overlaid
from app.policies.reading import digest

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
PUBLISHED = Notice(
    notice_id="019ab2c5-1f20-7d41-8a63-4e9c7b2f5d81",
    version="2569-1-loans",
    effective_from=date(2026, 4, 1),
    purposes=("loan_application_assessment", "loan_contract"),
    title=Bilingual("สินเชื่อ", "~"),
    content=Bilingual("ข้อความ\nสองบรรทัด", "null"),
    content_sha256="",
    fresh_consent_for=("loan_application_assessment",),
    published_at=NOON,
    verified=True,
)


def content(notice: Notice) -> dict[str, object]:
    return {
        "notice_id": notice.notice_id,
        "version": notice.version,
        "effective_from": notice.effective_from.isoformat(),
        "purposes": list(notice.purposes),
        "fresh_consent_for": list(notice.fresh_consent_for),
        "title": asdict(notice.title),
        "content": asdict(notice.content),
    }


def entry(notice: Notice = PUBLISHED, **changes: object) -> Entry:
    return replace(Entry("notice", content(notice), NOON), **changes)  # type: ignore[arg-type]  # as replace takes it


def another() -> Entry:
    later = replace(PUBLISHED, notice_id="another", version="2569-2-loans")
    return entry(later, published_at=NOON + timedelta(days=1))


def test_with_nothing_published_the_pack_is_in_force_as_it_is(chanthaburi: PolicyPack) -> None:
    assert overlaid(chanthaburi, []) is chanthaburi


def test_a_published_notice_joins_those_of_the_pack(chanthaburi: PolicyPack) -> None:
    pack = overlaid(chanthaburi, [entry()])
    assert list(pack.notices) == [*chanthaburi.notices, PUBLISHED.notice_id]
    kept = pack.notices[PUBLISHED.notice_id]
    assert replace(kept, content_sha256="") == PUBLISHED
    assert pack.overlay_entries == 1


def test_its_hash_is_computed_as_that_of_a_notice_of_the_pack(chanthaburi: PolicyPack) -> None:
    own = chanthaburi.notices["life-insurance"]
    pack = overlaid(chanthaburi, [entry(replace(own, notice_id="again", version="again"))])
    assert pack.notices["again"].content_sha256 == own.content_sha256


def test_the_policy_is_named_by_pack_and_entries_in_their_order(chanthaburi: PolicyPack) -> None:
    names = {
        overlaid(chanthaburi, entries).sha256
        for entries in ([], [entry()], [another()], [entry(), another()], [another(), entry()])
    }
    assert len(names) == 5


def test_when_an_entry_was_published_is_part_of_the_policy(chanthaburi: PolicyPack) -> None:
    later = entry(published_at=NOON + timedelta(microseconds=1))
    assert overlaid(chanthaburi, [later]).sha256 != overlaid(chanthaburi, [entry()]).sha256


def test_laid_on_one_by_one_or_together_it_is_the_same_policy(chanthaburi: PolicyPack) -> None:
    together = overlaid(chanthaburi, [entry(), another()])
    assert overlaid(overlaid(chanthaburi, [entry()]), [another()]) == together


def test_the_canonical_text_brings_pack_and_overlay_back(chanthaburi: PolicyPack) -> None:
    pack = overlaid(chanthaburi, [entry(), another()])
    assert restore_pack(pack.canonical) == pack


def test_the_digest_is_over_the_canonical_text(chanthaburi: PolicyPack) -> None:
    pack = overlaid(chanthaburi, [entry()])
    assert pack.canonical.endswith(f'"pack":{chanthaburi.canonical}}}')
    assert pack.sha256 not in {digest(None), chanthaburi.sha256}


def test_a_kind_of_entry_that_is_not_known_is_refused(chanthaburi: PolicyPack) -> None:
    with pytest.raises(ValueError, match="`tide_table` is no kind of entry"):
        overlaid(chanthaburi, [entry(kind="tide_table")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kind":"notice"', '"kind":"tide"'),
        ('"2026-04-01"', '"2026-04-31"'),
        ('"version":"2569-1', '"edition":"2569-1'),
    ],
)
def test_an_overlay_that_was_tampered_with_is_refused(chanthaburi: PolicyPack, old: str, new: str) -> None:
    canonical = overlaid(chanthaburi, [entry()]).canonical
    assert old in canonical
    with pytest.raises(PackInvalid, match="overlay:0: can't be read"):
        restore_pack(canonical.replace(old, new, 1))
