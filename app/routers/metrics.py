"""Figures for Prometheus (API 3): to the addresses that may read them; to others there is no such path."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from app.core.access import Desk, GuardedRoute, public
from app.core.work import Work
from app.domain.errors import NotFound
from app.services.metrics import Scrape

router = APIRouter(route_class=GuardedRoute, tags=["health"])
Watching = Annotated[
    Work, public("figures without personal data, for listed addresses", raises=(NotFound,), offline=True)
]
PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get(
    "/metrics",
    operation_id="readMetrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def read_metrics(
    request: Request,
    work: Watching,  # noqa: ARG001  (declares access)
) -> Response:
    """What this process counts; and from the database open rights requests and how far the workers are behind.

    To whom comes from an address that `SITTHI_METRICS_ALLOW` does not name, or through a proxy, there is no such path.
    """
    desk: Desk = request.app.state.desk
    if not _may_watch(request, desk):
        raise NotFound
    scrape: Scrape = request.app.state.scrape
    return Response(await scrape.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_watch(request: Request, desk: Desk) -> bool:
    if request.client is None or any(name in request.headers for name in PROXIED):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in desk.watchers)
