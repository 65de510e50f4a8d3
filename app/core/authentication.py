"""From a verified token to an actor: what its roles may do by the pack, and how surely the person is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.tokens import Claims, TokenVerifier
from app.core.work import Actor
from app.domain.policy import PolicyPack
from app.domain.vocabulary import Assurance, Role

REMEMBERED = 10_000


@dataclass(frozen=True)
class Authentication:
    """Verifies the bearer token of a request; roles that the pack doesn't know give nothing."""

    verifier: TokenVerifier
    pack: PolicyPack
    acr_levels: Mapping[str, str]
    _known: dict[Claims, Actor] = field(default_factory=dict)

    async def __call__(self, authorization: list[str]) -> Actor:
        """The actor. Raises `InvalidToken`."""
        return self.actor(await self.verifier.verify(authorization))

    def actor(self, claims: Claims) -> Actor:
        """What the claims stand for; remembered for the newest of them."""
        known = self._known.get(claims)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[claims] = self._read(claims)
        return known

    def _read(self, claims: Claims) -> Actor:
        roles = frozenset(Role(role) for role in claims.roles if role in set(Role))
        granted = (self.pack.roles.get(role, frozenset()) for role in roles)
        return Actor(
            sub=claims.sub,
            roles=roles,
            permissions=frozenset().union(*granted),
            subject_ref=claims.subject_ref,
            system=claims.system,
            assurance=Assurance(self.acr_levels.get(claims.acr or "", Assurance.NONE)),
        )
