"""Keyset pages: every row once, whatever happens meanwhile; and no cursor but the list's own (API 1)."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.paging import decode_cursor, encode_cursor
from app.core.sealing import KeyRing, new_key
from app.domain.errors import BadCursor
from tests.support.api import Api, problem
from tests.support.consents import NOTICES, PURPOSE
from tests.support.consents import given as consent_given
from tests.support.holds import placed
from tests.support.members import push, record, register
from tests.support.requests import submit

RING = KeyRing({"a": new_key()})
KEYS = st.lists(st.text(max_size=30), min_size=1, max_size=3)


@given(st.text(max_size=30), KEYS)
def test_a_cursor_holds_the_key_that_was_put_in(scope: str, key: list[str]) -> None:
    assert decode_cursor(RING, scope, encode_cursor(RING, scope, key)) == key


@given(KEYS, st.text(max_size=30), st.text(max_size=30))
def test_a_cursor_of_another_list_is_refused(key: list[str], scope: str, other: str) -> None:
    if scope != other:
        with pytest.raises(BadCursor):
            decode_cursor(RING, other, encode_cursor(RING, scope, key))


@given(st.text(max_size=200))
def test_what_was_never_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(RING, "list", cursor)


def test_a_cursor_that_was_changed_anywhere_is_refused() -> None:
    cursor = encode_cursor(RING, "list", ["M-1"])
    raw = base64.urlsafe_b64decode(cursor + "==")
    changed = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(len(raw))]
    for broken in [*changed, raw[:-1], raw + b" ", raw[12:], b"", raw * 2]:
        with pytest.raises(BadCursor):
            decode_cursor(RING, "list", base64.urlsafe_b64encode(broken).decode().rstrip("="))


def test_a_cursor_of_another_deployment_is_refused() -> None:
    with pytest.raises(BadCursor):
        decode_cursor(KeyRing({"a": new_key()}), "list", encode_cursor(RING, "list", ["M-1"]))


def test_a_cursor_outlives_the_rotation_of_the_master_key() -> None:
    rotated = KeyRing({"b": new_key(), **RING.keys})
    assert decode_cursor(rotated, "list", encode_cursor(RING, "list", ["M-1"])) == ["M-1"]


async def full(api: Api) -> dict[str, tuple[Api, str, str]]:
    """Lists with several rows each: who reads them, where, and what names a row."""
    await register(api)
    await push(api, "M-1", *(record(f"D-{n}", events={"deposit_made": "2014-03-02"}) for n in range(5)))
    for purpose in NOTICES:
        await consent_given(api, purpose=purpose)
    for n in range(3):
        await submit(api, scope={"record_refs": [f"D-{n}"]})
        await placed(api, record_refs=[f"D-{n}"])
    return {
        "records": (api.staff, "/v1/subjects/M-1/records", "record_ref"),
        "retention": (api.staff, "/v1/subjects/M-1/retention", "record_ref"),
        "consents": (api.staff, "/v1/consents?subject_ref=M-1", "id"),
        "requests": (api.staff, "/v1/requests?subject_ref=M-1", "id"),
        "own requests": (api.member("M-1"), "/v1/requests", "id"),
        "holds": (api.staff, "/v1/legal-holds?subject_ref=M-1", "id"),
        "purposes": (api.staff, "/v1/purposes", "code"),
        "retention rules": (api.staff, "/v1/retention-rules", "code"),
        "rights": (api, "/v1/rights", "code"),
        "notices": (api, "/v1/notices", "notice_id"),
    }


async def walk(caller: Api, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    pages, following = [], ""
    joint = "&" if "?" in path else "?"
    while following is not None:
        cursor = f"&cursor={following}" if following else ""
        page = (await caller.get(f"{path}{joint}limit={limit}{cursor}")).json()
        pages.append(page["items"])
        following = page["next_cursor"]
    return pages


async def test_pages_of_any_size_show_every_row_once_in_one_order(api: Api) -> None:
    for name, (caller, path, key) in (await full(api)).items():
        whole = [row[key] for page in await walk(caller, path, 200) for row in page]
        assert len(whole) >= 3, name
        for limit in (1, 2, len(whole), len(whole) + 1):
            pages = await walk(caller, path, limit)
            assert [row[key] for page in pages for row in page] == whole, (name, limit)
            assert all(len(page) == limit for page in pages[:-1]), (name, limit)
            assert pages[-1], f"{name}: the last page is not empty"


async def test_no_list_takes_the_cursor_of_another_list_filter_or_subject(api: Api) -> None:
    lists = await full(api)
    await register(api, "M-2")
    for n in range(2):
        await push(api, "M-2", record(f"D-{n}"), record("D-9"))
    cursors = {}
    for name, (caller, path, _) in lists.items():
        answer = await caller.get(f"{path}{'&' if '?' in path else '?'}limit=1")
        cursors[name] = answer.json()["next_cursor"]
    for name, (caller, path, _) in lists.items():
        for other, cursor in cursors.items():
            answer = await caller.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
            alike = other == name or {name, other} == {"requests", "own requests"}
            assert answer.status_code == 200 if alike else problem(answer) == (422, "bad_cursor"), (name, other)
    elsewhere = (
        f"/v1/subjects/M-2/records?cursor={cursors['records']}",
        f"/v1/consents?subject_ref=M-1&purpose={PURPOSE}&cursor={cursors['consents']}",
        f"/v1/requests?subject_ref=M-1&status=in_review&cursor={cursors['requests']}",
        f"/v1/legal-holds?subject_ref=M-1&in_force=true&cursor={cursors['holds']}",
    )
    for path in elsewhere:
        assert problem(await api.staff.get(path)) == (422, "bad_cursor"), path


async def test_rows_that_come_and_go_meanwhile_move_no_other(api: Api) -> None:
    await register(api)
    await push(api, "M-1", *(record(f"D-{n}") for n in range(0, 10, 2)))
    first = (await api.staff.get("/v1/subjects/M-1/records?limit=2")).json()
    assert [row["record_ref"] for row in first["items"]] == ["D-0", "D-2"]
    await push(api, "M-1", *(record(f"D-{n}") for n in (1, 5)))
    rest = (await api.staff.get(f"/v1/subjects/M-1/records?limit=200&cursor={first['next_cursor']}")).json()
    assert [row["record_ref"] for row in rest["items"]] == ["D-4", "D-5", "D-6", "D-8"]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "9223372036854775808", "1.0", "๕", "", "all", "1e2", "%2B1", " 1"])
async def test_a_limit_is_a_whole_number_from_1_to_200(api: Api, limit: str) -> None:
    answer = await api.get(f"/v1/rights?limit={limit}")
    assert problem(answer)[0] == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/limit"


async def test_without_a_limit_there_are_fifty(api: Api) -> None:
    await register(api)
    await push(api, "M-1", *(record(f"D-{n:03d}") for n in range(51)))
    page = (await api.staff.get("/v1/subjects/M-1/records")).json()
    assert len(page["items"]) == 50
    assert page["next_cursor"]
