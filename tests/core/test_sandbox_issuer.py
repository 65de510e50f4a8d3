"""The sandbox's tokens are as good as any: the service verifies them by its own rules."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.core.jwks import StaticKeys
from app.core.sandbox_issuer import SandboxIssuer
from app.core.signing import new_signing_key
from app.core.tokens import TokenRules, TokenVerifier
from app.domain.errors import InvalidToken
from tests.support.forging import AUDIENCE, ISSUER, NOW, rsa_key


def issuer(key: bytes) -> SandboxIssuer:
    return SandboxIssuer(key, issuer=ISSUER, audience=AUDIENCE, clock=lambda: NOW + 0.7)


def verifier(trusted: SandboxIssuer, now: float = NOW) -> TokenVerifier:
    return TokenVerifier(TokenRules(ISSUER, AUDIENCE), StaticKeys([trusted.jwk]), lambda: now)


async def test_its_tokens_are_taken_and_say_what_was_asked_for() -> None:
    sandbox = issuer(new_signing_key())
    token = sandbox.issue("M-1", ["member"], subject_ref="M-1", acr="substantial")
    claims = await verifier(sandbox).verify([f"Bearer {token}"])
    assert (claims.sub, claims.roles, claims.subject_ref, claims.system, claims.acr) == (
        "M-1",
        ("member",),
        "M-1",
        None,
        "substantial",
    )
    assert claims.expires_at - claims.issued_at == 3600


async def test_each_token_has_its_own_id() -> None:
    sandbox = issuer(new_signing_key())
    read = [
        await verifier(sandbox).verify([f"Bearer {sandbox.issue('x', ['staff'], system='paper')}"]) for _ in range(2)
    ]
    assert read[0].jti != read[1].jti
    assert read[0].system == "paper"


async def test_processes_that_share_the_key_take_each_others_tokens() -> None:
    key = new_signing_key()
    one, other = issuer(key), issuer(key)
    assert one.jwk == other.jwk
    assert (await verifier(other).verify([f"Bearer {one.issue('x', ['staff'])}"])).sub == "x"


async def test_another_sandboxs_tokens_are_refused() -> None:
    one, other = issuer(new_signing_key()), issuer(new_signing_key())
    with pytest.raises(InvalidToken):
        await verifier(other).verify([f"Bearer {one.issue('x', ['staff'])}"])


async def test_its_tokens_end_after_an_hour() -> None:
    sandbox = issuer(new_signing_key())
    with pytest.raises(InvalidToken):
        await verifier(sandbox, NOW + 3610).verify([f"Bearer {sandbox.issue('x', ['staff'])}"])


def test_what_it_publishes_holds_nothing_private() -> None:
    assert set(issuer(new_signing_key()).jwk) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_only_a_p256_key_signs() -> None:
    for key in (rsa_key(3072), ec.generate_private_key(ec.SECP384R1())):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(ValueError, match="P-256"):
            issuer(pem)
    with pytest.raises(ValueError):  # noqa: PT011  (the library words it as it likes)
        issuer(b"not a key")
