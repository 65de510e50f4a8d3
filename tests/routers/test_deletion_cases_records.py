"""Deletion cases that the inventory shows: records held on a consent that nobody gave who may (policy clause 13)."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.consents import given
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.representatives import approved

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
MINOR = {"born_on": "2014-05-17"}


@pytest.fixture(autouse=True)
async def today(api: Api) -> None:
    """The day on which all of this happens."""
    await noon_of(api, "2026-11-20")


async def cases(api: Api, **wanted: Any) -> list[dict[str, Any]]:
    """The cases that staff see."""
    items: list[dict[str, Any]] = (await api.staff.get("/v1/deletion-cases", params=wanted)).json()["items"]
    return items


def on_consent(pack: ShippedPack, record_ref: str = "C-1", **changes: Any) -> dict[str, Any]:
    """A record that is said to rest on consent."""
    return record(record_ref, **{**pack.past_record, "lawful_basis": "consent", "purpose": pack.consent, **changes})


async def consented_by_parent(api: Api, pack: ShippedPack, purpose: str | None = None) -> None:
    """What the law asks for a child: the parent consents."""
    await approved(api, relation="parent")
    body = pack.body(purpose=purpose, given_by="P-1", subject_agreed=True)
    assert (await api.staff.post("/v1/consents", body)).status_code == 201


@pytest.mark.parametrize("basis", ["consent", "explicit_consent"])
async def test_a_minors_record_on_consent_without_the_parents_opens_a_case_at_once(
    api: Api, pack: ShippedPack, basis: str
) -> None:
    await register(api, **MINOR)
    await push(api, "M-1", on_consent(pack, lawful_basis=basis))
    [case] = await cases(api)
    assert (case["reason"], case["purposes"], case["consent_ids"]) == ("minor_without_parent", [pack.consent], [])
    assert (case["found_by"], case["decide_by"], case["status"]) == ("core_banking", "2026-12-21", "open")


@pytest.mark.parametrize("capacity", ["incompetent", "quasi_incompetent"])
async def test_so_does_one_of_who_is_under_care(api: Api, pack: ShippedPack, capacity: str) -> None:
    await register(api, legal_capacity=capacity)
    await push(api, "M-1", on_consent(pack))
    assert [case["reason"] for case in await cases(api)] == ["incapable_without_representative"]


@pytest.mark.parametrize("basis", [None, "contract", "legal_obligation", "legitimate_interest"])
async def test_another_basis_or_none_that_is_stated_opens_none(api: Api, pack: ShippedPack, basis: str | None) -> None:
    await register(api, **MINOR)
    await push(api, "M-1", on_consent(pack, lawful_basis=basis))
    await register(api, **MINOR)
    assert await cases(api) == []


@pytest.mark.parametrize("changes", [{}, {"born_on": "2006-11-20"}, {**MINOR, "deceased_on": "2026-11-20"}])
async def test_who_acts_alone_or_has_died_lacks_nobodys_word(
    api: Api, pack: ShippedPack, changes: dict[str, Any]
) -> None:
    await register(api, **changes)
    await push(api, "M-1", on_consent(pack))
    assert await cases(api) == []


async def test_the_parents_consent_to_the_very_purpose_carries_the_record(api: Api, pack: ShippedPack) -> None:
    await register(api, **MINOR)
    await consented_by_parent(api, pack)
    await push(api, "M-1", on_consent(pack), on_consent(pack, "C-2", purpose=None))
    assert await cases(api) == []
    await push(api, "M-1", on_consent(pack, "C-3", purpose=pack.third_consent))
    assert [case["purposes"] for case in await cases(api)] == [[pack.third_consent]]


async def test_a_consent_that_was_withdrawn_or_is_over_carries_nothing_more(api: Api, pack: ShippedPack) -> None:
    await register(api, **MINOR)
    await approved(api, relation="parent")
    body = pack.body(given_by="P-1", subject_agreed=True, expires_on="2026-11-30")
    assert (await api.staff.post("/v1/consents", body)).status_code == 201
    await noon_of(api, "2026-11-30")
    await push(api, "M-1", on_consent(pack))
    assert await cases(api) == []
    await noon_of(api, "2026-12-01")
    await push(api, "M-1", on_consent(pack))
    assert len(await cases(api)) == 1


async def test_a_push_of_many_opens_one_for_each_who_lacks_it(api: Api, pack: ShippedPack) -> None:
    for subject_ref, changes in (("M-1", MINOR), ("M-2", {}), ("M-3", MINOR), ("M-4", MINOR)):
        await register(api, subject_ref, **changes)
    rows = [{**on_consent(pack), "subject_ref": ref} for ref in ("M-1", "M-2", "M-3", "M-9")]
    rows.append({**on_consent(pack, lawful_basis="contract"), "subject_ref": "M-4"})
    answer = await api.core.put("/v1/records", {"records": rows})
    assert answer.json()["accepted"] == 4
    assert sorted(case["subject_ref"] for case in await cases(api)) == ["M-1", "M-3"]


async def test_pushed_again_it_changes_nothing_and_a_further_purpose_is_taken_up(api: Api, pack: ShippedPack) -> None:
    await register(api, **MINOR)
    for _ in range(2):
        await push(api, "M-1", on_consent(pack))
        [case] = await cases(api)
        assert case["version"] == 1
    await push(api, "M-1", on_consent(pack, "C-2", purpose=pack.third_consent))
    [case] = await cases(api)
    assert (case["version"], case["purposes"]) == (2, [pack.consent, pack.third_consent])


async def test_pushes_at_the_same_time_open_one(api: Api, pack: ShippedPack) -> None:
    await register(api, **MINOR)
    await asyncio.gather(*(push(api, "M-1", on_consent(pack, f"C-{n}")) for n in range(4)))
    assert len(await cases(api)) == 1


async def test_a_birth_that_turns_out_later_shows_it_too(api: Api, pack: ShippedPack) -> None:
    await register(api)
    await push(api, "M-1", on_consent(pack, purpose=None))
    assert await cases(api) == []
    await register(api, **MINOR)
    assert [(case["reason"], case["purposes"]) for case in await cases(api)] == [("minor_without_parent", [])]


async def test_what_the_minor_consented_to_alone_and_is_held_on_it_is_one_case(api: Api, pack: ShippedPack) -> None:
    await register(api)
    consent = await given(api)
    await push(api, "M-1", on_consent(pack))
    await register(api, **MINOR)
    [case] = await cases(api)
    assert (case["version"], case["purposes"], case["consent_ids"]) == (1, [pack.consent], [consent["id"]])


@pytest.mark.parametrize("resolution", [{"outcome": "keep", "basis": "legal_obligation"}, {"outcome": "erase"}])
async def test_what_is_dealt_with_is_not_found_again_but_a_further_purpose_is(
    api: Api, pack: ShippedPack, resolution: dict[str, str]
) -> None:
    await register(api, **MINOR)
    await push(api, "M-1", on_consent(pack))
    [case] = await cases(api)
    closed = await api.staff.post(f"/v1/deletion-cases/{case['id']}/resolution", resolution)
    assert closed.status_code == 200
    await push(api, "M-1", on_consent(pack), on_consent(pack, "C-2", purpose=None))
    await register(api, **MINOR)
    assert await cases(api, status="open") == []
    await push(api, "M-1", on_consent(pack, "C-3", purpose=pack.third_consent))
    assert [one["purposes"] for one in await cases(api, status="open")] == [[pack.third_consent]]
