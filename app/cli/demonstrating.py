"""`sitthi demo`: the service shown at work."""

from typing import Annotated

import typer
from rich.console import Console

from app.cli.terminal import refuse
from app.demo import DemoFailed, tell


def demo(
    url: Annotated[
        str, typer.Option(envvar="SITTHI_PUBLIC_URL", help="Where the sandbox answers.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Tell the story of one member's erasure request, over HTTP, against a running sandbox."""
    try:
        tell(url, Console())
    except DemoFailed as error:
        refuse(str(error), "The address of a running sandbox can be given with --url.")
        raise typer.Exit(1) from None
