"""What may go wrong with packages and the links that hand them out."""

from app.domain.errors import DomainError


class PackageNotReady(DomainError):
    """The package is still being built."""

    code = "package_not_ready"


class PackageRemoved(DomainError):
    """The package's days are over, or the subject was erased: it is gone."""

    code = "package_removed"


class LinkUsed(DomainError):
    """The link was used already: it hands out its package once."""

    code = "link_used"


class LinkExpired(DomainError):
    """The link has outlived its hours."""

    code = "link_expired"
