"""`sitthi export`: what the service publishes about itself, written into files."""

from pathlib import Path
from typing import Annotated

import typer

from app import contract
from app.cli.terminal import refuse, say
from app.main import published_contract

export = typer.Typer(help="Write what the service publishes about itself.", no_args_is_help=True)


@export.command()
def openapi(
    folder: Annotated[Path, typer.Argument(help="Where the contract is published.")] = Path("openapi"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where the folder differs.")] = False,
) -> None:
    """Write the OpenAPI document and the pages of problem types, sandbox included."""
    document = published_contract()
    if not check:
        say(f"{len(contract.write(folder, document))} files written to {folder}")
    elif found := contract.differences(folder, document):
        refuse(f"{folder} is not what the service speaks.", "Run `make openapi` and look at what changed.", found)
        raise typer.Exit(1)
    else:
        say(f"{folder} is what the service speaks")
