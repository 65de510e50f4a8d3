"""The command line: `sitthi <command>`. Exit code 0 done, 1 refused or failed, 2 wrong usage."""

import sys
from typing import Annotated

import typer

from app import __version__
from app.cli.checking import check
from app.cli.demonstrating import demo
from app.cli.exporting import export
from app.cli.migrating import migrate
from app.cli.rotating import rotate_signing_key
from app.cli.serving import serve
from app.cli.terminal import refuse
from app.cli.working import worker
from app.core.logging import describe_exception
from app.startup import CannotStart

commands = typer.Typer(
    name="sitthi", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
for command in (serve, worker, migrate, check, demo, rotate_signing_key):
    commands.command()(command)
commands.add_typer(export, name="export")


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
    """The program: what can't go on says why in one sentence; an error of our own names its place, not its message."""
    try:
        commands()
    except CannotStart as why:
        refuse(why.sentence, why.hint, why.details)
    except Exception as error:
        found = describe_exception(error)
        refuse(f"An error in Sitthi itself: {', '.join(found['error'])}.", "Please report it.", found["frames"])
    sys.exit(1)
