"""What the rows have in common whose work is done outside the transaction, by whichever worker claims them."""

from datetime import datetime

from sqlmodel import SQLModel

from app.models.columns import Instant


class Errand(SQLModel):
    """`not_before` is by the clock of the law, which the sandbox moves; `lease_until` by the real one.

    `fence` grows with each claim: who comes back with an older number has lost the row to somebody else.
    """

    not_before: datetime = Instant()
    lease_until: datetime | None = Instant(default=None)
    fence: int = 0
    attempts: int = 0
