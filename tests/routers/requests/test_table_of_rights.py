"""Each right under each ground that there is, as `policies/cases/rights_over_http.yaml` tells (LAW E7; API 8).

The table says what carries a refusal; everything else that the pack knows, or nobody does, is tried against it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain.vocabulary import RequestKind
from app.policies.loader import load_pack
from tests.support.api import Api, problem
from tests.support.holds import placed
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.requests import BODIES

TABLE: dict[str, Any] = yaml.safe_load(
    Path(__file__).parents[2].joinpath("policies/cases/rights_over_http.yaml").read_text(encoding="utf-8")
)
GROUNDS = load_pack(SHIPPED_PACKS[0].name).grounds
Case = Mapping[str, Any]


def ours(kind: str) -> set[str]:
    """The grounds on which some request under a right may be refused."""
    return {code for code, ground in GROUNDS.items() if ground.decidable and kind in ground.rights}


def cases_of(pack: ShippedPack) -> Iterator[Case]:
    yield from (case for case in TABLE["cases"] if case.get("pack", pack.name) == pack.name)


def played() -> list[Any]:
    return [
        pytest.param(pack, case, id=f"{pack.name}: {case['right']}: {case['case']}")
        for pack in SHIPPED_PACKS
        for case in cases_of(pack)
    ]


def wrong_grounds(case: Case) -> Iterator[tuple[str | None, str]]:
    """Grounds that carry no refusal in a case, with the code that says why: all of this right's, and others in turn.

    The cases of a right try all the others between them, since no facts matter to these; the first of them does alone.
    """
    own, first = ours(case["right"]), next(one for one in TABLE["cases"] if one["right"] == case["right"])
    others: list[str | None] = [*(code for code in GROUNDS if code not in own), "because", None]
    step = 1 if case is first else 6
    yield from ((ground, "decision_unlawful") for ground in sorted(own - set(case["refused_on"])))
    yield from ((ground, "ground_not_valid") for ground in others[TABLE["cases"].index(case) % step :: step])


class Played:
    """A case under a pack; each request that it needs is another person's."""

    def __init__(self, api: Api, pack: ShippedPack, case: Case) -> None:
        self.api, self.kind, self.people = api, case["right"], 0
        names = {"<objectable>": pack.objectable, "<contract>": pack.without_consent, "<marketing>": pack.marketing}
        self.case = _filled(case, {**names, "<category>": pack.ordinary[0]})
        self.person = {**pack.person, **self.case.get("person", {})}
        self.ref = self.case["item"]

    async def ask(self) -> str:
        """The path of the request that the case is about, made by somebody new, and assessed by staff."""
        self.people += 1
        subject_ref, case = f"M-{self.people}", self.case
        await register(self.api, subject_ref, **self.person)
        if "record" in case:
            await push(self.api, subject_ref, record("R-1", **case["record"]))
        if "hold" in case:
            await placed(self.api, subject_ref)
        body = BODIES[self.kind](subject_ref, **case.get("asks", {}))
        answer = await self.api.member(subject_ref).post(f"/v1/requests/{self.kind}", body)
        assert answer.status_code == 201, answer.text
        if "later" in case:
            await register(self.api, subject_ref, **self.person, **case["later"])
        path = f"/v1/requests/{answer.json()['id']}"
        assert (await self.api.staff.post(f"{path}/assessment")).status_code == 200
        return path

    async def decide(self, path: str, outcome: str, **item: Any) -> Any:
        items = [{"ref": self.ref, "outcome": outcome, **item}]
        return await self.api.dpo.post(f"{path}/decision", {"outcome": outcome, "items": items})


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
    match value:
        case str():
            return names.get(value, value)
        case dict():
            return {key: _filled(inner, names) for key, inner in value.items()}
        case list():
            return [_filled(inner, names) for inner in value]
        case bool() | int():
            return value
        case _:
            return str(value)


@pytest.mark.parametrize(("pack", "case"), played())
async def test_what_the_facts_bear_may_be_decided_and_nothing_else(api: Api, pack: ShippedPack, case: Case) -> None:
    played = Played(api, pack, case)
    path, grantable = await played.ask(), case.get("may_be_granted", True)
    found = (await api.staff.get(f"{path}/assessment")).json()
    assert [(item["ref"], item["proposed"]) for item in found["items"]] == [(played.ref, case["proposed"])]
    assert set(found["items"][0]["grounds"]) == set(case["refused_on"])
    before = await api.staff.get(path)
    for ground, code in wrong_grounds(case):
        assert problem(await played.decide(path, "refused", ground=ground)) == (422, code), ground
    if not grantable:
        assert problem(await played.decide(path, "granted")) == (422, "decision_unlawful")
    assert (await api.staff.get(path)).json() == before.json(), "what is turned down changes nothing"
    for ground in case["refused_on"]:
        refused = await played.decide(await played.ask(), "refused", ground=ground)
        assert (refused.status_code, refused.json()["status"]) == (200, "refused"), refused.text
        assert [(item["ref"], item["ground"]) for item in refused.json()["items"]] == [(played.ref, ground)]
    if grantable:
        granted = await played.decide(path, "granted")
        assert (granted.status_code, granted.json()["outcome"]) == (200, "granted"), granted.text


@pytest.mark.parametrize("pack", SHIPPED_PACKS, ids=lambda pack: pack.name)
def test_every_ground_of_every_right_stands_in_the_table(pack: ShippedPack) -> None:
    assert load_pack(pack.name).grounds.keys() == GROUNDS.keys()
    for kind in RequestKind:
        borne = {ground for case in cases_of(pack) if case["right"] == kind for ground in case["refused_on"]}
        excused = set(TABLE["borne_by_no_case"].get(kind, {}))
        only_elsewhere = {
            ground
            for case in TABLE["cases"]
            if case["right"] == kind and case.get("pack", pack.name) != pack.name
            for ground in case["refused_on"]
        }
        assert borne | excused | only_elsewhere == ours(kind), kind
        assert borne.isdisjoint(excused), kind


def test_every_right_has_a_case_that_is_granted_and_one_that_can_not_be() -> None:
    for kind in RequestKind:
        found = [case for case in TABLE["cases"] if case["right"] == kind]
        assert {case.get("may_be_granted", True) for case in found} == {True, False}, kind
