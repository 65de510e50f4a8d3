"""A service under another policy than the tests' own."""

from dataclasses import replace

from app.core.policies import Policies
from app.domain.policy import PolicyPack
from app.main import Process
from app.services import overlay


def under(process: Process, pack: PolicyPack) -> Process:
    """The same process under this pack."""
    return replace(process, works=replace(process.works, policies=Policies(pack, overlay.load)))
