"""The sandbox's own issuer of tokens: what an identity provider is in production (API.md 12)."""

import hashlib
import json
from collections.abc import Callable, Collection
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jose import jwt

from app.core import base64url

TOKEN_SECONDS = 3600


def new_signing_key() -> bytes:
    """A fresh P-256 private key as PEM, for the processes of one sandbox to share."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class SandboxIssuer:
    """Signs access tokens (RFC 9068) with ES256. `clock` tells real seconds since 1970.

    Raises `ValueError` for a PEM that holds no P-256 private key.
    """

    def __init__(self, private_key: bytes, *, issuer: str, audience: str, clock: Callable[[], float]) -> None:
        key = load_pem_private_key(private_key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise ValueError("the sandbox signs with a P-256 key")
        self._private_key, self._issuer, self._audience, self._clock = private_key, issuer, audience, clock
        point = key.public_key().public_numbers()
        public = {"crv": "P-256", "kty": "EC", "x": _coordinate(point.x), "y": _coordinate(point.y)}
        self._kid = base64url.encode(hashlib.sha256(json.dumps(public, separators=(",", ":")).encode()).digest())
        self.jwk = {**public, "kid": self._kid, "use": "sig", "alg": "ES256"}
        """The public key (RFC 7517), named by its thumbprint (RFC 7638)."""

    def issue(
        self,
        sub: str,
        roles: Collection[str],
        *,
        subject_ref: str | None = None,
        system: str | None = None,
        acr: str | None = None,
    ) -> str:
        """A token that lives `TOKEN_SECONDS`."""
        now = int(self._clock())
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": sub,
            "client_id": "sandbox",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid4()),
            "roles": list(roles),
        }
        optional = {"subject_ref": subject_ref, "system": system, "acr": acr}
        claims |= {name: value for name, value in optional.items() if value is not None}
        return jwt.encode(claims, self._private_key, "ES256", headers={"kid": self._kid, "typ": "at+jwt"})


def _coordinate(number: int) -> str:
    return base64url.encode(number.to_bytes(32))
