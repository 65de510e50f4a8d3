"""Holidays on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field

from app.domain.policy import Bilingual
from app.schemas.bilingual import BilingualOut
from app.schemas.types import CalendarDate, CalendarYear, Choice, Line, Name, OutModel, StrictModel
from app.services.holidays import Announced, Announcement

MOST_DAYS = 366


class HolidayName(StrictModel):
    """What a holiday is called."""

    th: Name
    en: Name


class HolidayIn(StrictModel):
    """A day that is off."""

    day: CalendarDate
    label: HolidayName


class AnnouncementIn(StrictModel):
    """What was announced of some days, or the list of a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "มติคณะรัฐมนตรี 2 ธันวาคม 2569",
                    "reason": "วันหยุดพิเศษต่อเนื่อง",
                    "announced": [
                        {"day": "2027-01-04", "label": {"th": "วันหยุดพิเศษ", "en": "Special holiday"}},
                    ],
                }
            ]
        }
    )

    source: Line
    """Where it was read, such as a Gazette reference."""
    reason: Line
    announced: Annotated[Choice[tuple[HolidayIn, ...]], Field(max_length=MOST_DAYS)] = ()
    """Days that are off, each once."""
    cancelled: Annotated[Choice[tuple[CalendarDate, ...]], Field(max_length=MOST_DAYS)] = ()
    """Days, from today on, that are working days after all."""
    year: CalendarYear | None = None
    """With it, `announced` is the whole list of that year, and takes the place of all that was said of its days."""

    def announcement(self) -> Announcement:
        """As the service takes it."""
        days = tuple((one.day, Bilingual(one.label.th, one.label.en)) for one in self.announced)
        return Announcement(self.source, self.reason, days, tuple(self.cancelled), self.year)


class AnnouncedDayOut(OutModel):
    """A day that is off."""

    day: date
    label: BilingualOut


class AnnouncementOut(OutModel):
    """An announcement as it was made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "มติคณะรัฐมนตรี 2 ธันวาคม 2569",
                    "reason": "วันหยุดพิเศษต่อเนื่อง",
                    "announced": [
                        {"day": "2027-01-04", "label": {"th": "วันหยุดพิเศษ", "en": "Special holiday"}},
                    ],
                    "cancelled": [],
                    "year": None,
                    "announced_at": "2026-12-03T02:30:00Z",
                    "policy": "6f2c5e0a9d1b4f7788c3a1e05d4b9276f2c5e0a9d1b4f7788c3a1e05d4b92760",
                    "requests_concerned": 3,
                }
            ]
        }
    )

    source: str
    reason: str
    announced: list[AnnouncedDayOut]
    cancelled: list[date]
    year: int | None
    announced_at: datetime
    policy: str
    """SHA-256 of the policy that is in force with it."""
    requests_concerned: int
    """Open requests whose dates are computed anew; not all of them need change."""

    @classmethod
    def of(cls, announced: Announced) -> Self:
        """As it is answered."""
        asked = announced.announcement
        days = [
            AnnouncedDayOut(day=day, label=BilingualOut(th=label.th, en=label.en)) for day, label in asked.announced
        ]
        return cls(
            source=asked.source,
            reason=asked.reason,
            announced=days,
            cancelled=list(asked.cancelled),
            year=asked.year,
            announced_at=announced.announced_at,
            policy=announced.policy,
            requests_concerned=announced.concerned,
        )


class HolidayOut(OutModel):
    """A day that is off, or was said to be and is not."""

    day: date
    label: BilingualOut
    origin: Literal["list", "fixed_date", "announcement"]
    """From the list of the year; a date that is off every year; or announced besides."""
    cancelled: bool
    """Whether it is a working day after all."""
    source: str | None
    reason: str | None


class YearOut(OutModel):
    """What is known of the holidays of a year, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "year": 2028,
                    "provisional": True,
                    "source": None,
                    "verified": False,
                    "missing": [],
                    "items": [
                        {
                            "day": "2028-01-01",
                            "label": {"th": "วันขึ้นปีใหม่", "en": "New Year's Day"},
                            "origin": "fixed_date",
                            "cancelled": False,
                            "source": None,
                            "reason": None,
                        }
                    ],
                }
            ]
        }
    )

    year: int
    provisional: bool
    """Whether its list is missing."""
    source: str | None
    """Where the list was read."""
    verified: bool
    """Whether the list was checked against an official one."""
    missing: list[int]
    """Years whose list should be there by now: this one, and from October on the next."""
    items: list[HolidayOut]
