"""Erasure because consent is withdrawn, over HTTP, under every shipped pack."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.consents import given, read
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.requests import code_for, decide, erasure, submit

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


def resting(pack: ShippedPack, **changes: Any) -> dict[str, Any]:
    """A record that nothing but a consent carries."""
    basis = "explicit_consent" if pack.explicit else "consent"
    bound = {"categories": list(pack.categories[1:]), "lawful_basis": basis, "purpose": pack.consent}
    return record("CLI-1", "member_data", **bound, **changes)


async def test_the_consent_behind_the_record_ends_with_the_proof_of_identity(api: Api, pack: ShippedPack) -> None:
    await register(api)
    await push(api, "M-1", resting(pack))
    consent = await given(api)
    body = erasure(ground="consent_withdrawn", channel="counter")
    request = (await api.staff.post("/v1/requests/erasure", body)).json()
    assert (await read(api, consent["id"]))["status"] == "active"
    path = f"/v1/requests/{request['id']}/identity"
    sent = (await api.staff.post(f"{path}/challenges", {"via": "sms"})).json()
    proof = {"challenge_id": sent["challenge_id"], "code": await code_for(api)}
    await api.staff.post(f"{path}/verifications", proof)
    assert (await read(api, consent["id"]))["status"] == "withdrawn"


async def test_what_rests_on_the_withdrawn_consent_is_erased_though_the_policy_period_runs(
    api: Api, pack: ShippedPack
) -> None:
    await register(api, kind="family", membership=None, related_to=[])
    events = {"membership_terminated": "2025-01-10", "relationship_ended": "2010-01-10"}
    await push(api, "M-1", resting(pack, events=events))
    await given(api)
    other = await submit(api, scope={"record_refs": ["CLI-1"]})
    assessed = (await api.staff.get(f"/v1/requests/{other['id']}/assessment")).json()["items"][0]
    assert (assessed["proposed"], assessed["grounds"]) == ("refused", ["erase_legal_claims"])
    request = await submit(api, ground="consent_withdrawn")
    decided = (await decide(api, request["id"], "granted")).json()
    assert [item["outcome"] for item in decided["items"]] == ["granted"]


async def test_another_ground_leaves_consent_as_it_is(api: Api, pack: ShippedPack) -> None:
    await register(api)
    await push(api, "M-1", resting(pack))
    consent = await given(api)
    await submit(api)
    assert (await read(api, consent["id"]))["status"] == "active"
