"""What was verified is remembered for a while, and never beyond the token, the key or the room there is."""

import pytest
from jose import jws

from app.core.jwks import StaticKeys, VerificationKey
from app.core.tokens import TokenRules, TokenVerifier
from app.domain.errors import InvalidToken
from tests.support.forging import AUDIENCE, ISSUER, NOW, bearer, claims, ec_jwk


class Rig:
    """A verifier whose clock and keys can be changed; counts the signatures that were checked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, cache_size: int = 100, cache_seconds: int = 60) -> None:
        self.now: float = NOW
        self.keys = StaticKeys([ec_jwk()])
        self.signatures = 0
        self._verifier = TokenVerifier(
            TokenRules(ISSUER, AUDIENCE), self, lambda: self.now, cache_size=cache_size, cache_seconds=cache_seconds
        )
        genuine = jws.verify

        def counting(token: str, key: str, algorithms: list[str]) -> bytes:
            self.signatures += 1
            return genuine(token, key, algorithms)

        monkeypatch.setattr(jws, "verify", counting)

    async def key(self, kid: str) -> VerificationKey | None:
        return await self.keys.key(kid)

    async def checked(self, values: list[str]) -> bool:
        """Whether verifying these headers took a signature check."""
        before = self.signatures
        await self._verifier.verify(values)
        return self.signatures > before


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(monkeypatch)


async def test_the_same_token_is_checked_once(rig: Rig) -> None:
    values = bearer()
    assert [await rig.checked(values) for _ in range(3)] == [True, False, False]


async def test_the_scheme_is_no_part_of_what_is_remembered(rig: Rig) -> None:
    values = bearer()
    await rig.checked(values)
    assert not await rig.checked([values[0].replace("Bearer", "bearer")])


async def test_another_token_with_the_same_claims_is_checked_itself(rig: Rig) -> None:
    assert await rig.checked(bearer())
    assert await rig.checked(bearer())


async def test_a_remembered_token_is_checked_again_after_the_cache_seconds(rig: Rig) -> None:
    values = bearer()
    await rig.checked(values)
    rig.now += 59.9
    assert not await rig.checked(values)
    rig.now += 0.1
    assert await rig.checked(values)
    assert not await rig.checked(values)


async def test_a_remembered_token_is_forgotten_when_it_expires(rig: Rig) -> None:
    values = bearer(None, claims(exp=NOW + 5))
    await rig.checked(values)
    rig.now += 5
    assert await rig.checked(values)
    rig.now += 10
    with pytest.raises(InvalidToken):
        await rig.checked(values)


async def test_a_remembered_token_dies_with_its_key(rig: Rig) -> None:
    values = bearer()
    await rig.checked(values)
    rig.keys = StaticKeys([ec_jwk("second")])
    with pytest.raises(InvalidToken):
        await rig.checked(values)


async def test_a_remembered_token_dies_when_another_key_takes_the_name(rig: Rig) -> None:
    values = bearer()
    await rig.checked(values)
    rig.keys = StaticKeys([ec_jwk("second", kid="ours")])
    with pytest.raises(InvalidToken):
        await rig.checked(values)


async def test_a_remembered_token_lives_on_when_the_same_key_is_read_anew(rig: Rig) -> None:
    values = bearer()
    await rig.checked(values)
    rig.keys = StaticKeys([ec_jwk(), ec_jwk("second")])
    assert not await rig.checked(values)


async def test_only_the_newest_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(monkeypatch, cache_size=3)
    every = [bearer(None, claims(jti=str(number))) for number in range(4)]
    for values in every:
        await rig.checked(values)
    assert [await rig.checked(values) for values in every] == [True, True, True, True]
    assert [await rig.checked(values) for values in every[1:]] == [False, False, False]


async def test_a_refused_token_is_not_remembered(rig: Rig) -> None:
    values = bearer(None, claims(roles="dpo"))
    for checks in (1, 2):
        with pytest.raises(InvalidToken):
            await rig.checked(values)
        assert rig.signatures == checks
