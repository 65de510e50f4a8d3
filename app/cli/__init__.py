"""The command line: `sitthi <command>`. Exit code 0 done, 1 refused or failed, 2 wrong usage."""

import sys
from typing import Annotated

import typer

from app import __version__
from app.cli.serving import serve
from app.cli.terminal import refuse
from app.startup import CannotStart

commands = typer.Typer(
    name="sitthi", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
commands.command()(serve)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sitthi {__version__}")
        raise typer.Exit


@commands.callback()
def sitthi(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Privacy rights for Thai savings cooperatives, over one REST API."""


def main() -> None:
    """The program: what can't go on says why in one sentence."""
    try:
        commands()
    except CannotStart as why:
        refuse(why)
        sys.exit(1)
