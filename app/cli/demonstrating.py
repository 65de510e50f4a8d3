"""`sitthi demo`: the service shown at work."""

import os
from typing import Annotated

import typer
from rich.console import Console

from app.cli.terminal import refuse
from app.demo import DemoFailed, tell


def demo(
    url: Annotated[
        str | None, typer.Option(help="Where the sandbox answers, if not at this environment's address.")
    ] = None,
) -> None:
    """Tell the stories of one member's erasure request and another's consent, over HTTP, against a running sandbox."""
    here = os.environ.get("SITTHI_PUBLIC_URL") or f"http://127.0.0.1:{os.environ.get('SITTHI_PORT') or 8000}"
    try:
        tell(url or here, Console())
    except DemoFailed as error:
        refuse(str(error), "The address of a running sandbox can be given with --url.")
        raise typer.Exit(1) from None
