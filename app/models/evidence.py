"""What the service signs: its keys, the receipts that it gave, and the DPO's assessments of further purposes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed


class SigningKey(SQLModel, table=True):
    """A key that receipts are signed with. The newest signs; all of them stay published, so that old receipts verify."""

    __tablename__ = "signing_key"
    __table_args__ = ({"schema": "keys"},)

    kid: str = Field(primary_key=True)
    algorithm: str
    public_jwk: dict[str, Any] = Document()
    master_key: str
    wrapped: bytes = Sealed()
    created_at: datetime = Instant()


class ConsentReceipt(SQLModel, table=True):
    """The receipt of a consent as it stood: signed when first asked for, and the same ever after. Append-only."""

    __tablename__ = "consent_receipt"

    consent_id: UUID = Field(primary_key=True, foreign_key="consent.id")
    state: str = Field(primary_key=True)
    kid: str
    jws: str
    signed_at: datetime = Instant()


class CompatibilityAssessment(SQLModel, table=True):
    """Why a further purpose is, or is not, compatible with the one that data was collected for (PDPA s.21). Append-only."""

    __tablename__ = "compatibility_assessment"

    id: UUID = Field(primary_key=True)
    purpose: str
    further_purpose: str
    content: dict[str, Any] = Document()
    compatible: bool
    policy: str
    assessed_by: str
    assessed_at: datetime = Instant()
