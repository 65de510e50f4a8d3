"""A mail server on the loopback interface that takes messages, or answers as it is told."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"
USER, PASSWORD = "sitthi", "p@ss:word"


@dataclass
class PostOffice:
    """`mail`, `rcpt`, `data`: what it answers to a sender, a recipient, a text. `received`: what it took, or was shown at least.

    `full`: a recipient whose mailbox is.
    """

    port: int = 0
    mail: str = OK
    rcpt: str = OK
    data: str = OK
    full: str = ""
    dies: bool = False
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802  (as aiosmtpd names it)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.mail

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """A recipient."""
        if address == self.full:
            return "452 mailbox full"
        if self.rcpt == OK:
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  (as above)
        """A text."""
        assert isinstance(envelope.content, bytes)
        message: Any = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append(message)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        if self.dies:
            server.transport.abort()
        return self.data

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        """Whether it is the one user that it knows."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)

    @property
    def ids(self) -> list[str]:
        """Message-ID of all that it was shown."""
        return [message["Message-ID"] for message in self.received]

    @property
    def texts(self) -> list[str]:
        """What these say."""
        return [message.get_content() for message in self.received]


@asynccontextmanager
async def post_office(
    starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, *, login: bool = False
) -> AsyncIterator[PostOffice]:
    """A mail server for the time of the block."""
    office, loop = PostOffice(), asyncio.get_running_loop()
    options: dict[str, Any] = {"loop": loop, "tls_context": starttls, "hostname": "mail.test"}
    options |= {"require_starttls": starttls is not None, "auth_required": login, "auth_require_tls": implicit is None}
    if login:
        options["authenticator"] = office.authenticate

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # of a login without STARTTLS, where all is TLS
            return SMTP(office, **options)

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await asyncio.sleep(0.02)  # connections that just broke are closed by the loop's next turns
