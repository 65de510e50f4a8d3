"""The way out to addresses that callers name."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.outbound import Outbound


async def outbound_of(request: Request) -> Outbound:
    found: Outbound = request.app.state.outbound
    return found


Out = Annotated[Outbound, Depends(outbound_of)]
"""`outbound: Out` in an endpoint's signature."""
