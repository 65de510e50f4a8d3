"""Which channels the settings open, and which settings are refused, by name and never by value."""

import os

import pytest

from app.core.notifying import Via
from app.core.notifying.channels import channels_of, closed_channels
from app.core.settings import SettingsInvalid, load_settings

SAFE = {
    "SITTHI_PUBLIC_URL": "https://privacy.coop.example",
    "SITTHI_OIDC_ISSUER": "https://id.coop.example/realm",
    "SITTHI_OIDC_JWKS_URL": "https://id.coop.example/keys?realm=coop",
    "SITTHI_MASTER_KEYS_FILE": "/run/secrets/keys.json",
}
MAIL = {
    "SITTHI_SMTP_URL": "smtp://user:canary@mail.coop.example:587?starttls=required",
    "SITTHI_SMTP_FROM": "ฝ่ายคุ้มครองข้อมูล <privacy@coop.example>",
}
GATEWAY = {
    "SITTHI_SMS_URL": "https://sms.coop.example/send?key=canary",
    "SITTHI_SMS_BODY": '{"key": "canary", "to": "{to}", "text": "{text}"}',
    "SITTHI_SMS_HEADERS": '{"Authorization": "Bearer canary"}',
    "SITTHI_SMS_SUCCESS": "2xx,/status=OK",
}
SANDBOX = {"SITTHI_MODE": "sandbox"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only what the test itself sets."""
    for name in os.environ:
        if name.startswith("SITTHI_"):
            monkeypatch.delenv(name)
    return monkeypatch


def set_all(environment: pytest.MonkeyPatch, *groups: dict[str, str]) -> None:
    for group in groups:
        for name, value in group.items():
            environment.setenv(name, value)


@pytest.mark.parametrize(
    ("groups", "delivers", "missing"),
    [
        ((SAFE,), [], ["email", "sms"]),
        ((SAFE, MAIL), ["email"], ["sms"]),
        ((SAFE, GATEWAY), ["sms"], ["email"]),
        ((SAFE, MAIL, GATEWAY), ["email", "sms"], []),
        ((SANDBOX,), [], []),
        ((SANDBOX, MAIL), ["email"], []),
    ],
)
def test_settings_open_channels_and_the_sandbox_serves_all(
    environment: pytest.MonkeyPatch, groups: tuple[dict[str, str], ...], delivers: list[str], missing: list[str]
) -> None:
    set_all(environment, *groups)
    settings = load_settings()
    channels = channels_of(settings)
    assert [via for via in Via if channels.delivers(via)] == delivers
    assert channels.missing == missing
    assert [sentence.split(":")[0] for sentence in closed_channels(settings)] == [
        f"Nothing leaves by {via}" for via in missing
    ]
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SITTHI_SMTP_URL": ""}, "SITTHI_SMTP_URL"),
        ({"SITTHI_SMTP_FROM": ""}, "SITTHI_SMTP_FROM"),
        ({"SITTHI_SMTP_URL": "smtp://user:canary@mail.coop.example?starttls=never"}, "SITTHI_SMTP_URL"),
        ({"SITTHI_SMTP_URL": "http://canary.example"}, "SITTHI_SMTP_URL"),
        ({"SITTHI_SMTP_FROM": "canary"}, "SITTHI_SMTP_FROM"),
        ({"SITTHI_SMS_URL": "http://sms.coop.example/canary"}, "SITTHI_SMS_URL"),
        ({"SITTHI_SMS_URL": "https://user:canary@sms.coop.example/"}, "SITTHI_SMS_URL"),
        ({"SITTHI_SMS_URL": "canary"}, "SITTHI_SMS_URL"),
        ({"SITTHI_SMS_BODY": ""}, "SITTHI_SMS_BODY"),
        ({"SITTHI_SMS_BODY": "canary"}, "SITTHI_SMS_BODY"),
        ({"SITTHI_SMS_HEADERS": "canary"}, "SITTHI_SMS_HEADERS"),
        ({"SITTHI_SMS_SUCCESS": "canary"}, "SITTHI_SMS_SUCCESS"),
    ],
)
def test_production_refuses_what_is_half_or_unsafe(
    environment: pytest.MonkeyPatch, change: dict[str, str], named: str
) -> None:
    set_all(environment, SAFE, MAIL, GATEWAY, change)
    with pytest.raises(SettingsInvalid) as refusal:
        load_settings()
    assert {problem.split(":")[0] for problem in refusal.value.problems} == {named}
    assert "canary" not in str(refusal.value)


def test_what_describes_a_gateway_is_useless_without_one(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, SANDBOX, GATEWAY, {"SITTHI_SMS_URL": ""})
    with pytest.raises(SettingsInvalid) as refusal:
        load_settings()
    assert refusal.value.problems == [
        f"SITTHI_SMS_{name}: useless without SITTHI_SMS_URL" for name in ("BODY", "HEADERS", "SUCCESS")
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_relay_on_this_machine_needs_no_tls(environment: pytest.MonkeyPatch, host: str) -> None:
    set_all(environment, SAFE, MAIL, {"SITTHI_SMTP_URL": f"smtp://{host}:25?starttls=never"})
    assert channels_of(load_settings()).delivers(Via.EMAIL)
