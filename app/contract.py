"""The OpenAPI document: generated from the routes, completed with what the routes can't say themselves."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__


def document(app: FastAPI, base_url: str) -> dict[str, Any]:
    """The published contract."""
    return get_openapi(title="Sitthi", version=__version__, routes=app.routes, servers=[{"url": base_url}])
