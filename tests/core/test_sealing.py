"""A sealed box opens with its key in its place, and in no other way; a ring of master keys is whole or refused."""

import base64
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.sealing import KeyRing, KeyRingInvalid, SealBroken, load_ring, make_ring, new_key, seal, unseal

KEY = bytes(range(32))
PLACE = "subject/M-1/contacts"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_was_sealed_for_a_place_opens_there(plaintext: bytes, place: str) -> None:
    assert unseal(KEY, seal(KEY, plaintext, place), place) == plaintext


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert len({seal(KEY, b"0812345678", PLACE) for _ in range(100)}) == 100


def test_the_plaintext_is_not_in_the_box() -> None:
    assert b"0812345678" not in seal(KEY, b"0812345678", PLACE)


@given(st.data())
def test_a_box_with_any_bit_changed_stays_shut(data: st.DataObject) -> None:
    box = bytearray(seal(KEY, b"somying@member.example", PLACE))
    box[data.draw(st.integers(0, len(box) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(box), PLACE)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 27])
def test_a_box_cut_short_stays_shut(length: int) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, seal(KEY, b"", PLACE)[:length], PLACE)


@pytest.mark.parametrize("place", ["subject/M-2/contacts", "subject/M-1/name", "subject/M-1/contacts ", ""])
def test_a_box_carried_to_another_place_stays_shut(place: str) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, seal(KEY, b"text", PLACE), place)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        unseal(new_key(), seal(KEY, b"text", PLACE), PLACE)


def test_a_broken_seal_does_not_say_whose_it_was() -> None:
    with pytest.raises(SealBroken) as broken:
        unseal(KEY, b"", PLACE)
    assert "M-1" not in str(broken.value)


def test_the_first_key_of_a_ring_wraps_and_every_one_unwraps() -> None:
    old, new = KeyRing({"a": KEY}), KeyRing({"b": new_key(), "a": KEY})
    key_id, box = old.wrap(b"subject key", PLACE)
    assert (key_id, new.unwrap(key_id, box, PLACE)) == ("a", b"subject key")
    assert new.wrap(b"subject key", PLACE)[0] == "b"


def test_a_master_key_that_left_the_ring_takes_with_it_what_it_wrapped() -> None:
    key_id, box = KeyRing({"a": KEY}).wrap(b"subject key", PLACE)
    with pytest.raises(SealBroken):
        KeyRing({"b": KEY}).unwrap(key_id, box, PLACE)


def test_a_digest_outlives_rotation_and_differs_by_purpose_text_and_ring() -> None:
    ring, rotated = KeyRing({"a": KEY}), KeyRing({"b": new_key(), "a": KEY})
    assert ring.digest("erased", "M-1") == rotated.digest("erased", "M-1")
    others = {
        ring.digest("erased", "M-2"),
        ring.digest("other", "M-1"),
        KeyRing({"a": new_key()}).digest("erased", "M-1"),
    }
    assert ring.digest("erased", "M-1") not in others


def test_purpose_and_text_cannot_be_shifted_into_each_other() -> None:
    ring = KeyRing({"a": KEY})
    assert ring.digest("ab", "c") != ring.digest("a", "bc")


def entry(name: str, key: bytes = KEY) -> dict[str, str]:
    """A key as the file spells it."""
    return {"id": name, "key": base64.b64encode(key).decode()}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    """Writes a ring's file that only we may read."""

    def written(content: object) -> Path:
        path = tmp_path / "keys.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(0o600)
        return path

    return written


def test_a_ring_is_read_in_its_order(write: Callable[[object], Path]) -> None:
    other = new_key()
    ring = load_ring(write({"keys": [entry("new", other), entry("old")]}))
    assert list(ring.keys.items()) == [("new", other), ("old", KEY)]
    assert ring.current == "new"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "canary",
        "[]",
        "null",
        {"keys": None},
        {"keys": "canary"},
        {"keys": []},
        {"keys": ["canary"]},
        {"keys": [{"id": "canary"}]},
        {"keys": [{"id": "a", "key": "canary!"}]},
        {"keys": [{"id": "a", "key": 7}]},
        {"keys": [entry("canary", bytes(31))]},
        {"keys": [entry("canary", bytes(33))]},
        {"keys": [entry("canary"), entry("canary", new_key())]},
        {"keys": {"canary": 1}},
    ],
)
def test_a_ring_that_is_not_whole_is_refused_without_telling_what_it_holds(
    write: Callable[[object], Path], content: object
) -> None:
    with pytest.raises(KeyRingInvalid) as refusal:
        load_ring(write(content))
    assert "canary" not in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyRingInvalid):
        load_ring(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_ring_that_others_may_touch_is_refused(write: Callable[[object], Path], mode: int) -> None:
    path = write({"keys": [entry("a")]})
    path.chmod(mode)
    with pytest.raises(KeyRingInvalid, match="chmod 600"):
        load_ring(path)


def test_a_ring_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRingInvalid, match="No such file"):
        load_ring(tmp_path / "none.json")


def test_a_sandbox_makes_its_ring_once_and_for_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = make_ring(path)
    assert make_ring(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"], "no draft is left"


def test_processes_that_make_a_ring_at_once_get_the_same_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: make_ring(path), range(32)))
    assert len({ring.current for ring in rings}) == 1


def test_a_broken_ring_is_never_replaced(write: Callable[[object], Path]) -> None:
    path = write("half a ri")
    with pytest.raises(KeyRingInvalid):
        make_ring(path)
    assert path.read_text() == "half a ri"
