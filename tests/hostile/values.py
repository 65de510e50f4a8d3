"""Hostile values (RELIABILITY.md 4), as JSON texts. Each that holds text carries a canary: no refusal may say it back.

A pointer does name an unknown field, as long as it looks like a field's name: the canary has a blank where it is a key.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

CANARY = "zq7canary"


def text(value: str) -> str:
    """A JSON string in ASCII."""
    return json.dumps(value)


TYPES = ("null", "true", "0", "-1", "1.0", "1e3", "[]", "{}", "[[]]", "[null]", f'{{"{CANARY} ": 1}}', f'["{CANARY}"]')
NUMBERS = (
    *("2147483648", "-2147483649", "9223372036854775808", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "1e-400"),
    *("100000000000000000000", "0.005", "0.1", "-0", "9" * 400, "9" * 401, "1" + "0" * 5000),
)
WORDS = (
    *(
        text(f"{CANARY}{char}{CANARY}")
        for char in ("\0", "\ud800", "\udfff", "\u202e", "\u2066", "\ufeff", "\u2028", "\x1b[31m")
    ),
    *(text(char) for char in ("", " ", "\u200b", "\u3164", "\t\n", "\udc80\ud83d")),
    *(
        text(CANARY + tail)
        for tail in ("", "\r\nSet-Cookie: a=b", "'; DROP TABLE subject; --", "{0.__class__}%s%n", "\ufffe", "/../x")
    ),
    *(text(CANARY + "x" * length) for length in (55, 60, 192, 492, 3_992, 100_000)),
    *(
        text(f"${{jndi:ldap://{CANARY}}}"),
        text("\u0e33" * 40 + CANARY),
        text(CANARY + "\u0301" * 1000),
        text("\U0001f469\u200d" * 9),
    ),
)
DATES = (
    *("2567-02-29", "2567-01-01", "2400-01-01", "0001-01-01", "9999-12-31", "1899-12-31", "2201-01-01", "2023-02-29"),
    *(
        "2024-2-3",
        "20240203",
        "2024-02-30",
        "2024-02-03 ",
        "2024-W05-1",
        "๒๕๖๗-๐๑-๐๑",
        "2024-02-03T00:00:00",
        "0000-00-00",
    ),
)
INSTANTS = (
    *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2024-01-01T00:00:00+23:59", "2024-01-01T00:00:00"),
    *("2567-02-29T00:00:00Z", "1900-01-01T00:00:00+14:00", "2200-12-31T23:59:59-14:00", "2024-01-01T24:00:00Z"),
    *(
        "2024-01-01T00:00:60Z",
        "2024-01-01t00:00:00z",
        "2024-01-01T00:00:00.1234567890Z",
        "1700000000000",
        "now",
        "infinity",
    ),
)
DURATIONS = (
    "P1M",
    "P1Y",
    "-P1D",
    "P",
    "PT",
    "P99999D",
    "P99999DT99999H99999M99999S",
    "P9999999999999D",
    "P1.5D",
    "PT0S",
    "P๑D",
)
IDS = (
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "9223372036854775808", "1"),
    *(
        "{0198c5f0-0000-7000-8000-000000000000}",
        "urn:uuid:0198c5f0-0000-7000-8000-000000000000",
        "0198c5f000007000800000000000000",
    ),
    *("0198C5F0-0000-7000-8000-000000000000", "0198c5f0_0000_7000_8000_000000000000", "../../etc/passwd"),
)
CONTACTS = (
    *(
        "+66812345678' OR '1'='1",
        "0812345678\0",
        "+٦٦٨١٢٣٤٥٦٧٨",
        "tel:0812345678",
        "1101700203450",
        "1101700203451",
        "๑๑๐๑๗๐๐๒๐๓๔๕๐",
    ),
    *(
        "a@[127.0.0.1]",
        "a@b",
        "a@b.c\r\nBcc: x@y.z",
        "ก@ไทย.ไทย",
        "a" * 250 + "@b.co",
        '"a b"@c.de',
        "a@xn--.com",
        "=1+1@b.co",
    ),
)
COERCIBLE = ('"7"', '" 7 "', '"1_0"', '"yes"', '"true"', '"1e1"', '"\\u0e57"', "7.0", "1")
NESTED = "[" * 20 + "]" * 20
ORDINARY = (
    *TYPES,
    *(
        text(f"{CANARY}\0"),
        text(f"{CANARY}\ud800"),
        text(f"{CANARY}\u202e"),
        text(""),
        text(CANARY),
        text(CANARY + "x" * 100_000),
    ),
    *("2147483648", "9223372036854775808", "1e400", "NaN", "9" * 401, text("2567-02-29"), NESTED),
)
"""What every field gets."""


def values_for(schema: Mapping[str, Any], *, all_of_them: bool) -> Sequence[str]:
    """Values that are hostile to what the schema wants; or all there are."""
    dates = [text(value) for value in (*DATES, *INSTANTS)]
    others = [text(value) for value in (*DURATIONS, *IDS, *CONTACTS)]
    if all_of_them:
        return list(dict.fromkeys([*ORDINARY, *NUMBERS, *WORDS, *COERCIBLE, *dates, *others]))
    match schema.get("type"), schema.get("format"), schema.get("pattern", ""):
        case "string", "date" | "date-time", _:
            fitting = dates
        case "string", "uuid", _:
            fitting = [text(value) for value in IDS]
        case "string", _, pattern if pattern.startswith(("^P", "^([0-9]{4})")):
            fitting = [*dates, *(text(value) for value in DURATIONS)]
        case "string", "email", _:
            fitting = [text(value) for value in CONTACTS]
        case "string", _, pattern if "0-9" in pattern and "a-z" not in pattern.lower():
            fitting = [text(value) for value in CONTACTS]
        case "string", _, _:
            fitting = [] if "enum" in schema or "const" in schema else list(WORDS)
        case "integer" | "number", _, _:
            fitting = [*NUMBERS, *COERCIBLE]
        case "boolean", _, _:
            fitting = list(COERCIBLE)
        case _:
            fitting = []
    return list(dict.fromkeys([*ORDINARY, *fitting]))
