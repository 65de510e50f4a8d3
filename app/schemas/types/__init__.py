"""The kinds of value that request bodies are made of, and the two bases of all bodies.

What a type refuses, it refuses with one of the API's field codes (`error_code`), and no message holds the value. The
types that read dates and numbers out of text are for requests; answers take plain `date`, `datetime` and `str`.
"""

from app.schemas.types.contacts import Email, ThaiNationalId, ThaiPhone
from app.schemas.types.dates import CalendarDate, CalendarYear, Duration, Instant, PartialDate
from app.schemas.types.faults import FIELD_CODES, FieldCode, error_code, fault, pointer
from app.schemas.types.models import OutModel, StrictModel
from app.schemas.types.text import Choice, Code, Count, Flag, Id, Line, LongText, Name, Note, Ref, SafeText
from app.schemas.types.unions import AllOr

__all__ = [
    "FIELD_CODES",
    "AllOr",
    "CalendarDate",
    "CalendarYear",
    "Choice",
    "Code",
    "Count",
    "Duration",
    "Email",
    "FieldCode",
    "Flag",
    "Id",
    "Instant",
    "Line",
    "LongText",
    "Name",
    "Note",
    "OutModel",
    "PartialDate",
    "Ref",
    "SafeText",
    "StrictModel",
    "ThaiNationalId",
    "ThaiPhone",
    "error_code",
    "fault",
    "pointer",
]
