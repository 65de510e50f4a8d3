"""The one place where time is read. Everything else gets an instant as a parameter."""

import time
from collections.abc import Callable
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


def wall_clock() -> datetime:
    """This machine's own idea of the time, which may be wrong."""
    return datetime.now(UTC)  # noqa: TID251  (the one place)


class Clock:
    """The database's clock, carried forward by this machine's monotonic time, so that no process keeps its own.

    `synchronise` is called at start and every few seconds; a jump of the machine's wall clock changes nothing. `wall` is
    believed only until the database is heard, and compared with it afterwards.
    """

    def __init__(self, wall: Callable[[], datetime] = wall_clock) -> None:
        self._wall = wall
        self._base = wall()
        self._base_monotonic = time.monotonic()

    def now(self) -> datetime:
        """The real instant, in UTC."""
        return self._base + timedelta(seconds=time.monotonic() - self._base_monotonic)

    def synchronise(self, database_now: datetime) -> None:
        """Take over the database's clock."""
        self._base, self._base_monotonic = database_now.astimezone(UTC), time.monotonic()

    def skew(self) -> timedelta:
        """How far this machine's wall clock is from the database's; over `MAX_SKEW` the service is not ready."""
        return abs(self._wall() - self.now())
