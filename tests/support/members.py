"""People of the tests: builders that go through the API, as the core banking system does."""

from typing import Any

from tests.support.api import Api

PHONE = "+66812345678"
EMAIL = "somying@member.example"


def particulars(**changes: Any) -> dict[str, Any]:
    """A member of full age with an e-mail address and a telephone; whoever is born this century joined at birth."""
    born_on = str(changes.get("born_on"))
    return {
        "kind": "member",
        "born_on": "1970-05-17",
        "membership": {"joined_on": f"{born_on}-01-01"[:10] if born_on.startswith("20") else "1995-06-01"},
        "contacts": {"phone": PHONE, "email": EMAIL},
        **changes,
    }


async def register(api: Api, subject_ref: str = "M-1", **changes: Any) -> str:
    """Register a member; returns the reference."""
    answer = await api.core.put(f"/v1/subjects/{subject_ref}", particulars(**changes))
    assert answer.status_code in {200, 201}, answer.text
    return subject_ref


def record(record_ref: str, kind: str = "deposit", **changes: Any) -> dict[str, Any]:
    """A record that a push would carry."""
    return {
        "record_ref": record_ref,
        "kind": kind,
        "events": {},
        "system": "core_banking",
        "storage": "database",
        "categories": ["financial"],
        **changes,
    }


async def push(api: Api, subject_ref: str, *records: dict[str, Any]) -> None:
    """Push records; all must be taken."""
    answer = await api.core.put(f"/v1/subjects/{subject_ref}/records", {"records": list(records)})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"accepted": len(records), "rejected": []}
