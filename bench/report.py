"""How figures are told: medians with their range, ratios within one run, and the machine's load beside them."""

import asyncio
import os
from collections.abc import Coroutine, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table
from uvicorn.loops.auto import auto_loop_factory

ROUNDS = 5
CONNECTIONS = (1, 8, 32)
"""Of a load, each of them measured."""


def rate(per_second: Sequence[float]) -> str:
    """The median of some rounds, with the slowest and the fastest."""
    return f"{median(per_second):,.0f} ({min(per_second):,.0f}-{max(per_second):,.0f})"


def ratio(part: Sequence[float], whole: Sequence[float]) -> float:
    """The median of the ratios of rounds that ran one after the other."""
    return median(one / other for one, other in zip(part, whole, strict=True))


def goal(reached: float, wanted: float) -> str:
    """Whether a ratio is what it should be."""
    return "reached" if reached >= wanted else "not reached"


def run(benchmark: Coroutine[object, object, None]) -> None:
    """Run a benchmark on the loop that the service runs on too."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(benchmark)


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> None:
    """A table of figures."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    table = Table(title=title, title_justify="left", caption_justify="left", caption=f"load average {load}")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(width=150)
    console.print(table)
    for note in notes:
        console.print(f"  {note}")
    console.print()
