"""`sitthi export`: what the service publishes about itself, written into files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app import contract
from app.cli.terminal import refuse, say
from app.core.clock import Clock
from app.core.database import create_engine
from app.core.jwks import RemoteKeys
from app.core.sealing import KeyRing
from app.core.settings import Mode, Settings
from app.core.tokens import TokenRules, TokenVerifier
from app.core.work import Works
from app.main import Process, create_app
from app.policies.loader import load_pack
from app.services.sandbox import real_instant

PUBLISHED_AT = "http://127.0.0.1:8000"
"""The address that stands in the published contract: where a sandbox of `make run` answers."""

export = typer.Typer(help="Write what the service publishes about itself.", no_args_is_help=True)


@export.command()
def openapi(
    folder: Annotated[Path, typer.Argument(help="Where the contract is published.")] = Path("openapi"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where the folder differs.")] = False,
) -> None:
    """Write the OpenAPI document and the pages of problem types, sandbox included."""
    document = published_document()
    if not check:
        say(f"{len(contract.write(folder, document))} files written to {folder}")
    elif found := contract.differences(folder, document):
        refuse(f"{folder} is not what the service speaks.", "Run `make openapi` and look at what changed.", found)
        raise typer.Exit(1)
    else:
        say(f"{folder} is what the service speaks")


def published_document() -> dict[str, Any]:
    """The contract of a sandbox with the shipped pack; needs no database and no environment."""
    settings = Settings.model_construct(mode=Mode.SANDBOX, public_url=PUBLISHED_AT)
    clock = Clock()
    engine = create_engine("postgresql://", name="never connected")
    works = Works(engine, clock, load_pack(settings.policy_pack), KeyRing({"none": b""}), real_instant)
    rules, seconds = TokenRules(PUBLISHED_AT, settings.oidc_audience), lambda: 0.0
    verifier = TokenVerifier(rules, RemoteKeys("https://never-asked.invalid", seconds), seconds)
    document: dict[str, Any] = create_app(Process(settings, works, verifier, None)).state.document
    return document
