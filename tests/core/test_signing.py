"""What the service signs verifies by another library, and in no other way."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import ECKey

from app.core import base64url
from app.core.signing import SigningKey, new_signing_key
from tests.support.forging import rsa_key

KEY = SigningKey(new_signing_key())


def public_half(key: SigningKey) -> ECKey:
    return ECKey.import_key(dict(key.jwk))


PUBLIC = public_half(KEY)


def read(signed: str, public: ECKey = PUBLIC) -> jws.CompactSignature:
    return jws.deserialize_compact(signed, public, algorithms=["ES256"])


@given(st.binary(max_size=300))
def test_whatever_is_signed_verifies_and_says_what_it_is(payload: bytes) -> None:
    found = read(KEY.sign(payload, typ="thing+jwt"))
    assert found.payload == payload
    assert found.headers() == {"alg": "ES256", "kid": KEY.kid, "typ": "thing+jwt"}


@given(st.data())
def test_with_any_bit_changed_it_does_not_verify(data: st.DataObject) -> None:
    parts = [bytearray(base64url.decode(part)) for part in KEY.sign(b'{"a": 1}', typ="thing+jwt").split(".")]
    part = data.draw(st.sampled_from(parts))
    part[data.draw(st.integers(0, len(part) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((JoseError, ValueError)):
        read(".".join(base64url.encode(bytes(part)) for part in parts))


def test_another_key_does_not_verify_it() -> None:
    with pytest.raises(BadSignatureError):
        read(KEY.sign(b"{}", typ="thing+jwt"), public_half(SigningKey(new_signing_key())))


@given(st.builds(new_signing_key))
def test_a_key_is_named_by_its_thumbprint_and_shows_nothing_private(private_key: bytes) -> None:
    key = SigningKey(private_key)
    assert public_half(key).thumbprint() == key.kid == key.jwk["kid"]
    assert set(key.jwk) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key.jwk["use"], key.jwk["alg"]) == ("sig", "ES256")


def test_the_same_private_key_is_the_same_key() -> None:
    private_key = new_signing_key()
    assert SigningKey(private_key).jwk == SigningKey(private_key).jwk
    assert json.dumps(KEY.jwk) != json.dumps(SigningKey(private_key).jwk)


def test_only_a_p256_key_signs() -> None:
    for key in (rsa_key(3072), ec.generate_private_key(ec.SECP384R1())):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(ValueError, match="P-256"):
            SigningKey(pem)
    with pytest.raises(ValueError):  # noqa: PT011  (the library words it as it likes)
        SigningKey(b"not a key")
