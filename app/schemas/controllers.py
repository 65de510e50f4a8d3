"""Other controllers on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, Field, Strict

from app.core import base64url
from app.domain.policy import Bilingual
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import Name, OutModel, StrictModel, fault
from app.services.controllers import Entry

Coordinate = Annotated[str, Strict(), Field(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]{43}$")]
Endpoint = Annotated[str, Strict(), Field(min_length=10, max_length=500, pattern=r"^https?://[!-~]+$")]


class ControllerName(StrictModel):
    """What the controller is called."""

    th: Name
    en: Name


class PublicKeyIn(StrictModel):
    """A public key on the curve P-256 (RFC 7518 6.2)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate


def _check_point(key: PublicKeyIn) -> PublicKeyIn:
    try:
        x, y = (int.from_bytes(base64url.decode(one)) for one in (key.x, key.y))
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise fault("bad_format", "Not a point on P-256") from None
    return key


class ControllerIn(StrictModel):
    """Another controller, as the DPO knows it."""

    name: ControllerName
    endpoint: Endpoint
    """Where packages are sent: https, no address of a private network."""
    key: Annotated[PublicKeyIn, AfterValidator(_check_point)]
    """What the controller signs its receipts with (ES256)."""

    def entry(self) -> Entry:
        """As the service takes it."""
        return Entry(Bilingual(self.name.th, self.name.en), self.endpoint, self.key.model_dump())


class ControllerEntry(OutModel):
    """Another controller that packages may go to."""

    code: str
    name: BilingualOut
    endpoint: str
    key: dict[str, Any]
    registered_by: str
    registered_at: datetime
    changed_at: datetime
    version: int


class ControllerPage(PageOut[ControllerEntry]):
    """A page of them, by code."""
