"""What the commands say to a person: steps and results on standard output, refusals on standard error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.startup import CannotStart


def say(text: str = "") -> None:
    """A line on standard output, at once."""
    typer.echo(text)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Names what happens inside the `with` before it begins, and says how long it took."""
    typer.echo(f"  {title} ... ", nl=False)
    began = time.perf_counter()
    try:
        yield
    except BaseException:
        typer.echo("failed")
        raise
    typer.echo(f"{time.perf_counter() - began:.1f} s")


def refuse(why: CannotStart) -> None:
    """The sentence, its details and the hint."""
    typer.echo(f"sitthi: {why.sentence}", err=True)
    for detail in why.details:
        typer.echo(f"  {detail}", err=True)
    typer.echo(f"Hint: {why.hint}", err=True)
