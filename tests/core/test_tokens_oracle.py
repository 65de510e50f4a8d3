"""The guard against another library: whatever the guard takes, joserfc takes too, and reads the same from it."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from app.core.jwks import StaticKeys
from app.core.tokens import Claims, TokenRules, TokenVerifier
from app.domain.errors import InvalidToken
from tests.support.forging import AUDIENCE, ISSUER, NOW, bearer, claims, ec_jwk, es256, header, rs256, rsa_jwk
from tests.support.hostile_tokens import HOSTILE

KEYS = [ec_jwk(), ec_jwk("second"), rsa_jwk(3072)]
ORACLE_KEYS = KeySet.import_key_set({"keys": KEYS})
ORACLE_CLAIMS = jwt.JWTClaimsRegistry(
    now=NOW,
    leeway=10,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    sub={"essential": True},
    exp={"essential": True},
    iat={"essential": True},
    jti={"essential": True},
)
GOOD = {
    "as it should be": bearer(),
    "with several audiences": bearer(None, claims(aud=["x", AUDIENCE])),
    "late within the leeway": bearer(None, claims(exp=NOW - 9)),
    "early within the leeway": bearer(None, claims(nbf=NOW + 10, iat=NOW + 10)),
    "without anything optional": bearer(None, {k: claims()[k] for k in ("iss", "aud", "sub", "iat", "exp", "jti")}),
    "with unknown claims": bearer(None, claims(azp="app", groups=[1, {"a": None}], ชื่อ="ก")),
    "of the other type name": bearer(header(typ="application/at+jwt")),
    "signed twice with other randomness": bearer(sign=es256()),
    "by RSA": bearer(header(alg="RS256", kid="rsa3072"), sign=rs256()),
}
FOREIGN_TO_THE_ORACLE = ("no_token", "several_headers", "not_a_bearer_token")


async def guard(values: list[str]) -> Claims | None:
    verifier = TokenVerifier(TokenRules(ISSUER, AUDIENCE), StaticKeys(KEYS, ("ES256", "RS256")), lambda: NOW)
    try:
        return await verifier.verify(values)
    except InvalidToken:
        return None


def oracle(values: list[str]) -> dict[str, Any] | None:
    """The claims as joserfc reads them, or None: any way of saying no is a no."""
    try:
        read = jwt.decode(values[0].removeprefix("Bearer "), ORACLE_KEYS, algorithms=["ES256", "RS256"])
        ORACLE_CLAIMS.validate(read.claims)
    except Exception:
        return None
    return dict(read.claims)


@pytest.mark.parametrize("name", GOOD)
async def test_both_take_a_good_token_and_read_the_same(name: str) -> None:
    ours, theirs = await guard(GOOD[name]), oracle(GOOD[name])
    assert ours is not None
    assert theirs is not None
    assert (ours.sub, ours.jti, ours.issued_at, ours.expires_at) == tuple(
        theirs[k] for k in ("sub", "jti", "iat", "exp")
    )
    assert list(ours.roles) == theirs.get("roles", [])
    assert (ours.subject_ref, ours.system, ours.acr) == tuple(theirs.get(k) for k in ("subject_ref", "system", "acr"))


@pytest.mark.parametrize("name", [name for name, (_, reason) in HOSTILE.items() if reason not in FOREIGN_TO_THE_ORACLE])
async def test_the_guard_takes_nothing_that_the_oracle_refuses(name: str) -> None:
    values, _ = HOSTILE[name]
    assert await guard(values) is None or oracle(values) is not None


def test_both_refuse_every_false_signature_and_foreign_algorithm() -> None:
    told = {
        name for name, (_, reason) in HOSTILE.items() if reason in {"signature", "signature_length", "alg_not_of_key"}
    }
    assert len(told) > 40
    assert {name for name in told if oracle(HOSTILE[name][0]) is not None} == set()


def test_the_guard_is_needed_because_the_oracle_takes_what_the_rules_refuse() -> None:
    lenient = {reason for values, reason in HOSTILE.values() if values and oracle(values) is not None}
    assert {"typ", "header_parameter", "lifetime", "sender_constrained", "roles"} <= lenient
