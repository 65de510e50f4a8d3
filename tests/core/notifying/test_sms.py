"""Short messages by an HTTP gateway, against a real one on the loopback interface."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.notifying import Envelope, Failure, sms
from app.core.notifying.sms import (
    Body,
    Gateway,
    Headers,
    SmsNotifier,
    Success,
    read_body,
    read_headers,
    read_success,
)
from tests.support.certificates import Certificates
from tests.support.gateway import SmsGateway
from tests.support.key_server import Answer, http, raw

JSON = '{"messages": [{"to": "{to}", "body": "Coop: {text}"}], "flash": false}'


def notifier(gateway: SmsGateway, trust: Certificates, success: str = "2xx", body: str = JSON) -> SmsNotifier:
    rule, template = read_success(success), read_body(body)
    assert isinstance(rule, Success)
    assert isinstance(template, Body)
    return SmsNotifier(Gateway(gateway.url, template, Headers({"Authorization": "Bearer Key"}), rule), trust.trusting)


async def answered(answer: Answer, trust: Certificates, envelope: Envelope, success: str = "2xx") -> Failure | None:
    """What becomes of a message when the gateway answers so."""
    async with SmsGateway.running() as gateway:
        gateway.answer = answer
        return await notifier(gateway, trust, success).send(envelope)


async def test_thai_is_posted_as_json_with_the_gateway_s_own_headers(trust: Certificates, envelope: Envelope) -> None:
    async with SmsGateway.running() as gateway:
        assert await notifier(gateway, trust).send(envelope) is None
    [posted] = gateway.posted
    assert posted.line == "POST /send HTTP/1.1"
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["authorization"] == "Bearer Key"
    assert json.loads(posted.body) == {
        "messages": [{"to": envelope.to, "body": f"Coop: {envelope.text}"}],
        "flash": False,
    }


async def test_or_as_a_form(trust: Certificates, envelope: Envelope) -> None:
    async with SmsGateway.running() as gateway:
        form = "msisdn={to}&message={text}&sender=COOP&note="
        assert await notifier(gateway, trust, body=form).send(envelope) is None
    [posted] = gateway.posted
    assert posted.headers["content-type"] == "application/x-www-form-urlencoded"
    fields = parse_qs(posted.body.decode(), keep_blank_values=True)
    assert fields == {"msisdn": [envelope.to], "message": [envelope.text], "sender": ["COOP"], "note": [""]}


@given(st.text(), st.text())
def test_what_is_filled_in_stays_a_value_whatever_it_holds(to: str, text: str) -> None:
    for template in (JSON, "a={to}&b={text}"):
        body = read_body(template)
        assert isinstance(body, Body)
        try:
            filled = body.filled(to, text)
        except UnicodeEncodeError:
            continue  # lone surrogates are refused where they come in
        if body.form:
            assert parse_qs(filled.decode(), keep_blank_values=True, strict_parsing=True) == {"a": [to], "b": [text]}
        else:
            assert json.loads(filled) == {"messages": [{"to": to, "body": f"Coop: {text}"}], "flash": False}


def status(line: str, **headers: str) -> Answer:
    return http(b"{}", line, **headers)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (status("200 OK"), None),
        (status("202 Accepted"), None),
        (status("500 Oops"), Failure("http_500")),
        (status("503 Later", retry_after="120"), Failure("http_503", retry_after=timedelta(seconds=120))),
        (status("429 Slow down", retry_after="7"), Failure("http_429", retry_after=timedelta(seconds=7))),
        (status("429 Slow down", retry_after="Mon, 30 Nov 2026 00:00:00 GMT"), Failure("http_429")),
        (status("408 Timeout"), Failure("http_408")),
        (status("425 Too Early"), Failure("http_425")),
        (status("400 Bad number +66812345678"), Failure("http_400", permanent=True)),
        (status("401 Key expired"), Failure("http_401")),
        (status("402 No credit"), Failure("http_402")),
        (status("403 Forbidden"), Failure("http_403")),
        (status("404 Not Found"), Failure("http_404")),
        (status("422 No such number"), Failure("http_422", permanent=True)),
        (raw(b"SSH-2.0-OpenSSH\r\n"), Failure("unreachable")),
        (raw(b""), Failure("unreachable")),
    ],
)
async def test_answers_are_told_apart_by_their_status(
    answer: Answer, failure: Failure | None, trust: Certificates, envelope: Envelope
) -> None:
    assert await answered(answer, trust, envelope) == failure


async def test_a_redirect_is_not_followed(trust: Certificates, envelope: Envelope) -> None:
    async with SmsGateway.running() as inner, SmsGateway.running() as gateway:
        gateway.answer = http(b"", "307 Temporary Redirect", location=inner.url)
        assert await notifier(gateway, trust).send(envelope) == Failure("http_307")
        assert inner.posted == []


async def test_no_proxy_of_the_environment_sees_a_message(
    trust: Certificates, envelope: Envelope, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SmsGateway.running() as proxy, SmsGateway.running() as gateway:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/send"))
        assert await notifier(gateway, trust).send(envelope) is None
        assert (len(gateway.posted), proxy.posted) == (1, [])


@pytest.mark.parametrize(
    ("rule", "body", "failure"),
    [
        ("200,/status=OK", b'{"status": "OK"}', None),
        ("2xx,/results/0/code=0", b'{"results": [{"code": 0}]}', None),
        ("2xx,/ok=true", b'{"ok": true}', None),
        ("2xx,/a~1b=x", b'{"a/b": "x"}', None),
        ("2xx,/status=OK", b'{"status": "NO CREDIT"}', Failure("not_taken")),
        ("2xx,/status=OK", b"<html>OK</html>", Failure("unexpected_answer")),
        ("2xx,/status=OK", b"[]", Failure("unexpected_answer")),
        ("2xx,/status=OK", b'{"status": "OK"' + b" " * 70000 + b"}", Failure("unexpected_answer")),
        ("2xx,/status=OK", b"[" * 60000, Failure("unexpected_answer")),
        ("201", b"{}", Failure("http_200")),
    ],
)
async def test_a_rule_may_ask_what_the_answer_says(
    rule: str, body: bytes, failure: Failure | None, trust: Certificates, envelope: Envelope
) -> None:
    assert await answered(http(body), trust, envelope, rule) == failure


async def test_a_slow_gateway_is_left_however_it_is_slow(
    trust: Certificates, envelope: Envelope, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)

    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(20):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.03)

    monkeypatch.setattr(sms, "STEP_SECONDS", 0.15)
    monkeypatch.setattr(sms, "TOTAL_SECONDS", 0.3)
    for slow in (silent, dripping):
        assert await answered(slow, trust, envelope, "2xx,/status=OK") == Failure("timeout")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"to": "{to}"}',
        '{"{to}": "{text}"}',
        "to={to}",
        "secret",
        "to={to}&{text}",
        "[" * 99999,
        '"{to}{text}"',
    ],
)
def test_a_body_without_both_places_is_refused_without_being_repeated(body: str) -> None:
    with pytest.raises(ValueError, match="must be JSON such as") as refusal:
        read_body(body)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "headers",
    ["secret", "[]", '{"X-Key": 7}', '{"X Key": "secret"}', '{"X-Key": "a\\r\\nb"}', '{"Host": "x"}', '{"X": "ก"}'],
)
def test_headers_that_none_could_send_are_refused_without_being_repeated(headers: str) -> None:
    with pytest.raises(ValueError, match="must be a JSON object") as refusal:
        read_headers(headers)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("rule", ["", "ok", "600", "2xx,", "/status=OK", "2xx,/status", "2xx,/=x", "3xx"])
def test_a_rule_that_says_nothing_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="must be statuses"):
        read_success(rule)


def test_keys_and_people_do_not_show_in_what_is_printed() -> None:
    shown: list[Any] = [
        read_body('{"key": "canary", "to": "{to}", "text": "{text}"}'),
        read_headers('{"Key": "canary"}'),
    ]
    assert "canary" not in repr(shown)
