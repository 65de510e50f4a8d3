"""Who acts, as the services that let somebody act ask for it."""

from datetime import date
from typing import Any

import pytest

from app.core.work import Actor, Work
from app.domain.capacity import Person
from app.domain.errors import RepresentativeRequired, SubjectAgreementMissing
from app.domain.vocabulary import Relation, Role
from app.main import Process
from app.services import representations
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.members import register
from tests.support.representatives import approved, registered

STAFF = Actor("somchai", frozenset({Role.STAFF}), everyone=True)
MEMBER = Actor("M-1", frozenset({Role.MEMBER}), subject_ref="M-1")
ATTORNEY = Actor("P-1", frozenset({Role.REPRESENTATIVE}), subject_ref="P-1")
BOTH = Actor("M-1", frozenset({Role.MEMBER, Role.REPRESENTATIVE}), subject_ref="M-1")
ADULT = Person("1970-05-17")
MINOR: dict[str, Any] = {"kind": "beneficiary", "born_on": "2010-05-10", "membership": None}


@pytest.fixture
async def represented(api: Api) -> str:
    """An adult with an attorney for consent alone, and one who waits for approval."""
    await noon_of(api, "2026-11-20")
    await register(api)
    await approved(api, rights=["consent"])
    await registered(api, "M-1", "P-2")
    return "M-1"


async def acts(
    process: Process, actor: Actor, act: str = "consent", by: str | None = None, person: Person = ADULT
) -> Relation | str | None:
    """In which relation somebody acts for M-1, or that they may not."""
    async with process.works.open(actor, "test") as work:
        try:
            return await representations.check_acts(work, "M-1", person, act, by=by)
        except RepresentativeRequired:
            return "may not"


@pytest.mark.parametrize(
    ("actor", "by", "wanted"),
    [
        (STAFF, None, None),
        (STAFF, "M-1", None),
        (STAFF, "P-1", Relation.ATTORNEY),
        (STAFF, "P-2", "may not"),
        (STAFF, "P-3", "may not"),
        (MEMBER, None, None),
        (MEMBER, "M-1", None),
        (MEMBER, "P-1", "may not"),
        (BOTH, None, None),
        (BOTH, "P-1", "may not"),
        (ATTORNEY, None, Relation.ATTORNEY),
        (ATTORNEY, "P-1", Relation.ATTORNEY),
        (ATTORNEY, "P-2", "may not"),
        (ATTORNEY, "M-1", "may not"),
        (Actor("P-2", frozenset({Role.REPRESENTATIVE}), subject_ref="P-2"), None, "may not"),
        (Actor("P-1", frozenset({Role.MEMBER}), subject_ref="P-1"), None, "may not"),
        (Actor("P-1", frozenset({Role.REPRESENTATIVE})), None, "may not"),
        (Actor("nobody"), None, "may not"),
        (Actor("nobody"), "P-1", "may not"),
    ],
)
async def test_who_acts_and_whom_they_may_name(
    process: Process, represented: str, actor: Actor, by: str | None, wanted: Relation | str | None
) -> None:
    assert await acts(process, actor, by=by) == wanted


@pytest.mark.parametrize(("act", "wanted"), [("withdrawal", Relation.ATTORNEY), ("access", "may not")])
async def test_what_a_power_does_not_cover_is_not_done_under_it(
    process: Process, represented: str, act: str, wanted: Relation | str
) -> None:
    assert await acts(process, ATTORNEY, act) == wanted
    assert await acts(process, STAFF, act, by="P-1") == wanted


async def test_an_adults_attorney_is_none_once_the_adult_is_incompetent_or_dead(
    process: Process, represented: str
) -> None:
    assert await acts(process, ATTORNEY, person=Person("2010-01-01")) == "may not"
    assert await acts(process, ATTORNEY, person=Person("1970-05-17", deceased_on=date(2026, 11, 20))) == "may not"


async def test_a_minor_agrees_besides_the_parent(api: Api, process: Process) -> None:
    await noon_of(api, "2026-11-20")
    await register(api, **MINOR)
    await approved(api, relation="parent")
    minor = Person("2010-05-10")
    async with process.works.open(ATTORNEY, "test") as work:
        for agreed in (None, False):
            with pytest.raises(SubjectAgreementMissing):
                await representations.check_acts(work, "M-1", minor, "consent", by=None, subject_agreed=agreed)
        given = await representations.check_acts(work, "M-1", minor, "consent", by=None, subject_agreed=True)
        assert given is Relation.PARENT
    assert await acts(process, MEMBER, person=minor) == "may not"


async def sees(work: Work, subject_ref: str) -> tuple[bool, bool]:
    """Whether the actor sees a subject, and whether they may read the answer to a request."""
    return await representations.sees(work, subject_ref), await representations.sees(work, subject_ref, heirs=True)


async def test_an_heir_sees_the_answer_alone_and_only_after_death(api: Api, process: Process, represented: str) -> None:
    await approved(api, "M-1", "H-1", relation="heir")
    heir = Actor("H-1", frozenset({Role.REPRESENTATIVE}), subject_ref="H-1")
    async with process.works.open(heir, "test") as work:
        assert await sees(work, "M-1") == (False, False)
    await register(api, deceased_on="2026-11-20")
    async with process.works.open(heir, "test") as work:
        assert await sees(work, "M-1") == (False, True)
    async with process.works.open(ATTORNEY, "test") as work:
        assert await sees(work, "M-1") == (False, False)


@pytest.mark.parametrize(
    ("actor", "subject_ref", "seen"),
    [
        (ATTORNEY, "M-1", True),
        (ATTORNEY, "M-2", False),
        (ATTORNEY, "P-1", False),
        (Actor("P-1", frozenset({Role.MEMBER}), subject_ref="P-1"), "M-1", False),
        (Actor("P-1", frozenset({Role.REPRESENTATIVE})), "M-1", False),
    ],
)
async def test_whom_a_representative_sees(
    process: Process, represented: str, actor: Actor, subject_ref: str, seen: bool
) -> None:
    async with process.works.open(actor, "test") as work:
        assert await sees(work, subject_ref) == (seen, seen)


async def test_a_power_is_told_as_it_was_registered(process: Process, represented: str) -> None:
    async with process.works.open(STAFF, "test") as work:
        power = await representations.power_of(work, "M-1", "P-2")
        assert power is not None
        assert (power.relation, power.rights, power.approved) == (Relation.ATTORNEY, frozenset({"all"}), False)
        assert await representations.power_of(work, "M-1", "P-3") is None
