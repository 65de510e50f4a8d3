"""Receipts as whoever is shown one reads them: with the published keys and schema, and a library that did not sign."""

import json
from typing import Any

from joserfc import jws
from joserfc.jwk import KeySet
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # ships no types

from app.core import base64url
from tests.support.api import Api

ALGORITHMS = ["ES256"]


async def fetched(api: Api, consent_id: str) -> str:
    """The receipt of a consent, as `api` is given it."""
    answer = await api.get(f"/v1/consents/{consent_id}/receipt")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/jose"
    return answer.text


async def keys(api: Api) -> KeySet:
    """The published keys."""
    return KeySet.import_key_set((await api.get("/.well-known/jwks.json")).json())


async def verified(api: Api, receipt: str) -> dict[str, Any]:
    """What a receipt says, once its signature was found good by the published keys, and its form by the schema."""
    content = json.loads(jws.deserialize_compact(receipt, await keys(api), algorithms=ALGORITHMS).payload)
    schema = (await api.get("/v1/receipt-schema")).json()
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(content)
    assert isinstance(content, dict)
    return content


def header(receipt: str) -> dict[str, Any]:
    """The header of a receipt, unverified."""
    read: dict[str, Any] = json.loads(base64url.decode(receipt.split(".", maxsplit=1)[0]))
    return read
