"""What being a member of the credit bureau makes of a pack's purposes (LAW T-01)."""

from dataclasses import replace
from types import MappingProxyType

from app.domain.policy import PolicyPack, Purpose
from app.domain.vocabulary import Basis


def resolved(pack: PolicyPack) -> PolicyPack:
    """The pack with the duties of a bureau member among the bases where the cooperative is one, and without them else.

    Members report by law (Credit Information Business Act s.18): a withdrawal then stops only what rests on consent.
    """
    purposes = {code: _resolved(purpose, pack.credit_bureau_member) for code, purpose in pack.purposes.items()}
    return replace(pack, purposes=MappingProxyType(purposes))


def _resolved(purpose: Purpose, member: bool) -> Purpose:
    duty = purpose.credit_bureau_duty
    if duty is None:
        return purpose
    if not member:
        return replace(purpose, credit_bureau_duty=None)
    return replace(purpose, bases=(*purpose.bases, Basis.LEGAL_OBLIGATION), consequences=duty.consequences)
