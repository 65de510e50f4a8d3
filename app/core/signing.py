"""Signatures under what the service itself declares: ES256 in compact JWS (RFC 7515; RFC 7518 3.4)."""

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jose import jws

from app.core import base64url

ALGORITHM = "ES256"


def new_signing_key() -> bytes:
    """A fresh P-256 private key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class SigningKey:
    """Signs with a P-256 private key in PEM. Raises `ValueError` for a PEM that holds none."""

    def __init__(self, private_key: bytes) -> None:
        key = load_pem_private_key(private_key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise ValueError("only a P-256 key signs")
        self._private_key = private_key
        point = key.public_key().public_numbers()
        public = {"crv": "P-256", "kty": "EC", "x": _coordinate(point.x), "y": _coordinate(point.y)}
        self.kid = base64url.encode(hashlib.sha256(json.dumps(public, separators=(",", ":")).encode()).digest())
        """Its name: the thumbprint of its public half (RFC 7638)."""
        self.jwk = {**public, "kid": self.kid, "use": "sig", "alg": ALGORITHM}
        """The public half (RFC 7517)."""

    def sign(self, payload: bytes, *, typ: str) -> str:
        """The payload as compact JWS. `typ` says what it is, so that nobody takes it for something else (RFC 8725 3.11)."""
        return jws.sign(payload, self._private_key, headers={"kid": self.kid, "typ": typ}, algorithm=ALGORITHM)


def _coordinate(number: int) -> str:
    return base64url.encode(number.to_bytes(32))
