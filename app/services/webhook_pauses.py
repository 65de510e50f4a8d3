"""The pauses of a webhook endpoint that takes nothing: a circuit breaker that all workers share, for it stands on the endpoint.

Pauses are by the clock of the law, like the instants of deliveries. Each function needs the endpoint locked.
"""

from datetime import timedelta

import structlog

from app.core.work import Work
from app.models.webhook import WebhookEndpoint

PAUSED_AFTER = 5
"""So many failures in a row, of whichever deliveries, begin a pause; each further one a longer pause."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
GIVEN_UP_AFTER = timedelta(days=3)
GIVEN_UP_FAILURES = 10
"""So often in a row it has failed besides: three days in which nobody called it are not its fault."""
log = structlog.get_logger("sitthi.webhooks")


def note_accepted(endpoint: WebhookEndpoint) -> None:
    """It takes what it is sent: everything goes on at once."""
    if endpoint.paused_until is not None:
        log.info("webhook_endpoint_recovered", endpoint=str(endpoint.id), count=endpoint.failures)
    endpoint.failing_since = None
    end(endpoint)


def note_failed(work: Work, endpoint: WebhookEndpoint) -> None:
    """It took nothing; by and by it is left alone, and one delivery tells afterwards whether it is back."""
    endpoint.failing_since = endpoint.failing_since or work.now
    endpoint.failures += 1
    further = endpoint.failures - PAUSED_AFTER
    if further < 0:
        return
    endpoint.paused_until = work.now + min(FIRST_PAUSE * 2 ** min(further, 10), LONGEST_PAUSE)
    if further == 0:
        log.warning("webhook_endpoint_paused", endpoint=str(endpoint.id))


def end(endpoint: WebhookEndpoint) -> None:
    """Call it again at once, and pause again only after as many failures: it took something, or somebody asks for that."""
    endpoint.failures, endpoint.paused_until = 0, None


def is_hopeless(work: Work, endpoint: WebhookEndpoint) -> bool:
    """Whether it has taken nothing for three days, though it was tried."""
    since = endpoint.failing_since
    return endpoint.failures >= GIVEN_UP_FAILURES and since is not None and since <= work.now - GIVEN_UP_AFTER
