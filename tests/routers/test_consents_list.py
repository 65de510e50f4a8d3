"""A list of consents by status looks at a bounded number of them for one page, whatever became of the others."""

import pytest

from app.services import consents
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.consents import given
from tests.support.database import Database
from tests.support.members import register


async def test_a_page_ends_after_so_many_that_are_over_and_the_next_goes_on(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "EXAMINED", 2)
    await noon_of(api, "2027-01-10")
    refs = [f"M-{number}" for number in range(6)]
    for ref in refs:
        await register(api, ref)
    lasting = await given(api, refs[0])
    for ref in refs[1:]:
        await given(api, ref, expires_on="2027-01-20")
    await database.execute("UPDATE sandbox SET clock_offset = clock_offset + interval '11 days'")  # nobody records it
    found, pages, cursor = [], 0, None
    while cursor is not None or pages == 0:
        wanted = {"status": "active", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await api.staff.get("/v1/consents", params=wanted)).json()
        found += [one["id"] for one in page["items"]]
        pages, cursor = pages + 1, page["next_cursor"]
    assert found == [lasting["id"]], "nothing is passed over"
    assert pages > 1, "five that are over are not looked at for one page"
