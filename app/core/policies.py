"""The policy in force: the pack that the process was started with, and what the database has put over it since."""

from collections.abc import Awaitable, Callable

from app.core.transactions import Driver
from app.domain.policy import PolicyPack

Load = Callable[[Driver, PolicyPack], Awaitable[tuple[int, PolicyPack]]]


class Policies:
    """Reads the overlay again whenever the mark of its newest entry has changed. `load` knows the table."""

    def __init__(self, base: PolicyPack, load: Load) -> None:
        self.newest = base
        self._base, self._load, self._mark = base, load, ""

    async def at(self, mark: str | None, driver: Callable[[], Awaitable[Driver]]) -> PolicyPack:
        """The policy at a mark, None where nothing was put over the pack."""
        if (mark or "") != self._mark:
            _, self.newest = await self._load(await driver(), self._base)
            self._mark = mark or ""
        return self.newest
