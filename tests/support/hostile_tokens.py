"""Hostile tokens by name, each with the reason that is logged for it (RELIABILITY.md 3)."""

import json
from typing import Any

from tests.support.forging import (
    ABSENT,
    AUDIENCE,
    ISSUER,
    NOW,
    b64,
    bearer,
    claims,
    ec_jwk,
    ec_key,
    es256,
    es256_der,
    header,
    hmac_with,
    ours_as,
    rs256,
    signing_input,
    token,
)

Hostile = dict[str, tuple[list[str], str]]
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def algorithms() -> Hostile:
    """Another algorithm than the key's, or none."""
    kinds: Hostile = {}
    for name in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "es256",
        "ES256 ",
        "ES384",
        "ES512",
        "RS256",
        "PS256",
        "EdDSA",
        "HS256",
        "dir",
    ]:
        kinds[f"alg {name!r}"] = bearer(header(alg=name)), "alg_not_of_key"
    for value in [ABSENT, None, 1, True, ["ES256"], {"ES256": 1}]:
        kinds[f"alg {type(value).__name__}"] = bearer(header(alg=value)), "kid_or_alg_type"
    for form in ["pem", "der", "point", "ssh", "jwk", "x", "empty"]:
        kinds[f"HS256 with our key as {form}"] = (
            bearer(header(alg="HS256"), sign=hmac_with(ours_as(form))),
            "alg_not_of_key",
        )
        kinds[f"HMAC under ES256 with our key as {form}"] = (
            bearer(sign=hmac_with(ours_as(form), "sha512")),
            "signature",
        )
    kinds["HS512 with our key as pem"] = (
        bearer(header(alg="HS512"), sign=hmac_with(ours_as("pem"), "sha512")),
        "alg_not_of_key",
    )
    kinds["none, without a signature"] = (
        [f"Bearer {signing_input(header(alg='none'), claims())}."],
        "not_a_bearer_token",
    )
    kinds["none, with a signature of one byte"] = bearer(header(alg="none"), sign=lambda _: b"\0"), "alg_not_of_key"
    kinds["RS256 by a key of ours that is not for RS256"] = bearer(header(alg="RS256"), sign=rs256()), "alg_not_of_key"
    return kinds


def headers() -> Hostile:
    """Key names, types and parameters."""
    kinds: Hostile = {}
    for name in [
        "../../../../dev/null",
        "' OR 1=1 --",
        "",
        "ours\x00",
        "OURS",
        " ours",
        "ours ",
        "http://evil.test/k",
        "๑",
    ]:
        kinds[f"kid {name!r}"] = bearer(header(kid=name)), "kid_unknown"
    for value in [ABSENT, None, 1, 1.5, True, ["ours"], {"ours": 1}]:
        reason = "header_malformed" if value == 1.5 else "kid_or_alg_type"
        kinds[f"kid {type(value).__name__}"] = bearer(header(kid=value)), reason
    kinds["kid of 1 KiB"] = bearer(header(kid="k" * 1024)), "header_too_long"
    kinds["kid of 64 KiB"] = bearer(header(kid="k" * 65_536)), "too_long"
    kinds["kid of our RSA key"] = bearer(header(kid="rsa3072")), "alg_not_of_key"
    kinds["RS256 under the kid of our RSA key, signed with ES256"] = (
        bearer(header(alg="RS256", kid="rsa3072")),
        "signature_length",
    )
    kinds["kid of another of our keys"] = bearer(header(kid="second")), "signature"
    forged = es256(ec_key("evil"))
    kinds["jwk of the forger"] = bearer(header(jwk=ec_jwk("evil")), sign=forged), "header_parameter"
    kinds["kid of the forger's jwk"] = bearer(header(kid="evil", jwk=ec_jwk("evil")), sign=forged), "header_parameter"
    more: dict[str, Any] = {
        "jku": "https://evil.test/jwks",
        "x5u": "https://evil.test/cert",
        "x5c": ["MIIB"],
        "x5t": "abc",
        "x5t#S256": "abc",
        "jwk": None,
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
        "cty": "JWT",
        "enc": "A256GCM",
        "epk": {},
        "p2c": 10**9,
        "nonce": "n",
        "iss": ISSUER,
        "": "",
    }
    for name, value in more.items():
        kinds[f"header {name!r}"] = bearer(header(**{name: value})), "header_parameter"
    kinds["crit empty"] = bearer(header(crit=[])), "header_parameter"
    kinds["crit and b64"] = bearer(header(crit=["b64"], b64=False)), "header_parameter"
    kinds["crit of something new"] = bearer(header(crit=["new"], new=1)), "header_parameter"
    for typ in [
        ABSENT,
        None,
        "",
        "JWT",
        "jwt",
        "at+JWT",
        "AT+JWT",
        "at+jwt ",
        "at",
        "dpop+jwt",
        "logout+jwt",
        "id+jwt",
        1,
        ["at+jwt"],
    ]:
        kinds[f"typ {typ if typ is not ABSENT else 'absent'!r}"] = bearer(header(typ=typ)), "typ"
    return kinds


def shapes() -> Hostile:
    """Headers and payloads that are not what they should be."""
    kinds: Hostile = {}
    good_head, good_body = json.dumps(header()).encode(), json.dumps(claims()).encode()
    wrong: dict[str, tuple[bytes, str]] = {
        "array": (b"[1]", "not_an_object"),
        "array of arrays": (b"[" * 60 + b"]" * 60, "malformed"),
        "string": (b'"x"', "not_an_object"),
        "number": (b"7", "not_an_object"),
        "null": (b"null", "not_an_object"),
        "not JSON": (b"x", "malformed"),
        "invalid UTF-8": (b'{"a":"\xff"}', "malformed"),
        "NUL": (b"{}\0", "malformed"),
        "two texts": (b"{}{}", "malformed"),
        "depth bomb": (b'{"a":' * 100 + b"1" + b"}" * 100, "not_an_object"),
        "NaN": (b'{"a":NaN}', "malformed"),
        "Infinity": (b'{"a":-Infinity}', "malformed"),
        "1e400": (b'{"a":1e400}', "malformed"),
        "fraction": (b'{"a":1.5}', "malformed"),
        "number of 401 digits": (b'{"a":' + b"9" * 401 + b"}", "malformed"),
    }
    for name, (raw, reason) in wrong.items():
        kinds[f"header is {name}"] = bearer(raw), f"header_{reason}"
        kinds[f"payload is {name}"] = bearer(None, raw), f"payload_{reason}"
    kinds["header with byte-order mark"] = bearer(b"\xef\xbb\xbf" + good_head), "header_malformed"
    kinds["payload with byte-order mark"] = bearer(None, b"\xef\xbb\xbf" + good_body), "payload_malformed"
    kinds["payload in UTF-16"] = bearer(None, json.dumps(claims()).encode("utf-16")), "payload_malformed"
    kinds["header with two alg"] = bearer(good_head[:-1] + b',"alg":"none"}'), "header_malformed"
    kinds["header with two kid"] = bearer(b'{"kid":"evil",' + good_head[1:]), "header_malformed"
    for claim in ["exp", "iat", "iss", "aud", "sub", "jti", "roles"]:
        extra = json.dumps({claim: claims()[claim]}).encode()[1:-1]
        kinds[f"payload with two {claim}"] = bearer(None, good_body[:-1] + b"," + extra + b"}"), "payload_malformed"
    kinds["nested token"] = bearer(None, json.dumps(token()).encode()), "payload_not_an_object"
    kinds["bare nested token"] = bearer(None, token().encode()), "payload_malformed"
    return kinds


def payloads() -> Hostile:
    """Claims absent, mistyped, out of range."""
    kinds: Hostile = {}
    wrong_type: list[Any] = [ABSENT, None, True, [], {}, ["x"]]
    for claim in ["exp", "iat", "iss", "aud", "sub", "jti"]:
        for value in [*wrong_type, *([] if claim in {"exp", "iat"} else [0, ""])]:
            kinds[f"{claim} {'absent' if value is ABSENT else repr(value)}"] = (
                bearer(None, claims(**{claim: value})),
                claim,
            )
    for claim in ["exp", "iat", "nbf"]:
        for value in [0, -1, 2**40, 2**63, 10**399, str(NOW), "", False, None, [NOW]]:
            kinds[f"{claim} = {str(value)[:20]!r} {type(value).__name__}"] = (
                bearer(None, claims(**{claim: value})),
                claim,
            )
        kinds[f"{claim} with a fraction"] = bearer(None, claims(**{claim: NOW + 0.0})), "payload_malformed"
    times: dict[str, tuple[dict[str, Any], str]] = {
        "expired": ({"exp": NOW - 10}, "expired"),
        "expired long ago": ({"iat": 1, "exp": 3600}, "expired"),
        "issued in the future": ({"iat": NOW + 11}, "not_yet_valid"),
        "not before the future": ({"nbf": NOW + 11}, "not_yet_valid"),
        "ten years wide": ({"exp": NOW + 10 * 365 * 86_400}, "lifetime"),
        "a second too wide": ({"iat": NOW, "exp": NOW + 3601}, "lifetime"),
        "expires as it is issued": ({"iat": NOW, "exp": NOW}, "lifetime"),
        "expires before it is issued": ({"iat": NOW + 5, "exp": NOW + 4}, "lifetime"),
    }
    texts: dict[str, tuple[dict[str, Any], str]] = {
        "iss with slash": ({"iss": ISSUER + "/"}, "iss"),
        "iss in capitals": ({"iss": ISSUER.upper()}, "iss"),
        "iss with NUL": ({"iss": ISSUER + "\0"}, "iss"),
        "iss of another": ({"iss": "https://evil.test"}, "iss"),
        "aud of another": ({"aud": "sitthi2"}, "aud"),
        "aud as prefix": ({"aud": "sit"}, "aud"),
        "aud joined": ({"aud": f"x {AUDIENCE}"}, "aud"),
        "aud list of others": ({"aud": ["a", "b"]}, "aud"),
        "aud list with a number": ({"aud": [AUDIENCE, 1]}, "aud"),
        "aud list in a list": ({"aud": [[AUDIENCE]]}, "aud"),
        "aud object": ({"aud": {AUDIENCE: 1}}, "aud"),
        "aud list of 21": ({"aud": [AUDIENCE] * 21}, "aud"),
        "sub too long": ({"sub": "a" * 129}, "sub"),
        "sub with space": ({"sub": "a b"}, "sub"),
        "sub with line feed": ({"sub": "a\n"}, "sub"),
        "sub in Thai": ({"sub": "สมชาย"}, "sub"),
        "sub with NUL": ({"sub": "a\0"}, "sub"),
        "sub as SQL": ({"sub": "' OR 1=1"}, "sub"),
        "jti too long": ({"jti": "a" * 257}, "jti"),
        "jti with space": ({"jti": "a b"}, "jti"),
        "roles text": ({"roles": "dpo"}, "roles"),
        "roles null": ({"roles": None}, "roles"),
        "roles object": ({"roles": {"dpo": True}}, "roles"),
        "roles with a number": ({"roles": ["staff", 1]}, "roles"),
        "roles in a list": ({"roles": [["dpo"]]}, "roles"),
        "roles empty name": ({"roles": [""]}, "roles"),
        "roles with space": ({"roles": ["staff dpo"]}, "roles"),
        "roles with line feed": ({"roles": ["dpo\n"]}, "roles"),
        "21 roles": ({"roles": ["staff"] * 21}, "roles"),
        "scope list": ({"scope": ["a"]}, "scope"),
        "scope null": ({"scope": None}, "scope"),
        "bound to a sender's key": ({"cnf": {"jkt": "x"}}, "sender_constrained"),
        "bound to a certificate": ({"cnf": {"x5t#S256": "x"}}, "sender_constrained"),
        "cnf null": ({"cnf": None}, "sender_constrained"),
    }
    for claim, wrong in {
        "subject_ref": ["", "a/b", "a" * 65, "ก"],
        "system": ["", "Core", "a.b", "a" * 65],
        "acr": ["", "a b"],
    }.items():
        for value in [*wrong, None, 1, ["x"], "a\n"]:
            texts[f"{claim} {value!r}"] = {claim: value}, claim
    for name, (changes, reason) in {**times, **texts}.items():
        kinds[name] = bearer(None, claims(**changes)), reason
    return kinds


def signatures() -> Hostile:
    """Signatures that are not ours, and spellings that are not canonical."""
    good = token()
    message, _, signature = good.rpartition(".")
    raw = es256()(message.encode())
    order = ORDER_OF_P256.to_bytes(32)
    bad: dict[str, bytes] = {
        "all zero": bytes(64),
        "all ones": b"\xff" * 64,
        "r zero": bytes(32) + raw[32:],
        "s zero": raw[:32] + bytes(32),
        "r the order": order + raw[32:],
        "s the order": raw[:32] + order,
        "halves swapped": raw[32:] + raw[:32],
        "first bit flipped": bytes([raw[0] ^ 0x80]) + raw[1:],
        "last bit flipped": raw[:-1] + bytes([raw[-1] ^ 1]),
        "of another text": es256()(b"another"),
        "by the forger": es256(ec_key("evil"))(message.encode()),
    }
    lengths = {
        "one byte": b"\0",
        "cut": raw[:-1],
        "one byte more": raw + b"\0",
        "twice": raw * 2,
        "in DER": es256_der(message.encode()),
        "of RSA": rs256()(message.encode()),
    }
    kinds: Hostile = {
        f"signature {name}": ([f"Bearer {message}.{b64(value)}"], "signature") for name, value in bad.items()
    }
    kinds |= {
        f"signature {name}": ([f"Bearer {message}.{b64(value)}"], "signature_length") for name, value in lengths.items()
    }
    other = signing_input(header(), claims(roles=["dpo"]))
    kinds["signature of another payload"] = [f"Bearer {other}.{signature}"], "signature"
    kinds["payload with a space more"] = (
        [f"Bearer {signing_input(header(), json.dumps(claims()).encode() + b' ')}.{signature}"],
        "signature",
    )
    kinds["signature padded"] = [f"Bearer {good}=="], "not_a_bearer_token"
    kinds["signature with spare bits"] = [f"Bearer {good[:-1]}{chr(ord(good[-1]) + 1)}"], "signature"
    kinds["header with spare bits"] = (
        [f"Bearer {_spare_bits(b64(b'{}'))}.{message.partition('.')[2]}.{signature}"],
        "header_malformed",
    )
    padded_body = json.dumps(claims()).encode() + b" " * (1 - len(json.dumps(claims())) % 3)
    crooked = (
        f"{b64(json.dumps(header()).encode())}.{_spare_bits(b64(padded_body + b' ' * ((2 - len(padded_body)) % 3)))}"
    )
    kinds["payload with spare bits, signed"] = (
        [f"Bearer {crooked}.{b64(es256()(crooked.encode()))}"],
        "payload_malformed",
    )
    return kinds


def _spare_bits(segment: str) -> str:
    """The same bytes in another spelling: the last character with one of its unused bits set."""
    assert len(segment) % 4 == 3, "two bytes over: two spare bits"
    return segment[:-1] + chr(ord(segment[-1]) + 1)


def serialisations() -> Hostile:
    """Other forms than header.payload.signature, other places than one header, other schemes than Bearer."""
    good = token()
    head, body, signature = good.split(".")
    flat = json.dumps({"protected": head, "payload": body, "signature": signature})
    values: dict[str, list[str]] = {
        "empty value": [""],
        "scheme alone": ["Bearer"],
        "scheme and space": ["Bearer "],
        "no scheme": [good],
        "two spaces": [f"Bearer  {good}"],
        "tab": [f"Bearer\t{good}"],
        "no-break space": [f"Bearer\u00a0{good}"],
        "leading space": [f" Bearer {good}"],
        "trailing space": [f"Bearer {good} "],
        "line feed": [f"Bearer {good}\n"],
        "NUL": [f"Bearer {good}\0"],
        "colon": [f"Bearer: {good}"],
        "equals sign": [f"Bearer={good}"],
        "quotes": [f'Bearer "{good}"'],
        "two in one": [f"Bearer {good}, Bearer {good}"],
        "two tokens": [f"Bearer {good} {good}"],
        "Basic": [f"Basic {good}"],
        "DPoP": [f"DPoP {good}"],
        "Token": [f"Token {good}"],
        "Bearer twice": [f"Bearer Bearer {good}"],
        "full-width scheme": [f"Ｂearer {good}"],
        "dotless i is no i": [f"Bearer {good}".replace("r", "ɼ", 1)],
        "two segments": [f"Bearer {head}.{body}"],
        "four segments": [f"Bearer {good}.x"],
        "five segments, as JWE": [f"Bearer {good}.x.y"],
        "empty segments": ["Bearer .."],
        "no header": [f"Bearer .{body}.{signature}"],
        "no payload": [f"Bearer {head}..{signature}"],
        "no signature": [f"Bearer {head}.{body}."],
        "JSON serialisation, flat": [f"Bearer {flat}"],
        "JSON serialisation, general": [f"Bearer {json.dumps({'payload': body, 'signatures': [{'protected': head}]})}"],
        "ordinary base64": [f"Bearer {head}.{body}.{'+/' * 43}"],
        "percent-encoded": [f"Bearer {good.replace('.', '%2E')}"],
        "Thai letter": [f"Bearer {head}.{body}ก.{signature}"],
        "Thai digit": [f"Bearer {head}.{body}๑.{signature}"],
        "space within": [f"Bearer {head}. {body}.{signature}"],
        "line feed within": [f"Bearer {head}.{body}.\n{signature}"],
    }
    kinds: Hostile = {name: (value, "not_a_bearer_token") for name, value in values.items()}
    kinds["no header at all"] = [], "no_token"
    kinds["two headers"] = [f"Bearer {good}", f"Bearer {token()}"], "several_headers"
    kinds["the same header twice"] = [f"Bearer {good}"] * 2, "several_headers"
    kinds["another scheme besides"] = [f"Bearer {good}", "Basic eDp5"], "several_headers"
    kinds["signed, of 9 KiB"] = bearer(None, claims(more="x" * 8_000)), "too_long"
    kinds["a megabyte"] = ["Bearer " + "a" * 500_000 + "." + "b" * 500_000 + ".c"], "too_long"
    kinds["a megabyte of dots"] = ["Bearer " + "." * 1_000_000], "too_long"
    kinds["random letters"] = ["Bearer abc.def.ghi"], "header_malformed"
    return kinds


HOSTILE: Hostile = algorithms() | headers() | shapes() | payloads() | signatures() | serialisations()
