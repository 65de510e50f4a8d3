"""The sandbox's own issuer of tokens: what an identity provider is in production (API.md 12)."""

import json
from collections.abc import Callable, Collection
from uuid import uuid4

from app.core.signing import SigningKey

TOKEN_SECONDS = 3600


class SandboxIssuer:
    """Signs access tokens (RFC 9068) with ES256. `clock` tells real seconds since 1970.

    Raises `ValueError` for a PEM that holds no P-256 private key.
    """

    def __init__(self, private_key: bytes, *, issuer: str, audience: str, clock: Callable[[], float]) -> None:
        self._key, self._issuer, self._audience, self._clock = SigningKey(private_key), issuer, audience, clock
        self.jwk = self._key.jwk
        """The public key; it verifies tokens and nothing else."""

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
        return self._key.sign(json.dumps(claims).encode(), typ="at+jwt")
