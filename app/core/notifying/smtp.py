"""E-mail by SMTP (RFC 5321): over TLS from the start or by STARTTLS, always with the server's certificate verified."""

import asyncio
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from email_validator import validate_email

from app.core.notifying import STEP_SECONDS, TOTAL_SECONDS, Envelope, Failure

_URL = "must be smtp://user:password@host:587?starttls=required or smtps://user:password@host:465"
_FROM = "must be an address such as privacy@example.org, or with a name: Privacy <privacy@example.org>"


GOING = 421
"""The server ends the connection, whoever the recipient is."""
_REASONS = (
    (smtplib.SMTPAuthenticationError, "login"),
    (smtplib.SMTPNotSupportedError, "not_supported"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
)


class Security(StrEnum):
    """How a connection is protected; `NONE` is for a relay on this very machine."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where e-mail is handed over, and as whom."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom e-mails come from."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part behind the `@`."""
        return self.address.rpartition("@")[2]


def read_server(value: object) -> object:
    """An address such as `smtp://user:password@host:587?starttls=required`. Raises ValueError, without the value."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        port, options = parts.port, dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        credentials = [unquote(part).encode("ascii").decode() for part in (parts.username, parts.password) if part]
    except ValueError:
        raise ValueError(_URL) from None
    security = _security(parts, options)
    if security is None or not parts.hostname or parts.path not in {"", "/"} or parts.fragment:
        raise ValueError(_URL)
    if len(credentials) != ("@" in parts.netloc) * 2:
        raise ValueError(_URL)
    default = 465 if security is Security.TLS else 587
    return SmtpServer(parts.hostname, port or default, security, *credentials)


def _security(parts: SplitResult, options: dict[str, str]) -> Security | None:
    if parts.scheme == "smtps":
        return None if options else Security.TLS
    ways = {"required": Security.STARTTLS, "never": Security.NONE}
    if parts.scheme != "smtp" or not set(options) <= {"starttls"}:
        return None
    return ways.get(options.get("starttls", "required"))


def read_sender(value: object) -> object:
    """An address, with or without a name. Raises ValueError, without the value."""
    if not isinstance(value, str):
        return value
    try:
        [(name, address)] = getaddresses([value])
        found = validate_email(address, test_environment=True, check_deliverability=False, allow_smtputf8=False)
    except ValueError:
        raise ValueError(_FROM) from None
    if found.ascii_email is None or not value.isprintable():
        raise ValueError(_FROM)
    return Sender(name, found.ascii_email)


class SmtpNotifier:
    """Hands messages to an SMTP server, in a thread."""

    def __init__(self, server: SmtpServer, sender: Sender, tls: ssl.SSLContext) -> None:
        self._server, self._sender, self._tls = server, sender, tls

    async def send(self, envelope: Envelope) -> Failure | None:
        """Hand over one e-mail. What the server answers to recipient or text with 5xx is permanent; a sender can be mended."""
        try:
            message = compose(self._sender, envelope)
        except (ValueError, MessageError):
            return Failure("bad_address", permanent=True)
        dialogue = _Dialogue(self._server, self._tls, self._sender.domain)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await asyncio.to_thread(dialogue.deliver, self._sender.address, envelope.to, message)
        except (smtplib.SMTPException, OSError) as error:
            return _failure(error)
        finally:
            dialogue.cut()
        return None


def compose(sender: Sender, envelope: Envelope) -> bytes:
    """The e-mail, the same each time: plain text in UTF-8, told to other machines as one that nobody answers."""
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{envelope.message_id}@{sender.domain}>"
    message["Date"] = format_datetime(envelope.at)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=envelope.to)
    message["Subject"] = envelope.title
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(envelope.text, cte="base64")
    return message.as_bytes()


class _Dialogue:
    """One connection, used by one thread, and cut by another when it takes too long."""

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext, name: str) -> None:
        self._server, self._tls, self._over = server, tls, False
        self._smtp: smtplib.SMTP = (
            smtplib.SMTP_SSL(local_hostname=name, timeout=STEP_SECONDS, context=tls)
            if server.security is Security.TLS
            else smtplib.SMTP(local_hostname=name, timeout=STEP_SECONDS)
        )
        self._smtp._host = server.host  # type: ignore[attr-defined]  # whose certificate is verified; else connected at once

    def deliver(self, sender: str, to: str, message: bytes) -> None:
        """Raises what `smtplib` does, and OSError."""
        smtp, server = self._smtp, self._server
        code, _ = smtp.connect(server.host, server.port)
        if code != 220 or self._over:
            raise smtplib.SMTPConnectError(code, "")
        if server.security is Security.STARTTLS:
            smtp.starttls(context=self._tls)
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
        smtp.sendmail(sender, [to], message)
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()

    def cut(self) -> None:
        """End it, also for the thread that still waits for the server."""
        self._over = True
        if self._smtp.sock is not None:
            with suppress(OSError):
                self._smtp.sock.shutdown(socket.SHUT_RDWR)
        self._smtp.close()


def _failure(error: Exception) -> Failure:
    """A code for what went wrong: the server's own words may hold anything."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            code = next(iter(refused.values()))[0]
            return replace(_answered(code), recipient=code != GOING)
        case smtplib.SMTPSenderRefused(smtp_code=code):
            return Failure(_answered(code).reason)
        case smtplib.SMTPDataError(smtp_code=code):
            return _answered(code)
        case _:
            return Failure(_named(error))


def _named(error: Exception) -> str:
    causes = (error, error.__context__)  # smtplib tells most of what ends a connection as its end
    named = next((reason for kind, reason in _REASONS if any(isinstance(one, kind) for one in causes)), None)
    if named is None and isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code).reason
    return named or "unreachable"


def _answered(code: int) -> Failure:
    return Failure(f"smtp_{code}", permanent=code >= 500) if 400 <= code < 600 else Failure("unexpected_answer")
