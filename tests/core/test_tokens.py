"""Good tokens are read; every hostile one gets the same answer, and the log a code instead of the token."""

import asyncio
import json
from typing import Any

import jose.backends
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose.backends.ecdsa_backend import ECDSAECKey
from structlog.testing import capture_logs

from app.core.jwks import StaticKeys
from app.core.tokens import Claims, TokenRules, TokenVerifier, assert_backends
from app.domain.errors import InvalidToken
from tests.support.forging import ABSENT, AUDIENCE, ISSUER, NOW, bearer, claims, ec_jwk, header, rs256, rsa_jwk, token
from tests.support.hostile_tokens import HOSTILE

RULES = TokenRules(ISSUER, AUDIENCE)


def verifier(now: float = NOW, rules: TokenRules = RULES) -> TokenVerifier:
    keys = StaticKeys([ec_jwk(), ec_jwk("second"), rsa_jwk()], ("ES256", "RS256"))
    return TokenVerifier(rules, keys, lambda: now)


async def refused(values: list[str], **options: Any) -> str:
    """The reason that is logged, once the refusal was found to say nothing."""
    with capture_logs() as lines, pytest.raises(InvalidToken) as refusal:
        await verifier(**options).verify(values)
    assert (refusal.value.args, refusal.value.extras()) == ((), {})
    assert (refusal.value.__cause__, refusal.value.__context__) == (None, None)
    (line,) = lines
    assert set(line) == {"event", "log_level", "reason"}
    return str(line["reason"])


async def test_a_good_token_says_who_acts() -> None:
    assert await verifier().verify(bearer()) == Claims(
        sub="somebody@coop",
        roles=("member", "staff"),
        subject_ref="M-1",
        system="core_banking",
        acr="substantial",
        expires_at=NOW + 600,
        issued_at=NOW - 60,
        jti="0190-abc",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [AUDIENCE]},
        {"aud": ["other", AUDIENCE]},
        {"nbf": NOW + 10},
        {"iat": NOW + 10},
        {"exp": NOW - 9},
        {"iat": NOW, "exp": NOW + 3600},
        {"scope": "openid profile"},
        {"roles": []},
        {"roles": ["default-roles-coop", "uma_authorization", "urn:x/y:z"]},
        {"acr": "urn:mace:incommon:iap:silver"},
        {"acr": "https://refeds.org/profile/mfa"},
        {"realm_access": {"roles": ["x"], "more": [{"deep": [1]}]}, "email_verified": True, "ชื่อ": "ก"},
        {"sub": "a" * 128},
        {"client_id": ABSENT},
    ],
    ids=str,
)
async def test_what_the_rules_allow_is_taken(changes: dict[str, Any]) -> None:
    assert (await verifier().verify(bearer(None, claims(**changes)))).jti == "0190-abc"


async def test_claims_left_out_are_empty() -> None:
    values = bearer(None, claims(roles=ABSENT, subject_ref=ABSENT, system=ABSENT, acr=ABSENT))
    read = await verifier().verify(values)
    assert (read.roles, read.subject_ref, read.system, read.acr) == ((), None, None, None)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_the_scheme_may_be_spelled_in_any_case(scheme: str) -> None:
    assert (await verifier().verify([f"{scheme} {token()}"])).sub == "somebody@coop"


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt"])
async def test_both_names_of_the_access_token_type_are_taken(typ: str) -> None:
    assert (await verifier().verify(bearer(header(typ=typ)))).sub == "somebody@coop"


async def test_claims_may_go_by_other_names() -> None:
    rules = TokenRules(
        ISSUER, AUDIENCE, roles_claim="groups", subject_ref_claim="member_no", system_claim="azp", acr_claim="loa"
    )
    renamed = claims(groups=["dpo"], member_no="M-2", azp="app", loa="high")
    read = await verifier(rules=rules).verify(bearer(None, renamed))
    assert (read.roles, read.subject_ref, read.system, read.acr) == (("dpo",), "M-2", "app", "high")


async def test_rsa_of_3072_bits_is_taken_where_it_is_opted_for() -> None:
    values = bearer(header(alg="RS256", kid="rsa3072"), sign=rs256())
    assert (await verifier().verify(values)).sub == "somebody@coop"
    with pytest.raises(InvalidToken):
        await TokenVerifier(RULES, StaticKeys([ec_jwk()]), lambda: NOW).verify(values)


def test_there_are_more_hostile_kinds_than_were_run_at_first() -> None:
    assert len(HOSTILE) > 84


@pytest.mark.parametrize("name", HOSTILE)
async def test_every_hostile_token_gets_the_same_answer(name: str) -> None:
    values, reason = HOSTILE[name]
    assert await refused(values) == reason


async def test_a_refused_token_leaves_nothing_in_the_log_but_its_reason() -> None:
    with capture_logs() as lines:
        for values, _ in HOSTILE.values():
            with pytest.raises(InvalidToken):
                await verifier().verify(values)
    said = repr(lines)
    assert "eyJ" not in said
    assert "somebody" not in said
    assert "evil" not in said


@pytest.mark.parametrize(("leeway", "late"), [(0, 0), (10, 9), (60, 59)])
async def test_the_leeway_is_as_wide_as_the_rules_say(leeway: int, late: int) -> None:
    rules = TokenRules(ISSUER, AUDIENCE, leeway_seconds=leeway)
    values = bearer(None, claims(exp=NOW))
    if leeway:
        assert (await verifier(NOW + late, rules).verify(values)).expires_at == NOW
    assert await refused(values, now=NOW + leeway, rules=rules) == "expired"


@pytest.mark.parametrize("leeway", [-1, 61])
def test_a_leeway_beyond_a_minute_is_refused(leeway: int) -> None:
    with pytest.raises(ValueError, match="leeway"):
        TokenRules(ISSUER, AUDIENCE, leeway_seconds=leeway)


GOOD = token()


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="latin-1"))
def test_a_token_changed_in_one_place_is_refused(place: int, char: str) -> None:
    changed = GOOD[:place] + char + GOOD[place + 1 :]
    if changed != GOOD:
        with pytest.raises(InvalidToken):
            asyncio.run(verifier().verify([f"Bearer {changed}"]))


@given(
    st.lists(
        st.text(st.characters(codec="latin-1")) | st.from_regex(r"Bearer [\w-]{0,9}\.[\w-]{0,9}\.[\w-]{0,9}"),
        max_size=2,
    )
)
def test_no_header_raises_anything_but_invalid_token(values: list[str]) -> None:
    with pytest.raises(InvalidToken):
        asyncio.run(verifier().verify(values))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_signed_bytes_raise_anything_but_invalid_token(head: bytes, body: bytes) -> None:
    for values in (bearer(head), bearer(None, body)):
        with pytest.raises(InvalidToken):
            asyncio.run(verifier().verify(values))


async def test_a_payload_has_64_brackets_at_most() -> None:
    wide = claims(more=[[]] * 61)
    assert json.dumps(wide).count("[") + json.dumps(wide).count("{") == 64
    assert (await verifier().verify(bearer(None, wide))).jti == "0190-abc"
    assert await refused(bearer(None, {**wide, "one": {}})) == "payload_not_an_object"


@pytest.mark.parametrize("name", ["ECKey", "RSAKey"])
def test_the_start_is_refused_where_another_backend_would_verify(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_backends()
    monkeypatch.setattr(jose.backends, name, ECDSAECKey)
    with pytest.raises(RuntimeError, match="cryptography"):
        assert_backends()
