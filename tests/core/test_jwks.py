"""A key set is read with suspicion: a key for other ends is passed over, a careless set is refused whole."""

from typing import Any

import pytest

from app.core.jwks import Algorithm, KeySetRefused, RemoteKeys, StaticKeys, read_key_set
from tests.support.forging import ABSENT, b64, ec_jwk, ec_key, rsa_jwk

BOTH: tuple[Algorithm, ...] = ("ES256", "RS256")
P256_PRIME = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF


def names(*keys: Any, algorithms: tuple[Algorithm, ...] = BOTH) -> set[str]:
    """The keys of a set that are taken."""
    return set(read_key_set({"keys": list(keys)}, algorithms))


def reason(document: object) -> str:
    with pytest.raises(KeySetRefused) as refusal:
        read_key_set(document, BOTH)
    return refusal.value.reason


@pytest.mark.parametrize(
    "key",
    [
        ec_jwk(),
        ec_jwk(use="sig"),
        ec_jwk(alg="ES256"),
        ec_jwk(key_ops=["verify"]),
        ec_jwk(x5t="whatever", ext=True),
        ec_jwk(kid="k" * 256),
        ec_jwk(kid="../../etc/passwd"),
        rsa_jwk(3072),
        rsa_jwk(4096, alg="RS256", use="sig"),
    ],
    ids=lambda key: f"{key['kty']} {sorted(key)}",
)
def test_a_public_key_for_verifying_is_taken(key: dict[str, Any]) -> None:
    assert names(key) == {key["kid"]}


UNUSABLE: dict[str, dict[str, Any]] = {
    "no kid": ec_jwk(kid=ABSENT),
    "kid number": ec_jwk(kid=1),
    "kid empty": ec_jwk(kid=""),
    "kid too long": ec_jwk(kid="k" * 257),
    "for encryption": ec_jwk(use="enc"),
    "use number": ec_jwk(use=1),
    "for signing alone": ec_jwk(key_ops=["sign"]),
    "key_ops text": ec_jwk(key_ops="verify"),
    "for another algorithm": ec_jwk(alg="ES384"),
    "for HMAC": ec_jwk(alg="HS256"),
    "for none": ec_jwk(alg="none"),
    "no kty": ec_jwk(kty=ABSENT),
    "kty in small letters": ec_jwk(kty="ec"),
    "OKP": {"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": b64(bytes(32))},
    "P-384": ec_jwk(crv="P-384"),
    "secp256k1": ec_jwk(crv="secp256k1"),
    "no crv": ec_jwk(crv=ABSENT),
    "no y": ec_jwk(y=ABSENT),
    "x number": ec_jwk(x=1),
    "x too short": ec_jwk(x=b64(bytes(31))),
    "x too long": ec_jwk(x=b64(bytes(33))),
    "x padded": ec_jwk(x=ec_jwk()["x"] + "="),
    "x with a leading zero too many": ec_jwk(
        x=b64(b"\0" + ec_key("ours").public_key().public_numbers().x.to_bytes(32))
    ),
    "not on the curve": ec_jwk(x=b64(bytes(31) + b"\1")),
    "origin": ec_jwk(x=b64(bytes(32)), y=b64(bytes(32))),
    "beyond the field": ec_jwk(x=b64(P256_PRIME.to_bytes(32))),
    "another's y": ec_jwk(y=ec_jwk("second")["y"]),
    "RSA of 1024 bits": rsa_jwk(1024),
    "RSA of 2048 bits": rsa_jwk(2048),
    "RSA of 2048 bits with zeros before": rsa_jwk(2048, n=b64(bytes(128) + b"\1" + bytes(255))),
    "RSA of 16384 bits": rsa_jwk(3072, n=b64(b"\xff" * 2048)),
    "RSA with exponent 1": rsa_jwk(3072, e="AQ"),
    "RSA with exponent 3": rsa_jwk(3072, e="Aw"),
    "RSA with an even exponent": rsa_jwk(3072, e="AQAA"),
    "RSA n number": rsa_jwk(3072, n=1),
    "RSA n in Thai": rsa_jwk(3072, n="ก"),
    "RSA-PSS": rsa_jwk(3072, alg="PS256"),
    "RSA for encryption": rsa_jwk(3072, alg="RSA-OAEP"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_key_for_other_ends_is_passed_over(name: str) -> None:
    assert names(ec_jwk("second"), UNUSABLE[name]) == {"second"}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_set_without_a_usable_key_is_refused(name: str) -> None:
    assert reason({"keys": [UNUSABLE[name]]}) == "no_usable_key"


def test_a_set_may_hold_twenty_keys() -> None:
    assert len(names(*(ec_jwk(kid=str(n)) for n in range(20)))) == 20


def test_rsa_is_passed_over_unless_opted_for() -> None:
    assert names(ec_jwk(), rsa_jwk(3072), algorithms=("ES256",)) == {"ours"}
    assert names(ec_jwk(), rsa_jwk(3072), algorithms=("RS256",)) == {"rsa3072"}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (None, "not_a_key_set"),
        ([], "not_a_key_set"),
        ("x", "not_a_key_set"),
        ({}, "not_a_key_set"),
        (ec_jwk(), "not_a_key_set"),
        ({"keys": ec_jwk()}, "not_a_key_set"),
        ({"keys": [ec_jwk(), None]}, "not_a_key_set"),
        ({"keys": [[ec_jwk()]]}, "not_a_key_set"),
        ({"keys": []}, "no_usable_key"),
        ({"keys": [ec_jwk(kid=str(n)) for n in range(21)]}, "too_many_keys"),
        ({"keys": [ec_jwk(), ec_jwk("second", kid="ours")]}, "duplicate_kid"),
        ({"keys": [ec_jwk(), ec_jwk()]}, "duplicate_kid"),
        ({"keys": [ec_jwk(), rsa_jwk(2048, kid="ours")]}, "duplicate_kid"),
        ({"keys": [ec_jwk(), {"kty": "oct", "kid": "h", "k": "AA"}]}, "secret_key"),
        ({"keys": [ec_jwk(), {"kty": "oct", "kid": "h"}]}, "secret_key"),
        ({"keys": [ec_jwk(d="AA")]}, "secret_key"),
        ({"keys": [ec_jwk(), rsa_jwk(3072, p="AA")]}, "secret_key"),
        ({"keys": [ec_jwk(), ec_jwk("second", use="enc", d="AA")]}, "secret_key"),
    ],
)
def test_a_set_that_nobody_careful_publishes_is_refused_whole(document: object, code: str) -> None:
    assert reason(document) == code


async def test_keys_that_never_change_are_found_by_name() -> None:
    keys = StaticKeys([ec_jwk(), ec_jwk("second")])
    assert [getattr(await keys.key(kid), "kid", None) for kid in ("ours", "second", "third")] == [
        "ours",
        "second",
        None,
    ]


def test_keys_that_never_change_must_all_be_usable() -> None:
    with pytest.raises(KeySetRefused):
        StaticKeys([ec_jwk(), rsa_jwk(3072)])


def test_two_keys_are_equal_when_their_numbers_are() -> None:
    first, again = (read_key_set({"keys": [ec_jwk()]}, BOTH)["ours"] for _ in range(2))
    assert first == again
    assert first != read_key_set({"keys": [ec_jwk("second", kid="ours")]}, BOTH)["ours"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "id.coop.test/jwks",
        "http://id.coop.test/jwks",
        "http://localhost.evil.test/jwks",
        "http://169.254.169.254/",
        "ftp://id.coop.test/jwks",
        "ftp://127.0.0.1/jwks",
        "file:///etc/passwd",
        "https:///jwks",
        "https://me:secret@id.coop.test/jwks",
        "https://id.coop.test/jwks#x",
    ],
)
def test_an_address_that_must_not_be_asked_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with https") as refusal:
        RemoteKeys(url, lambda: 0, allow_loopback_http=True)
    assert "secret" not in str(refusal.value)


def test_plain_http_is_for_the_loopback_of_a_sandbox_only() -> None:
    for url in ("http://127.0.0.1:1/jwks", "http://[::1]:1/jwks", "http://localhost:1/jwks"):
        RemoteKeys(url, lambda: 0, allow_loopback_http=True)
        with pytest.raises(ValueError, match="https"):
            RemoteKeys(url, lambda: 0)
