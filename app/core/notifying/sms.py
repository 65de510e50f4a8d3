"""Short messages by whichever HTTP gateway the cooperative has: its address, body, headers and rule of success are settings."""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from app.core.notifying import STEP_SECONDS, TOTAL_SECONDS, Envelope, Failure

MOST_BYTES = 64 * 1024
NOT_ITS_FAULT = frozenset({401, 402, 403, 404, 405, 407, 408, 421, 425, 429})
"""What has to do with the moment, or with key, credit and address of the gateway, not with the message."""
_PLACE = re.compile(r"\{(to|text)\}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"content-length", "content-type", "host", "transfer-encoding", "connection"})
_BODY = 'must be JSON such as {"to": "{to}", "text": "{text}"}, or a form such as to={to}&text={text}, with both places'
_HEADERS = 'must be a JSON object such as {"Authorization": "Bearer …"}, without those that belong to the body'
_SUCCESS = "must be statuses, and if need be a JSON pointer with its value, such as 2xx or 200,201,/status=OK"


@dataclass(frozen=True, slots=True)
class Body:
    """What the gateway is sent: a JSON document, or the fields of a form; the places in it are filled value by value."""

    template: Any = field(repr=False)
    form: bool

    def filled(self, to: str, text: str) -> bytes:
        """With address and text in their places, whatever characters they hold."""
        filled = _fill(self.template, {"to": to, "text": text})
        return (urlencode(filled) if self.form else json.dumps(filled, ensure_ascii=False)).encode()

    @property
    def content_type(self) -> str:
        """Its media type."""
        return "application/x-www-form-urlencoded" if self.form else "application/json"


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers that the gateway wants, such as its key."""

    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Success:
    """When the gateway has taken a message: by the status, and where there is a `pointer` by what the answer holds there."""

    statuses: tuple[str, ...]
    pointer: tuple[str, ...] | None = None
    value: str = ""

    def takes(self, status: int) -> bool:
        """Whether the status is one of success."""
        return str(status) in self.statuses or f"{status // 100}xx" in self.statuses

    def holds(self, body: bytes) -> bool | None:
        """Whether the answer says so too; None: it is not JSON, or holds nothing there."""
        try:
            found: Any = json.loads(body)
            for step in self.pointer or ():
                found = found[int(step)] if isinstance(found, list) else found[step]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return (found if isinstance(found, str) else json.dumps(found)) == self.value


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway, as the settings describe it."""

    url: str = field(repr=False)
    body: Body
    headers: Headers
    success: Success


def read_body(value: object) -> object:
    """A template, JSON or form. Raises ValueError, without the value."""
    if not isinstance(value, str):
        return value
    is_json = value.lstrip().startswith(("{", "["))
    try:
        template: Any = json.loads(value) if is_json else _form(value)
    except (ValueError, RecursionError):
        raise ValueError(_BODY) from None
    if _places(template) != {"to", "text"}:
        raise ValueError(_BODY)
    return Body(template, form=not is_json)


def _form(text: str) -> Mapping[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    if len(fields := dict(pairs)) < len(pairs):
        raise ValueError("a field twice")
    return fields


def read_headers(value: object) -> object:
    """A JSON object of headers. Raises ValueError, without the value."""
    if not isinstance(value, str):
        return value
    try:
        fields = json.loads(value)
    except ValueError:
        raise ValueError(_HEADERS) from None
    if not isinstance(fields, dict) or not all(_is_header(*pair) for pair in fields.items()):
        raise ValueError(_HEADERS)
    return Headers(fields)


def _is_header(name: str, value: object) -> bool:
    sound = isinstance(value, str) and value.isascii() and value.isprintable()
    return bool(_HEADER.fullmatch(name)) and name.lower() not in _OURS and sound


def read_success(value: object) -> object:
    """A rule such as `2xx,/status=OK`. Raises ValueError."""
    if not isinstance(value, str):
        return value
    statuses, pointed, rest = value.replace(" ", "").partition(",/")
    steps, equals, wanted = rest.partition("=")
    codes = tuple(statuses.split(","))
    if not all(re.fullmatch(r"2xx|[1-5][0-9]{2}", code) for code in codes) or (pointed and not (steps and equals)):
        raise ValueError(_SUCCESS)
    pointer = tuple(step.replace("~1", "/").replace("~0", "~") for step in steps.split("/")) if pointed else None
    return Success(codes, pointer, wanted)


def _fill(template: Any, values: Mapping[str, str]) -> Any:
    match template:
        case str():
            return _PLACE.sub(lambda place: values[place[1]], template)
        case dict():
            return {name: _fill(value, values) for name, value in template.items()}
        case list():
            return [_fill(value, values) for value in template]
        case _:
            return template


def _places(template: Any) -> set[str]:
    """The places in the values of a template."""
    match template:
        case str():
            return set(_PLACE.findall(template))
        case dict():
            return _places(list(template.values()))
        case list():
            return {place for value in template for place in _places(value)}
        case _:
            return set()


class SmsNotifier:
    """Hands messages to a gateway; never follows a redirect, and asks no proxy of the environment."""

    def __init__(self, gateway: Gateway, tls: ssl.SSLContext) -> None:
        self._gateway, self._tls = gateway, tls

    async def send(self, envelope: Envelope) -> Failure | None:
        """Hand over one message. A 4xx is permanent, unless it is `NOT_ITS_FAULT`."""
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._post(envelope)
        except (TimeoutError, httpx.TimeoutException):
            return Failure("timeout")
        except httpx.HTTPError:
            return Failure("unreachable")

    async def _post(self, envelope: Envelope) -> Failure | None:
        gateway = self._gateway
        headers = {**gateway.headers.fields, "Content-Type": gateway.body.content_type, "Accept-Encoding": "identity"}
        body = gateway.body.filled(envelope.to, envelope.text)
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=STEP_SECONDS, trust_env=False) as client,
            client.stream("POST", gateway.url, content=body, headers=headers, follow_redirects=False) as answer,
        ):
            if not gateway.success.takes(answer.status_code):
                return _refused(answer)
            if gateway.success.pointer is None:
                return None
            held = gateway.success.holds(await _bounded(answer))
            return None if held else Failure("unexpected_answer" if held is None else "not_taken")


def _refused(answer: httpx.Response) -> Failure:
    status, after = answer.status_code, answer.headers.get("retry-after", "")
    permanent = 400 <= status < 500 and status not in NOT_ITS_FAULT
    seconds = int(after[:9]) if after.isdecimal() and after.isascii() else None
    patience = timedelta(seconds=seconds) if seconds is not None else None
    return Failure(f"http_{status}", permanent, retry_after=patience)


async def _bounded(answer: httpx.Response) -> bytes:
    """The beginning of an answer; a longer one is no JSON any more."""
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            return b""
    return bytes(body)
