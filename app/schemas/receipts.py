"""Bodies about consent receipts: the keys that verify them, and the schema of what is signed."""

from functools import cache
from importlib.resources import files

from app.schemas.types import OutModel

SCHEMA_FILE = "consent-receipt.schema.json"


class PublicKey(OutModel):
    """A public key (RFC 7517) on the curve P-256."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    """Its thumbprint (RFC 7638): what the header of a receipt names."""
    use: str
    alg: str


class PublicKeys(OutModel):
    """Every key that receipts were ever signed with, the one that signs now first."""

    keys: list[PublicKey]


@cache
def receipt_schema() -> str:
    """The JSON Schema (2020-12) that the payload of every receipt is valid against, as text."""
    return files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
