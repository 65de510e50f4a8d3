"""Who acts for a data subject: the caller, or a representative whom the caller may name (PDPA s.20; DOMAIN "Who may act").

The rules stand in `domain.capacity`; registering representatives is in `services.representatives`.
"""

from app.core.work import Work
from app.domain.capacity import Person, Power, check_who_acts, covers, is_effective
from app.domain.errors import RepresentativeRequired
from app.domain.vocabulary import Relation, Role
from app.repositories import representations
from app.repositories.representations import person_of

__all__ = ["acting", "check_acts", "person_of", "power_of", "sees"]


async def power_of(work: Work, subject_ref: str, representative_ref: str) -> Power | None:
    """The power that is registered for somebody over a subject, whether effective or not."""
    found = await representations.find(work, subject_ref, representative_ref)
    return found.power if found is not None else None


async def check_acts(
    work: Work, subject_ref: str, person: Person, act: str, *, by: str | None, subject_agreed: bool | None = None
) -> Relation | None:
    """That who acts may do it today; returns the relation in which they act, None for the subject alone.

    `act` as `domain.capacity.check_who_acts` takes it. `by` None: who calls; and where staff or a system calls, the
    subject. These may name anybody who is registered; people speak for nobody but themselves.
    Raises `RepresentativeRequired`, `SubjectAgreementMissing`.
    """
    who = acting(work, subject_ref, by)
    power = await power_of(work, subject_ref, who) if who is not None else None
    if who is not None and power is None:
        raise RepresentativeRequired
    minors_alone = work.pack.minors_alone
    check_who_acts(person, act, work.today, power=power, subject_agreed=subject_agreed, minors_alone=minors_alone)
    return power.relation if power is not None else None


def acting(work: Work, subject_ref: str, by: str | None) -> str | None:
    """The `representative_ref` of who acts, None for the subject. Raises `RepresentativeRequired`."""
    actor = work.actor
    who = by
    if by is None:
        who = subject_ref if actor.everyone or actor.is_subject(subject_ref) else actor.subject_ref
    own = actor.is_subject(subject_ref) if who == subject_ref else _represents_as(work, who)
    if not (actor.everyone or own):
        raise RepresentativeRequired
    return None if who == subject_ref else who


def _represents_as(work: Work, who: str | None) -> bool:
    return who is not None and Role.REPRESENTATIVE in work.actor.roles and work.actor.subject_ref == who


async def sees(work: Work, subject_ref: str, *, act: str | None = None, heirs: bool = False) -> bool:
    """Whether the actor is a representative who stands for the subject today: for an act as `covers` takes it, or at all.

    `heirs`: for the answer to a request, which is all that heirs may read.
    """
    if not _represents_as(work, work.actor.subject_ref):
        return False
    found = await representations.find_with_person(work, subject_ref, str(work.actor.subject_ref))
    if found is None:
        return False
    power, person = found
    within = act is None or covers(power, act)
    return within and (heirs or power.relation is not Relation.HEIR) and is_effective(power, person, work.today)
