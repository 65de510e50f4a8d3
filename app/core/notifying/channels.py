"""From settings to the channels of a deployment, and what is wrong with the settings together."""

import re
from typing import TYPE_CHECKING

import httpx

from app.core.notifying import Channels, Notifier, Via
from app.core.notifying.sms import Gateway, SmsNotifier
from app.core.notifying.smtp import Security, SmtpNotifier

if TYPE_CHECKING:
    from app.core.settings import Settings

SETTINGS = {Via.EMAIL: "SITTHI_SMTP_URL", Via.SMS: "SITTHI_SMS_URL"}
"""The setting that opens each channel."""
_HTTP = re.compile(r"https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?][^\s#]*)?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def channels_of(settings: "Settings") -> Channels:
    """The notifiers that the settings describe. Certificates are verified against `SSL_CERT_FILE`, where that is set."""
    notifiers: dict[Via, Notifier] = {}
    if settings.smtp_url is not None and settings.smtp_from is not None:
        notifiers[Via.EMAIL] = SmtpNotifier(settings.smtp_url, settings.smtp_from, httpx.create_ssl_context())
    if settings.sms_url is not None and settings.sms_body is not None:
        url = settings.sms_url.get_secret_value()
        gateway = Gateway(url, settings.sms_body, settings.sms_headers, settings.sms_success)
        notifiers[Via.SMS] = SmsNotifier(gateway, httpx.create_ssl_context())
    return Channels(notifiers, outbox=settings.sandbox)


def closed_channels(settings: "Settings") -> list[str]:
    """A sentence for each channel over which nothing leaves."""
    return [f"Nothing leaves by {via}: {SETTINGS[via]} is not set" for via in channels_of(settings).missing]


def channel_problems(settings: "Settings") -> list[str]:
    """What is wrong with the settings of the channels together, or unsafe in production."""
    problems = []
    for name, other in (("smtp_url", "smtp_from"), ("smtp_from", "smtp_url"), ("sms_url", "sms_body")):
        if getattr(settings, name) is not None and getattr(settings, other) is None:
            problems.append(f"SITTHI_{other.upper()}: must be set where SITTHI_{name.upper()} is")
    if settings.sms_url is None:
        given = settings.model_fields_set & {"sms_body", "sms_headers", "sms_success"}
        problems += [f"SITTHI_{name.upper()}: useless without SITTHI_SMS_URL" for name in sorted(given)]
    elif not _HTTP.fullmatch(url := settings.sms_url.get_secret_value()):
        problems.append("SITTHI_SMS_URL: must be an address such as https://sms.example.org/send, without credentials")
    elif not settings.sandbox and not url.startswith("https://"):
        problems.append("SITTHI_SMS_URL: must be an https:// address in production")
    smtp = settings.smtp_url
    if smtp is not None and smtp.security is Security.NONE and not settings.sandbox and smtp.host not in _LOOPBACK:
        problems.append("SITTHI_SMTP_URL: must be smtps://, or with starttls=required, in production")
    return problems
