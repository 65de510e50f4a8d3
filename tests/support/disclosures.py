"""Disclosures of the tests: told through the API, as the core banking system does."""

from typing import Any

from tests.support.api import Api
from tests.support.packs import ShippedPack


def disclosure(pack: ShippedPack, **changes: Any) -> dict[str, Any]:
    """What the pack lets the purpose of its consent disclose."""
    return {
        "subject_ref": "M-1",
        "recipient": pack.recipient,
        "purpose": pack.consent,
        "categories": list(pack.ordinary),
        "disclosed_at": "2026-05-01T03:00:00Z",
        **changes,
    }


async def disclosed(api: Api, pack: ShippedPack, *, system: str = "core_banking", **changes: Any) -> dict[str, Any]:
    """A disclosure that a system has told of."""
    answer = await api.as_role("core_banking", system=system).post("/v1/disclosures", disclosure(pack, **changes))
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept
