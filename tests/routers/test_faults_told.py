"""What is told of bad input: each fault once, and a list is not blamed for an item of it."""

from tests.support.api import Api
from tests.support.members import register

RESTRICTION = {"subject_ref": "M-1", "ground": "needed_for_claims", "channel": "app", "language": "th"}


async def test_a_list_is_not_called_too_short_for_an_item_that_is_wrong(api: Api) -> None:
    await register(api)
    answer = await api.member("M-1").post("/v1/requests/restriction", {**RESTRICTION, "record_refs": ["a b"]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/record_refs/0", "code": "bad_format"}]
    assert answer.json()["code"] == "bad_format"


async def test_an_empty_list_is_too_short(api: Api) -> None:
    await register(api)
    answer = await api.member("M-1").post("/v1/requests/restriction", {**RESTRICTION, "record_refs": []})
    assert answer.json()["errors"] == [{"pointer": "/record_refs", "code": "too_short"}]
