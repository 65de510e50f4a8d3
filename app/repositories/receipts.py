"""Consent receipts that were signed."""

from uuid import UUID

from app.core.work import Work
from app.models.evidence import ConsentReceipt


async def hold_consent(work: Work, consent_id: UUID) -> None:
    """Let nothing happen to a consent, where there is one, until the unit of work ends. Others may hold it too."""
    await (await work.driver()).execute("SELECT FROM consent WHERE id = $1 FOR SHARE", consent_id)


async def get(work: Work, consent_id: UUID, state: str) -> str | None:
    """The receipt of a consent in one state, as it was signed."""
    found: str | None = await (await work.driver()).fetchval(
        "SELECT jws FROM consent_receipt WHERE consent_id = $1 AND state = $2", consent_id, state
    )
    return found


async def add_unless_there(work: Work, receipt: ConsentReceipt) -> str:
    """Keep a new receipt, or give back the one that a concurrent call signed first."""
    await (await work.driver()).execute(
        "INSERT INTO consent_receipt (consent_id, state, kid, jws, signed_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT DO NOTHING",
        receipt.consent_id,
        receipt.state,
        receipt.kid,
        receipt.jws,
        receipt.signed_at,
    )
    kept = await get(work, receipt.consent_id, receipt.state)
    assert kept is not None, "inserted or found"  # noqa: S101  (the statement before makes it so)
    return kept
