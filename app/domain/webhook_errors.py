"""What may go wrong with webhook endpoints."""

from app.domain.errors import DomainError


class EndpointLimitReached(DomainError):
    """Its owner has as many webhook endpoints as one may have."""

    code = "endpoint_limit_reached"


class EndpointDisabled(DomainError):
    """The endpoint is disabled: nothing is delivered to it until it is enabled again."""

    code = "endpoint_disabled"
