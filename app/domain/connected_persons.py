"""Connected persons: whose data comes from somebody else, a member mostly (PDPA s.25; policy clause 4; LAW T-13).

The policy leaves it to the member to tell them; the Act wants it of the controller.
"""

from datetime import date

from app.domain.calendar import Calendar
from app.domain.periods import ends_on
from app.domain.policy import Period
from app.domain.vocabulary import SubjectKind

CONNECTED = frozenset({SubjectKind.GUARANTOR, SubjectKind.REFEREE, SubjectKind.BENEFICIARY, SubjectKind.FAMILY})
PROVISION = "PDPA s.25"
TELL_WITHIN = Period(days=30)


def tell_by(collected_on: date, calendar: Calendar) -> date:
    """The last day to tell the person; the day of collection is not counted (Civil Code 193/3, 193/8)."""
    return calendar.next_working_day(ends_on(collected_on, TELL_WITHIN))
