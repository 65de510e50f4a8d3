"""The one place where time is read. Everything else gets an instant as a parameter."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

BANGKOK = ZoneInfo("Asia/Bangkok")
MAX_SKEW = timedelta(seconds=5)


def today_in_bangkok(now: datetime) -> date:
    """The calendar day in Asia/Bangkok at an instant: the day that deadlines and retention count."""
    return now.astimezone(BANGKOK).date()


def start_of(day: date) -> datetime:
    """The instant at which a calendar day begins in Asia/Bangkok, in UTC."""
    return datetime.combine(day, time_of_day.min, BANGKOK).astimezone(UTC)


class Clock:
    """The database's clock, carried forward by this machine's monotonic time, so that no process keeps its own.

    `synchronise` is called at start and every few seconds; a jump of the machine's wall clock changes nothing.
    """

    def __init__(self) -> None:
        self._base = datetime.now(UTC)  # noqa: TID251  (the only reading of the wall clock, until the database is heard)
        self._base_monotonic = time.monotonic()

    def now(self) -> datetime:
        """The real instant, in UTC."""
        return self._base + timedelta(seconds=time.monotonic() - self._base_monotonic)

    def synchronise(self, database_now: datetime) -> None:
        """Take over the database's clock."""
        self._base, self._base_monotonic = database_now.astimezone(UTC), time.monotonic()

    def skew(self) -> timedelta:
        """How far this machine's wall clock is from the database's; over `MAX_SKEW` the service is not ready."""
        return abs(datetime.now(UTC) - self.now())  # noqa: TID251  (compares the wall clock, takes no time from it)
