"""What becomes of a restriction or an objection, the next decision knows."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.evaluations import ask
from tests.support.members import register
from tests.support.requests import decide, submit

BOTH = pytest.mark.parametrize(
    ("kind", "reason", "ground"),
    [("restriction", "restricted", "restrict_ground_not_met"), ("objection", "objected", "object_compelling")],
)
PURPOSE = "beneficiary_designation"


async def limited(api: Api, kind: str, reason: str) -> str:
    """The path of a request that has just turned the decision into a no."""
    await register(api)
    assert (await ask(api, purpose=PURPOSE))[0] is True
    request = await submit(api, kind=kind)
    assert await ask(api, purpose=PURPOSE) == (False, [reason])
    return f"/v1/requests/{request['id']}"


async def decided(api: Api, path: str, outcome: str, **changes: Any) -> None:
    answer = await decide(api, path.rpartition("/")[2], outcome, **changes)
    assert answer.status_code == 200, answer.text


@BOTH
async def test_what_is_granted_stays_a_no(api: Api, kind: str, reason: str, ground: str) -> None:
    path = await limited(api, kind, reason)
    await decided(api, path, "granted")
    assert await ask(api, purpose=PURPOSE) == (False, [reason])


@BOTH
async def test_what_is_refused_is_a_yes_again(api: Api, kind: str, reason: str, ground: str) -> None:
    path = await limited(api, kind, reason)
    await decided(api, path, "refused", items=[{"ref": PURPOSE, "outcome": "refused", "ground": ground}])
    assert (await ask(api, purpose=PURPOSE))[0] is True


@BOTH
async def test_what_is_cancelled_is_a_yes_again(api: Api, kind: str, reason: str, ground: str) -> None:
    path = await limited(api, kind, reason)
    assert (await api.member("M-1").post(f"{path}/cancellation")).status_code == 200
    assert (await ask(api, purpose=PURPOSE))[0] is True


async def test_a_lifted_restriction_is_a_yes_again(api: Api) -> None:
    path = await limited(api, "restriction", "restricted")
    await decided(api, path, "granted")
    assert (await api.staff.post(f"{path}/lifting", {"reason": "the claim is settled"})).status_code == 200
    assert (await ask(api, purpose=PURPOSE))[0] is True


async def test_of_two_limits_on_a_purpose_the_end_of_one_leaves_the_other(api: Api) -> None:
    path = await limited(api, "restriction", "restricted")
    await submit(api, kind="objection")
    assert await ask(api, purpose=PURPOSE) == (False, ["restricted", "objected"])
    await api.member("M-1").post(f"{path}/cancellation")
    assert await ask(api, purpose=PURPOSE) == (False, ["objected"])
