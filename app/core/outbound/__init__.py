"""Guarded calls to addresses that others chose: webhooks, transfers (RELIABILITY.md 4, SSRF).

A name is resolved once, every address that it has is checked, and one of those is dialled under the name; nothing is
followed, nothing is taken from the environment, and little is read.
"""

from app.core.outbound.addresses import LOOPBACK, AllowList
from app.core.outbound.client import Outbound, Reply, Unreached
from app.core.outbound.resolving import Resolve, SystemResolver, Unresolvable
from app.core.outbound.targets import Target, TargetRefused, parse_target

__all__ = [
    "LOOPBACK",
    "AllowList",
    "Outbound",
    "Reply",
    "Resolve",
    "SystemResolver",
    "Target",
    "TargetRefused",
    "Unreached",
    "Unresolvable",
    "parse_target",
]
