"""What the commands say to a person: steps and results on standard output, refusals on standard error."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer


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


def refuse(sentence: str, hint: str, details: Sequence[str] = ()) -> None:
    """A sentence, its details and what to do about it, on standard error."""
    typer.echo("\n".join([f"sitthi: {sentence}", *(f"  {detail}" for detail in details), f"Hint: {hint}"]), err=True)
