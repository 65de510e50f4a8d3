"""Hostile bodies are one clean refusal; good ones are read as the standard library reads them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.strict_json import check_content_encoding, check_content_type, loads
from app.domain.errors import MalformedJson, UnsupportedMediaType

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(opening: str, closing: str, depth: int) -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


@given(JSON_VALUES)
def test_what_the_standard_library_writes_is_read_back(value: object) -> None:
    for ascii_only in (True, False):
        assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\0123456789.eE-+ntfu dabc\n').map(str.encode))
def test_no_body_raises_anything_but_malformed_json(body: bytes) -> None:
    with contextlib.suppress(MalformedJson):
        assert loads(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": "\xff"}', id="invalid UTF-8"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="a surrogate as raw UTF-8"),
        pytest.param(b'{"a": "\xc0\x80"}', id="overlong NUL"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte-order mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), id="UTF-16 without mark"),
        pytest.param('{"a": 1}'.encode("utf-32-be"), id="UTF-32"),
        pytest.param(b"", id="empty"),
        pytest.param(b" ", id="blank"),
        pytest.param(b"{} {}", id="two texts"),
        pytest.param(b"{}x", id="trailing data"),
        pytest.param(b"{}\x00", id="trailing NUL"),
        pytest.param(b"\xc2\xa0{}", id="no-break space"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b'{"a": 1,}', id="trailing comma"),
        pytest.param(b'{"a": 01}', id="leading zero"),
        pytest.param(b'{"a": +1}', id="plus sign"),
        pytest.param(b'{"a": 1_0}', id="underscore"),
        pytest.param(b'{"a": 0x1}', id="hexadecimal"),
        pytest.param('{"a": ๑}'.encode(), id="Thai digit"),
        pytest.param(b'{"a": "\n"}', id="raw control character"),
        pytest.param(b'{"a": 1} // x', id="comment"),
        pytest.param(b'{"a": "\\x41"}', id="unknown escape"),
        pytest.param(b'{"a": 1, "a": 1}', id="duplicate key"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', id="duplicate key, once escaped"),
        pytest.param(b'{"b": [{"a": 1, "a": 1}]}', id="duplicate key further in"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b'{"a": Infinity}', id="Infinity"),
        pytest.param(b"[-Infinity]", id="-Infinity"),
        pytest.param(b"[1e400]", id="1e400"),
        pytest.param(b"[-1e400]", id="-1e400"),
        pytest.param(b"[1" + b"0" * 400 + b".0]", id="float of 400 digits"),
        pytest.param(b"[0." + b"0" * 5_000 + b"]", id="float of 5,000 digits"),
        pytest.param(b"[" + b"7" * 401 + b"]", id="int of 401 digits"),
        pytest.param(b"[-" + b"7" * 5_000 + b"]", id="int of 5,000 digits"),
        pytest.param(b"[" * 33 + b"]" * 33, id="33 deep"),
        pytest.param(nested('{"a":', "}", 33), id="33 objects deep"),
        pytest.param(nested('[{"a":', "}]", 17), id="34 deep, mixed"),
        pytest.param(nested("[", "]", 10_000), id="10,000 deep"),
        pytest.param(nested('{"a":', "}", 10_000), id="10,000 objects deep"),
        pytest.param(b"[" * 1_000_000, id="a million opening brackets"),
        pytest.param(b"[" * 5_000 + b"\\" + b"]" * 5_000, id="10,000 deep behind a stray backslash"),
        pytest.param(b'"\\\\"' + b"[" * 5_000 + b'"' + b"]" * 5_000, id="deep behind an escaped backslash"),
        pytest.param(b"]" * 100 + b"[" * 100, id="brackets the wrong way round"),
    ],
)
def test_a_hostile_body_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b' \t\r\n{"a": [1, 2.5, true, "x"]} ', {"a": [1, 2.5, True, "x"]}),
        ('{"ชื่อ": "สมชาย"}'.encode(), {"ชื่อ": "สมชาย"}),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
        (nested('{"a":', "}", 32), json.loads(nested('{"a":', "}", 32))),
        (b"[" + b"[]," * 500 + b"{}]", [[]] * 500 + [{}]),
        (b'["' + b"[{" * 500 + b'\\"[[", "\\\\", "[["]', ["[{" * 500 + '"[[', "\\", "[["]),
        (b"[" + b"[]," * 40 + b'"x", "[[", "y"]', [*[[]] * 40, "x", "[[", "y"]),
        (b"[" + b"7" * 400 + b"]", [int("7" * 400)]),
        (b"[0." + b"5" * 398 + b"]", [5 / 9]),
        (b"[1e308, -1e-400]", [1e308, 0.0]),
        (b'["\\ud800", "\\u0000"]', ["\ud800", "\x00"]),
        (b'{"a": {"b": 1}, "c": {"b": 1}}', {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_a_good_body_is_read(body: bytes, value: object) -> None:
    assert loads(body) == value


def test_the_depth_taken_is_the_callers_choice() -> None:
    assert loads(b"[[1]]", max_depth=2) == [[1]]
    with pytest.raises(MalformedJson):
        loads(b"[[[1]]]", max_depth=2)


@pytest.mark.parametrize("body", [b"[1.0]", b"[1e3]", b"[1E-400]", b"[NaN]", b'{"a": -0.5}'])
def test_a_caller_may_want_whole_numbers_only(body: bytes) -> None:
    assert loads(b'[1, -2, "1.5"]', integers_only=True) == [1, -2, "1.5"]
    with pytest.raises(MalformedJson):
        loads(body, integers_only=True)


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "Application/JSON",
        " application/json ; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; version=1",
    ],
)
def test_json_in_utf_8_is_taken(value: str) -> None:
    check_content_type(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json; charset=tis-620",
        "application/json; charset=utf-8; charset=utf-7",
        "application/json; charset = utf-7",
        "application/json, text/plain",
        "text/plain; application/json",
    ],
)
def test_any_other_content_type_is_refused(value: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        check_content_type(value)


@pytest.mark.parametrize("value", [None, "identity", " Identity "])
def test_a_body_as_it_is_is_taken(value: str | None) -> None:
    check_content_encoding(value)


@pytest.mark.parametrize("value", ["gzip", "br", "zstd", "deflate", "identity, gzip", "x-gzip", "", "*"])
def test_a_compressed_body_is_refused(value: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        check_content_encoding(value)
