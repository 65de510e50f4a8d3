"""Bearer tokens: python-jose checks the signature, everything else is checked here (RELIABILITY.md 3, rules J1-J14).

Whatever is wrong with a token, the answer is the same `InvalidToken`; the reason, a fixed code, goes to the log alone.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import jose.backends
import structlog
from jose import jws
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JOSEError

from app.core import base64url
from app.core.jwks import KeySource, VerificationKey
from app.core.strict_json import loads
from app.domain.errors import InvalidToken, MalformedJson

MAX_TOKEN = 8 * 1024
MAX_HEADER = 1024
MAX_BRACKETS = 64
MAX_INSTANT = 2**40
MAX_ROLES = 20
MAX_AUDIENCES = 20
HEADER_PARAMETERS = frozenset({"alg", "typ", "kid"})

_BEARER = re.compile(r"(?i:Bearer) ((?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+)")
_SUBJECT = re.compile(r"[A-Za-z0-9._:@-]{1,128}")
_SUBJECT_REF = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SYSTEM = re.compile(r"[a-z0-9_-]{1,64}")
_ROLE = re.compile(r"[A-Za-z0-9._:/-]{1,64}")
_ACR = re.compile(r"[A-Za-z0-9._:/#?=+-]{1,256}")
_TOKEN_ID = re.compile(r"[!-~]{1,256}")

log = structlog.get_logger("sitthi.tokens")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; instants in seconds since 1970."""

    sub: str
    roles: tuple[str, ...]
    subject_ref: str | None
    system: str | None
    acr: str | None
    expires_at: int
    issued_at: int
    jti: str


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What tokens are taken: from whom, for whom, of which type, how old; and how their claims are called."""

    issuer: str
    audience: str
    leeway_seconds: int = 10
    lifetime_seconds: int = 3600
    types: tuple[str, ...] = ("at+jwt", "application/at+jwt")
    roles_claim: str = "roles"
    subject_ref_claim: str = "subject_ref"
    system_claim: str = "system"
    acr_claim: str = "acr"

    def __post_init__(self) -> None:
        if not 0 <= self.leeway_seconds <= 60:
            raise ValueError("the leeway must be between 0 and 60 seconds")


class _Refused(Exception):
    """`reason` is a fixed code for the log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Verified:
    claims: Claims
    key: VerificationKey
    until: float


class TokenVerifier:
    """Verifies the `Authorization` headers of requests. `clock` tells real seconds since 1970.

    What was verified is remembered by the token's SHA-256 for `cache_seconds`, never longer than the token lives or
    its key is trusted, and for the newest `cache_size` tokens only.
    """

    def __init__(
        self,
        rules: TokenRules,
        keys: KeySource,
        clock: Callable[[], float],
        *,
        cache_size: int = 10_000,
        cache_seconds: int = 60,
    ) -> None:
        self._rules, self._keys, self._clock = rules, keys, clock
        self._cache_size, self._cache_seconds = cache_size, cache_seconds
        self._cache: dict[bytes, _Verified] = {}

    async def verify(self, authorization_values: Sequence[str]) -> Claims:
        """The claims of the one bearer token in these header values.

        Raises `InvalidToken`, and `Unavailable` without keys.
        """
        try:
            return await self._verify(_bearer_token(authorization_values))
        except _Refused as refusal:
            log.info("token_refused", reason=refusal.reason)
        raise InvalidToken

    async def _verify(self, token: str) -> Claims:
        digest = hashlib.sha256(token.encode()).digest()
        known = self._cache.get(digest)
        if known and self._clock() < known.until and await self._keys.key(known.key.kid) == known.key:
            return known.claims
        kid, algorithm = _read_header(token, self._rules)
        key = await self._keys.key(kid)
        if key is None:
            raise _Refused("kid_unknown")
        if algorithm != key.algorithm:
            raise _Refused("alg_not_of_key")
        now = self._clock()
        claims = _read_claims(_verified_payload(token, key), self._rules, now)
        self._remember(digest, _Verified(claims, key, min(now + self._cache_seconds, claims.expires_at)))
        return claims

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        if len(self._cache) >= self._cache_size:
            del self._cache[next(iter(self._cache))]
        self._cache[digest] = verified


def assert_backends() -> None:
    """Refuse to start where python-jose would verify with anything but OpenSSL. Raises `RuntimeError`."""
    if jose.backends.ECKey is not CryptographyECKey or jose.backends.RSAKey is not CryptographyRSAKey:
        raise RuntimeError("python-jose does not use the cryptography backend")


def _refuse(reason: str) -> NoReturn:
    raise _Refused(reason)


def _bearer_token(values: Sequence[str]) -> str:
    if not values:
        _refuse("no_token")
    if len(values) > 1:
        _refuse("several_headers")
    if len(values[0]) > MAX_TOKEN + len("Bearer "):
        _refuse("too_long")
    found = _BEARER.fullmatch(values[0])
    return found[1] if found else _refuse("not_a_bearer_token")


def _read_header(token: str, rules: TokenRules) -> tuple[str, str]:
    """The names of the key and the algorithm that an unverified header asks for."""
    segment = token.partition(".")[0]
    if len(segment) > MAX_HEADER:
        _refuse("header_too_long")
    header = _read_object(segment, "header")
    if not header.keys() <= HEADER_PARAMETERS:
        _refuse("header_parameter")
    if header.get("typ") not in rules.types:
        _refuse("typ")
    kid, algorithm = header.get("kid"), header.get("alg")
    if not isinstance(kid, str) or not isinstance(algorithm, str):
        _refuse("kid_or_alg_type")
    return kid, algorithm


def _verified_payload(token: str, key: VerificationKey) -> Mapping[str, object]:
    """The payload, once the signature is known to be the key's own."""
    _, payload, signature = token.split(".")
    try:
        if len(base64url.decode(signature)) != key.signature_length:
            _refuse("signature_length")
        jws.verify(token, key.key, algorithms=[key.algorithm])
    except (JOSEError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        _refuse("signature")
    return _read_object(payload, "payload")


def _read_object(segment: str, part: str) -> dict[str, object]:
    try:
        text = base64url.decode(segment)
        value = loads(text, integers_only=True) if text.count(b"[") + text.count(b"{") <= MAX_BRACKETS else None
    except (ValueError, MalformedJson):
        _refuse(f"{part}_malformed")
    return value if isinstance(value, dict) else _refuse(f"{part}_not_an_object")


def _read_claims(payload: Mapping[str, object], rules: TokenRules, now: float) -> Claims:
    if payload.get("iss") != rules.issuer:
        _refuse("iss")
    if not _is_for(payload.get("aud"), rules.audience):
        _refuse("aud")
    if "cnf" in payload:
        _refuse("sender_constrained")
    if not isinstance(payload.get("scope", ""), str):
        _refuse("scope")
    expires_at, issued_at = _instant(payload, "exp"), _instant(payload, "iat")
    _check_times(expires_at, issued_at, _instant(payload, "nbf") if "nbf" in payload else issued_at, rules, now)
    return Claims(
        sub=_text(payload, "sub", _SUBJECT),
        roles=_roles(payload.get(rules.roles_claim, [])),
        subject_ref=_optional_text(payload, rules.subject_ref_claim, _SUBJECT_REF),
        system=_optional_text(payload, rules.system_claim, _SYSTEM),
        acr=_optional_text(payload, rules.acr_claim, _ACR),
        expires_at=expires_at,
        issued_at=issued_at,
        jti=_text(payload, "jti", _TOKEN_ID),
    )


def _check_times(expires_at: int, issued_at: int, not_before: int, rules: TokenRules, now: float) -> None:
    if expires_at + rules.leeway_seconds <= now:
        _refuse("expired")
    if max(issued_at, not_before) > now + rules.leeway_seconds:
        _refuse("not_yet_valid")
    if not 0 < expires_at - issued_at <= rules.lifetime_seconds:
        _refuse("lifetime")


def _is_for(audience: object, ours: str) -> bool:
    if isinstance(audience, list):
        return len(audience) <= MAX_AUDIENCES and all(isinstance(each, str) for each in audience) and ours in audience
    return audience == ours


def _instant(payload: Mapping[str, object], claim: str) -> int:
    value = payload.get(claim)
    if type(value) is not int or not 0 < value < MAX_INSTANT:
        _refuse(claim)
    return value


def _roles(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_ROLES:
        _refuse("roles")
    return tuple(each if isinstance(each, str) and _ROLE.fullmatch(each) else _refuse("roles") for each in value)


def _text(payload: Mapping[str, object], claim: str, shape: re.Pattern[str]) -> str:
    value = payload.get(claim)
    return value if isinstance(value, str) and shape.fullmatch(value) else _refuse(claim)


def _optional_text(payload: Mapping[str, object], claim: str, shape: re.Pattern[str]) -> str | None:
    return _text(payload, claim, shape) if claim in payload else None
