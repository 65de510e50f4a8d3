"""Certificates of the tests: an authority of their own, and servers that it vouches for."""

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core.clock import Clock

DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """Vouches for servers."""

    key: ec.EllipticCurvePrivateKey
    root: x509.Certificate

    @classmethod
    def fresh(cls) -> "Authority":
        """One that nobody trusts yet."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("Authority of the tests")
        return cls(key, _made(name, key, name, key, x509.BasicConstraints(ca=True, path_length=0)))

    @property
    def pem(self) -> bytes:
        """What somebody needs who trusts it."""
        return self.root.public_bytes(PEM)

    def server(self, folder: Path, host: str, *, ended: bool = False) -> ssl.SSLContext:
        """What a server of that name shows; `ended`: until yesterday."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.SubjectAlternativeName([x509.DNSName(host)])
        leaf = _made(_name(host), key, self.root.subject, self.key, name, -2 * DAY if ended else datetime.timedelta())
        return _shown(folder, key, leaf)


def certified(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of that name shows, and what a client holds that trusts the authority behind it (`authority.pem`)."""
    authority = Authority.fresh()
    (folder / "authority.pem").write_bytes(authority.pem)
    return authority.server(folder, host), ssl.create_default_context(cadata=authority.pem.decode())


def self_signed(folder: Path, host: str) -> ssl.SSLContext:
    """What a server of that name shows for which nobody vouches."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(host)
    return _shown(folder, key, _made(name, key, name, key, x509.SubjectAlternativeName([x509.DNSName(host)])))


def _shown(folder: Path, key: ec.EllipticCurvePrivateKey, leaf: x509.Certificate) -> ssl.SSLContext:
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(secret + leaf.public_bytes(PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _made(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
    moved: datetime.timedelta = datetime.timedelta(),
) -> x509.Certificate:
    now = Clock().now() + moved
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now - DAY / 24).not_valid_after(now + DAY)
    return dated.add_extension(extension, critical=True).sign(issuer_key, hashes.SHA256())
