"""The published contract: an OpenAPI document generated from the routes, and the files that it is published as."""

from app.contract.document import document
from app.contract.publishing import differences, write

__all__ = ["differences", "document", "write"]
