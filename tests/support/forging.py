"""Tokens good and bad, put together by hand so that nothing under test helps to make them."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOW = 1_800_000_000
ISSUER = "https://id.coop.test"
AUDIENCE = "sitthi"

Signer = Callable[[bytes], bytes]


class Absent(Enum):
    """Says that a member is left out."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key for each name."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """An RSA key for each size."""
    return rsa.generate_private_key(65537, bits)


def ec_jwk(name: str = "ours", **changes: Any) -> dict[str, Any]:
    """The public JWK of `ec_key(name)`, whose `kid` is the name."""
    numbers = ec_key(name).public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "kid": name, "x": b64(numbers.x.to_bytes(32)), "y": b64(numbers.y.to_bytes(32))}
    return changed(jwk, changes)


def rsa_jwk(bits: int = 3072, **changes: Any) -> dict[str, Any]:
    """The public JWK of `rsa_key(bits)`."""
    numbers = rsa_key(bits).public_key().public_numbers()
    return changed({"kty": "RSA", "kid": f"rsa{bits}", "n": b64(numbers.n.to_bytes(bits // 8)), "e": "AQAB"}, changes)


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with some members changed, or taken out where the change is `ABSENT`."""
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


def header(**changes: Any) -> dict[str, Any]:
    """A good header, changed."""
    return changed({"alg": "ES256", "typ": "at+jwt", "kid": "ours"}, changes)


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, changed."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "somebody@coop",
        "client_id": "app",
        "iat": NOW - 60,
        "exp": NOW + 600,
        "jti": "0190-abc",
        "roles": ["member", "staff"],
        "subject_ref": "M-1",
        "system": "core_banking",
        "acr": "substantial",
    }
    return changed(good, changes)


def es256(key: ec.EllipticCurvePrivateKey | None = None) -> Signer:
    """Signs with ES256."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature((key or ec_key("ours")).sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


def es256_der(message: bytes) -> bytes:
    """Signs with our key, but leaves the signature in DER."""
    return ec_key("ours").sign(message, ec.ECDSA(hashes.SHA256()))


def rs256(bits: int = 3072) -> Signer:
    """Signs with RS256."""
    return lambda message: bytes(rsa_key(bits).sign(message, padding.PKCS1v15(), hashes.SHA256()))


def hmac_with(secret: bytes, digest: str = "sha256") -> Signer:
    """Signs with HMAC."""
    return lambda message: hmac.digest(secret, message, digest)


def ours_as(form: str) -> bytes:
    """Our public key in some form that a forger may take for an HMAC secret."""
    public = ec_key("ours").public_key()
    forms: dict[str, bytes] = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "point": public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        "ssh": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "jwk": json.dumps(ec_jwk()).encode(),
        "x": ec_jwk()["x"].encode(),
        "empty": b"",
    }
    return forms[form]


def signing_input(head: Mapping[str, Any] | bytes, body: Mapping[str, Any] | bytes) -> str:
    """The first two segments; members or raw bytes."""
    parts = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, body))
    return ".".join(map(b64, parts))


def token(
    head: Mapping[str, Any] | bytes | None = None,
    body: Mapping[str, Any] | bytes | None = None,
    sign: Signer | None = None,
) -> str:
    """A token; good where nothing is given."""
    message = signing_input(header() if head is None else head, claims() if body is None else body)
    return f"{message}.{b64((sign or es256())(message.encode()))}"


def bearer(*args: Any, **kwargs: Any) -> list[str]:
    """The `Authorization` headers that carry `token(...)`."""
    return [f"Bearer {token(*args, **kwargs)}"]
