"""What the commands say to a person: steps and results on standard output, refusals on standard error."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import typer


def say(text: str, end: str = "\n") -> None:
    """A line on standard output, at once; nothing where nobody reads any more."""
    with suppress(BrokenPipeError):
        typer.echo(text + end, nl=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Names what happens inside the `with` before it begins, and says how long it took."""
    say(f"  {title} ... ", end="")
    began = time.perf_counter()
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.perf_counter() - began:.1f} s")


def refuse(sentence: str, hint: str, details: Sequence[str] = ()) -> None:
    """A sentence, its details and what to do about it, on standard error."""
    typer.echo("\n".join([f"sitthi: {sentence}", *(f"  {detail}" for detail in details), f"Hint: {hint}"]), err=True)
