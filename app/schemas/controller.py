"""The data controller on the wire."""

from app.schemas.bilingual import BilingualOut
from app.schemas.types import OutModel


class ContactOut(OutModel):
    """How to reach the controller; null, or no telephone, is what the policy does not state."""

    address: BilingualOut | None
    phones: tuple[str, ...]
    email: str | None


class OfficeHoursOut(OutModel):
    """Opening hours, `HH:MM` in Asia/Bangkok, on the weekdays named."""

    days: tuple[str, ...]
    opens: str
    closes: str


class DataProtectionOfficerOut(OutModel):
    """Whether one is appointed, and the contact point in any case, if the policy states one."""

    appointed: bool
    contact: str | None


class ControllerOut(OutModel):
    """The data controller."""

    code: str
    name: BilingualOut
    contact: ContactOut
    office_hours: OfficeHoursOut | None
    dpo: DataProtectionOfficerOut
    clauses: tuple[str, ...]
    """The clauses of the policy that say this."""
    warnings: tuple[BilingualOut, ...]
    """What people should know before they write there."""
