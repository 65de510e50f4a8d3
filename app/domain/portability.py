"""Whether one record is portable (PDPA s.31; policy clause 12(3)): given by the subject, held on consent or contract."""

from app.domain.policy import Bilingual
from app.domain.rights_request import DECEASED_SUBJECT, JUDGED_BY_OFFICERS, ItemAssessment, ItemOutcome, refused_for
from app.domain.vocabulary import Basis

PORT_NOT_ELIGIBLE = "port_not_eligible"
PORT_PUBLIC_TASK_OR_LAW = "port_public_task_or_law"
PORT_OTHERS_RIGHTS = "port_others_rights"

PORTABLE = frozenset({Basis.CONSENT, Basis.EXPLICIT_CONSENT, Basis.CONTRACT})
OF_DUTY = frozenset({Basis.PUBLIC_TASK, Basis.LEGAL_OBLIGATION})


def assess_item(
    ref: str, label: Bilingual, basis: Basis | None, *, provided_by_subject: bool, deceased: bool
) -> ItemAssessment:
    """What law says about the portability of a record, by its own lawful `basis`.

    None: its system has not said on which basis it holds it. An officer who knows better may then grant it.
    """
    if deceased:
        return refused_for(DECEASED_SUBJECT, ref, label)
    if basis in OF_DUTY:
        return refused_for(PORT_PUBLIC_TASK_OR_LAW, ref, label)
    if not provided_by_subject or (basis is not None and basis not in PORTABLE):
        return refused_for(PORT_NOT_ELIGIBLE, ref, label)
    by_judgement = (PORT_OTHERS_RIGHTS, *JUDGED_BY_OFFICERS)
    if basis is None:
        return ItemAssessment(ref, label, ItemOutcome.REFUSED, (PORT_NOT_ELIGIBLE, *by_judgement))
    return ItemAssessment(ref, label, ItemOutcome.GRANTED, by_judgement)
