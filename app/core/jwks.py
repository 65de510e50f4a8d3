"""The public keys of those who issue our tokens: read with suspicion, kept fresh (RELIABILITY.md 3, J2, J3, J15)."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import urlsplit

import httpx
import structlog
from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JOSEError

from app.core import base64url
from app.core.strict_json import loads
from app.domain.errors import MalformedJson, Unavailable

Algorithm = Literal["ES256", "RS256"]

DEFAULT_ALGORITHMS: tuple[Algorithm, ...] = ("ES256",)
MAX_BYTES = 64 * 1024
MAX_KEYS = 20
MAX_KID = 256
MIN_RSA_BITS, MAX_RSA_BITS = 3072, 8192
FETCH_SECONDS = 3
FRESH_SECONDS = 50
WINDOW_SECONDS = 60
TRUSTED_SECONDS = 24 * 3600

_PRIVATE_PARAMETERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
log = structlog.get_logger("sitthi.keys")


class KeySetRefused(Exception):
    """A key set that must not be trusted, or could not be read; `reason` is a fixed code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, the one algorithm it may be used with, and the length of its signatures in bytes.

    Two are equal when they are the same key, whatever object holds it.
    """

    kid: str
    algorithm: Algorithm
    material: tuple[str, ...]
    signature_length: int
    key: Key = field(compare=False, repr=False)


class KeySource(Protocol):
    """Where the verifier asks for keys."""

    async def key(self, kid: str) -> VerificationKey | None:
        """The key of that name as trusted now, or None."""
        ...


class StaticKeys:
    """Keys that never change: those of a sandbox. Raises `KeySetRefused` when one of them can't be used."""

    def __init__(
        self, keys: Iterable[Mapping[str, object]], algorithms: Collection[Algorithm] = DEFAULT_ALGORITHMS
    ) -> None:
        jwks = [dict(key) for key in keys]
        self._keys = read_key_set({"keys": jwks}, algorithms)
        if len(self._keys) != len(jwks):
            raise KeySetRefused("key_not_usable")

    async def key(self, kid: str) -> VerificationKey | None:
        """The key of that name, or None."""
        return self._keys.get(kid)


class RemoteKeys:
    """The key set that an issuer publishes at one address.

    It is fetched when first asked for, when `FRESH_SECONDS` have passed, and once in `WINDOW_SECONDS` for a name that
    it lacks, but never more than twice in `WINDOW_SECONDS`: a key taken away is refused within a minute, one added is
    found at once, and foreign names can't make us a burden. While the address fails, the last good set is trusted for
    `TRUSTED_SECONDS`. `clock` tells real seconds. Raises `ValueError` for an address that must not be asked.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], float],
        *,
        algorithms: Collection[Algorithm] = DEFAULT_ALGORITHMS,
        allow_loopback_http: bool = False,
    ) -> None:
        _check_address(url, allow_loopback_http)
        self._url, self._clock, self._algorithms = url, clock, algorithms
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._keys: Mapping[str, VerificationKey] = {}
        self._loaded_at = self._sought_at = float("-inf")
        self._fetches = deque([float("-inf")] * 2, maxlen=2)
        self._fetching = asyncio.Lock()

    @property
    def trusted(self) -> bool:
        """Whether there is a set that tokens may be verified with."""
        return self._clock() - self._loaded_at <= TRUSTED_SECONDS

    async def key(self, kid: str) -> VerificationKey | None:
        """The key of that name, or None. Raises `Unavailable` while there is no set to be trusted."""
        asked_at = self._clock()
        if self._is_due():
            async with self._fetching:
                if self._is_due():
                    await self._fetch()
        if kid not in self._keys:
            async with self._fetching:
                if kid not in self._keys and self._may_seek(asked_at):
                    self._sought_at = self._clock()
                    await self._fetch()
        if not self.trusted:
            raise Unavailable
        return self._keys.get(kid)

    async def load(self) -> None:
        """Read the set now. Raises `KeySetRefused`, and the former set stays."""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                body = await self._download()
            self._keys = read_key_set(loads(body), self._algorithms)
        except TimeoutError:
            raise KeySetRefused("too_slow") from None
        except httpx.HTTPError:
            raise KeySetRefused("unreachable") from None
        except MalformedJson:
            raise KeySetRefused("malformed") from None
        self._loaded_at = self._clock()

    def _is_due(self) -> bool:
        earlier, last = self._fetches
        return self._clock() - last >= FRESH_SECONDS and self._clock() - earlier >= WINDOW_SECONDS

    def _may_seek(self, asked_at: float) -> bool:
        """Whether a name that is lacking may be looked for: not if the set was read since it was asked for."""
        return self._fetches[-1] < asked_at and self._clock() - self._sought_at >= WINDOW_SECONDS

    async def _fetch(self) -> None:
        self._fetches.append(self._clock())
        try:
            await self.load()
        except KeySetRefused as refusal:
            log.warning("keys_not_read", reason=refusal.reason)

    async def _download(self) -> bytes:
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=FETCH_SECONDS, trust_env=False) as client,
            client.stream("GET", self._url, headers={"Accept-Encoding": "identity"}, follow_redirects=False) as answer,
        ):
            if answer.status_code != 200 or "content-encoding" in answer.headers:
                raise KeySetRefused("unexpected_answer")
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise KeySetRefused("too_large")
            return bytes(body)


def read_key_set(document: object, algorithms: Collection[Algorithm]) -> Mapping[str, VerificationKey]:
    """The keys of a JWK set (RFC 7517 5) that may verify tokens, by name; keys for other ends are passed over.

    Raises `KeySetRefused` for a set that nobody careful publishes: private or symmetric keys, one name for two keys,
    more than `MAX_KEYS`, or nothing that can be used.
    """
    jwks = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(jwks, list) or not all(isinstance(each, dict) for each in jwks):
        raise KeySetRefused("not_a_key_set")
    if len(jwks) > MAX_KEYS:
        raise KeySetRefused("too_many_keys")
    if any(each.get("kty") == "oct" or each.keys() & _PRIVATE_PARAMETERS for each in jwks):
        raise KeySetRefused("secret_key")
    names = [each["kid"] for each in jwks if "kid" in each]
    if len({str(name) for name in names}) != len(names):
        raise KeySetRefused("duplicate_kid")
    keys = {key.kid: key for each in jwks if (key := _read_key(each, algorithms))}
    if not keys:
        raise KeySetRefused("no_usable_key")
    return keys


def _read_key(each: Mapping[str, object], algorithms: Collection[Algorithm]) -> VerificationKey | None:
    kid, operations = each.get("kid"), each.get("key_ops", ["verify"])
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID:
        return None
    if each.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    match each:
        case {"kty": "EC", "crv": "P-256", "x": str(x), "y": str(y)} if each.get("alg", "ES256") == "ES256":
            return _construct(kid, "ES256", {"kty": "EC", "crv": "P-256", "x": x, "y": y}, algorithms)
        case {"kty": "RSA", "n": str(n), "e": "AQAB"} if each.get("alg", "RS256") == "RS256":
            return _construct(kid, "RS256", {"kty": "RSA", "n": n, "e": "AQAB"}, algorithms)
        case _:
            return None


def _construct(
    kid: str, algorithm: Algorithm, public: dict[str, str], algorithms: Collection[Algorithm]
) -> VerificationKey | None:
    """The key, or None if its numbers are none or too small, or its algorithm isn't taken."""
    if algorithm not in algorithms:
        return None
    try:
        length = _signature_length(algorithm, public)
        key = jwk.construct(public, algorithm)
    except (JOSEError, ValueError, TypeError):
        return None
    return VerificationKey(kid, algorithm, tuple(public.values()), length, key)


def _signature_length(algorithm: Algorithm, public: Mapping[str, str]) -> int:
    if algorithm == "ES256":
        if len(base64url.decode(public["x"])) != 32 or len(base64url.decode(public["y"])) != 32:
            raise ValueError("a coordinate of P-256 has 32 bytes")
        return 64
    bits = int.from_bytes(base64url.decode(public["n"])).bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise ValueError("the modulus is too short or too long")
    return (bits + 7) // 8


def _check_address(url: str, allow_loopback_http: bool) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    plain = allow_loopback_http and parts.scheme == "http" and _is_loopback(host)
    if not host or parts.username is not None or parts.fragment or not (parts.scheme == "https" or plain):
        raise ValueError("the key set's address must begin with https:// and name a host only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
