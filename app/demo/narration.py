"""How the stories are told: who speaks, and what happens."""

from rich.console import Console


def say(console: Console, who: str, what: str) -> None:
    """One line."""
    console.print(f"[bold cyan]{who:>13}[/]  {what}", highlight=False)
