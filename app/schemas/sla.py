"""The register of service levels on the wire, as JSON and as CSV."""

from collections.abc import Iterable
from datetime import date

from app.documents.csv_table import csv_table
from app.schemas.types import OutModel
from app.services.sla import Figures


class FiguresOut(OutModel):
    """Requests of one right, received in one month, with one outcome. Days are those of Bangkok."""

    kind: str
    month: date
    """The first day of the month of receipt."""
    outcome: str
    """`granted`, `partly_granted`, `refused`; `open` before the decision; `lapsed`, `cancelled`."""
    received: int
    decided_in_time: int
    decided_late: int
    completed_in_time: int
    completed_late: int
    open: int
    overdue: int
    """Of those that are open, past the date that they run against."""
    lapsed: int
    cancelled: int
    median_days_to_decide: int | None
    max_days_to_decide: int | None


class FiguresPage(OutModel):
    """The register, by right, month and outcome."""

    items: list[FiguresOut]


def figures_csv(figures: Iterable[Figures]) -> str:
    """The same as a table."""
    return csv_table(Figures._fields, figures)
