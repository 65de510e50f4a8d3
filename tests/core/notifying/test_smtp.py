"""E-mail by SMTP, against a real server on the loopback interface."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.header import decode_header, make_header

import pytest

from app.core.notifying import Envelope, Failure, smtp
from app.core.notifying.smtp import Security, Sender, SmtpNotifier, SmtpServer, read_sender, read_server
from tests.support import certificates
from tests.support.certificates import Certificates
from tests.support.post_office import PASSWORD, USER, PostOffice, post_office

SENDER = Sender("ฝ่ายคุ้มครองข้อมูล", "privacy@coop.example")


def notifier(port: int, trust: Certificates, security: Security = Security.NONE, *login: str) -> SmtpNotifier:
    return SmtpNotifier(SmtpServer("127.0.0.1", port, security, *login), SENDER, trust.trusting)


async def sent_to(office: PostOffice, trust: Certificates, envelope: Envelope) -> Failure | None:
    return await notifier(office.port, trust).send(envelope)


async def test_thai_arrives_as_it_was_written_in_a_letter_that_machines_do_not_answer(
    trust: Certificates, envelope: Envelope
) -> None:
    async with post_office() as office:
        assert await sent_to(office, trust, envelope) is None
    [message] = office.received
    assert office.recipients == [envelope.to]
    assert message["Subject"] == envelope.title
    [(_, raw)] = [pair for pair in message.raw_items() if pair[0] == "From"]
    assert str(make_header(decode_header(raw))) == f"{SENDER.name} <{SENDER.address}>"
    assert message["To"] == envelope.to
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines() == envelope.text.splitlines()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == envelope.at


async def test_a_message_sent_again_is_the_same_to_the_byte(trust: Certificates, envelope: Envelope) -> None:
    async with post_office() as office:
        for _ in range(2):
            assert await sent_to(office, trust, envelope) is None
    assert office.ids == [f"<{envelope.message_id}@coop.example>"] * 2
    assert office.received[0].as_bytes() == office.received[1].as_bytes()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_over_tls_with_a_login(security: Security, trust: Certificates, envelope: Envelope) -> None:
    starttls, implicit = (None, trust.server) if security is Security.TLS else (trust.server, None)
    async with post_office(starttls, implicit, login=True) as office:
        assert await notifier(office.port, trust, security, USER, PASSWORD).send(envelope) is None
        assert (office.logins, office.recipients, office.encrypted[0]) == ([USER], [envelope.to], True)
        assert await notifier(office.port, trust, security, USER, "wrong").send(envelope) == Failure("login")


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_whose_certificate_nobody_vouches_for_is_shown_nothing(
    security: Security, trust: Certificates, envelope: Envelope, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = certificates.make(tmp_path_factory.mktemp("others"))
    starttls, implicit = (None, other.server) if security is Security.TLS else (other.server, None)
    async with post_office(starttls, implicit, login=True) as office:
        assert await notifier(office.port, trust, security, USER, PASSWORD).send(envelope) == Failure("tls")
    assert (office.logins, office.received) == ([], [])


async def test_a_server_that_offers_no_starttls_is_not_shown_password_or_text(
    trust: Certificates, envelope: Envelope
) -> None:
    async with post_office() as office:
        failure = await notifier(office.port, trust, Security.STARTTLS, USER, PASSWORD).send(envelope)
    assert failure == Failure("not_supported")
    assert (office.logins, office.received) == ([], [])


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("550 no such user somying.canary@member.example", Failure("smtp_550", permanent=True)),
        ("451 greylisted, come again", Failure("smtp_451")),
        ("421 too busy", Failure("smtp_421")),
    ],
)
@pytest.mark.parametrize("step", ["rcpt", "data"])
async def test_refusals_for_good_are_told_from_those_for_now(
    step: str, answer: str, failure: Failure, trust: Certificates, envelope: Envelope
) -> None:
    recipient = step == "rcpt" and failure.reason != "smtp_421"
    async with post_office() as office:
        setattr(office, step, answer)
        assert await sent_to(office, trust, envelope) == replace(failure, recipient=recipient)


@pytest.mark.parametrize(
    "to", ["LINE: @coop", "dpo@coop.th โทร 039-303379", "@coop", "a@coop.th, b@coop.th", "a\r\nb@c.th"]
)
async def test_what_is_no_address_is_given_up_and_stops_nobody(
    to: str, trust: Certificates, envelope: Envelope
) -> None:
    async with post_office() as office:
        failure = await sent_to(office, trust, replace(envelope, to=to))
    assert failure == Failure("bad_address", permanent=True)
    assert office.received == []


async def test_a_sender_that_is_refused_is_the_operator_s_to_mend_and_no_message_s_fault(
    trust: Certificates, envelope: Envelope
) -> None:
    async with post_office() as office:
        office.mail = "553 sender not allowed"
        assert await sent_to(office, trust, envelope) == Failure("smtp_553")


async def test_a_server_that_dies_with_the_text_in_its_hands_has_not_taken_it(
    trust: Certificates, envelope: Envelope
) -> None:
    async with post_office() as office:
        office.dies = True
        assert await sent_to(office, trust, envelope) == Failure("unreachable")
        office.dies = False
        assert await sent_to(office, trust, envelope) is None


async def test_nobody_listens(trust: Certificates, envelope: Envelope) -> None:
    async with post_office() as office:
        pass
    assert await sent_to(office, trust, envelope) == Failure("unreachable")


Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[int]:
    """The port of a server that says something to whoever connects, and hears nothing."""
    clients: list[asyncio.StreamWriter] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(writer)
        with contextlib.suppress(ConnectionError):
            await talk(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in clients:
            writer.transport.abort()


async def silence(_: asyncio.StreamWriter) -> None:
    """Says nothing, and stays."""


async def dripping(writer: asyncio.StreamWriter) -> None:
    """A greeting that never ends."""
    for _ in range(1000):
        writer.write(b"2")
        await writer.drain()
        await asyncio.sleep(0.02)


def saying(line: bytes) -> Talk:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(line)
        await writer.drain()
        writer.close()

    return talk


async def test_a_silent_server_is_left_after_the_seconds_of_one_step(
    trust: Certificates, envelope: Envelope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.2)
    async with talking(silence) as port:
        assert await notifier(port, trust).send(envelope) == Failure("timeout")


async def test_one_that_keeps_every_step_just_alive_is_left_after_those_of_all(
    trust: Certificates, envelope: Envelope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TOTAL_SECONDS", 0.3)
    async with talking(dripping) as port:
        assert await notifier(port, trust).send(envelope) == Failure("timeout")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"554 not here\r\n", "smtp_554"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unexpected_answer"),
        (b"", "unreachable"),
    ],
)
async def test_what_is_no_mail_server_is_tried_again_later(
    line: bytes, reason: str, trust: Certificates, envelope: Envelope
) -> None:
    async with talking(saying(line)) as port:
        assert await notifier(port, trust).send(envelope) == Failure(reason)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, Security.STARTTLS)),
        ("smtp://mail.example:25?starttls=required", SmtpServer("mail.example", 25, Security.STARTTLS)),
        ("smtp://127.0.0.1:25/?starttls=never", SmtpServer("127.0.0.1", 25, Security.NONE)),
        ("smtps://a:b%40c@mail.example", SmtpServer("mail.example", 465, Security.TLS, "a", "b@c")),
    ],
)
def test_servers_are_read_from_addresses(url: str, server: SmtpServer) -> None:
    assert read_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://user@mail.example",
        "smtp://:secret@mail.example",
        "smtp://ผู้ใช้:secret@mail.example",
        "smtp://a:%E0%B8%81@mail.example",
        "smtp://mail.example/inbox",
        "smtp://mail.example?starttls=optional",
        "smtp://mail.example?starttls",
        "smtp://mail.example?tls=required",
        "smtps://mail.example?starttls=required",
        "smtp://[::1",
    ],
)
def test_what_is_no_server_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="must be smtp://") as refusal:
        read_server(url)
    assert "secret" not in str(refusal.value)


def test_a_sender_has_an_address_and_perhaps_a_name() -> None:
    assert read_sender("privacy@coop.example") == Sender("", "privacy@coop.example")
    assert read_sender("ฝ่ายคุ้มครอง <privacy@coop.example>") == Sender("ฝ่ายคุ้มครอง", "privacy@coop.example")
    for wrong in ("privacy", "Privacy <>", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example"):
        with pytest.raises(ValueError, match="must be an address"):
            read_sender(wrong)


def test_neither_passwords_nor_people_show_in_what_is_printed(envelope: Envelope) -> None:
    shown = repr(read_server("smtps://a:canary@mail.example")) + repr(envelope)
    assert "canary" not in shown
    assert envelope.title not in shown
