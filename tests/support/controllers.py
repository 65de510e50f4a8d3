"""Other controllers of the tests, and the key that one signs its receipts with."""

from typing import Any

from app.core.signing import SigningKey, new_signing_key
from tests.support.api import Api

OTHER = SigningKey(new_signing_key())
PUBLIC = {name: OTHER.jwk[name] for name in ("kty", "crv", "x", "y")}


def controller(**changes: Any) -> dict[str, Any]:
    """Another cooperative."""
    name = {"th": "สหกรณ์อื่น จำกัด", "en": "Another Cooperative Ltd."}
    return {"name": name, "endpoint": "https://receiver.example/packages", "key": PUBLIC, **changes}


async def entered(api: Api, code: str = "other_coop", **changes: Any) -> dict[str, Any]:
    """A controller that the DPO entered."""
    answer = await api.dpo.put(f"/v1/controllers/{code}", controller(**changes))
    assert answer.status_code in {200, 201}, answer.text
    body: dict[str, Any] = answer.json()
    return body
