"""Settings from `SITTHI_*` environment variables, checked as a whole before anything starts."""

import json
import os
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.core.embedded import default_data_dir
from app.core.notifying.channels import channel_problems
from app.core.notifying.sms import Body, Headers, Success, read_body, read_headers, read_success
from app.core.notifying.smtp import Sender, SmtpServer, read_sender, read_server
from app.core.outbound import LOOPBACK, AllowList

PREFIX = "SITTHI_"
_NOT_YET = frozenset({"SITTHI_RATE_LIMIT"})
_HOST = r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?"
_PUBLIC = re.compile(rf"https?://{_HOST}(/[^\s?#]*)?")
_SECURE = re.compile(rf"https://{_HOST}([/?][^\s#]*)?")
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[?::1\]?)?(:\d*)?|/.*")


class Mode(StrEnum):
    """What a deployment is for. A database remembers its mode and refuses the other."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


class SettingsInvalid(Exception):
    """Settings that the service refuses to start with; names variables, never their values."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _comma_separated(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _allowing(entries: tuple[str, ...]) -> tuple[str, ...]:
    try:
        AllowList.parse(entries)
    except ValueError:
        raise ValueError(
            "must be hosts, addresses or networks with commas between, each but networks with a port or not"
        ) from None
    return entries


def _json_object(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError("Input should be a JSON object") from None


_Absolute = Annotated[Path, AfterValidator(_absolute)]
_Algorithm = Literal["ES256", "RS256"]
_Assurance = Literal["low", "substantial", "high"]


class Settings(BaseSettings):
    """Everything that can be configured. Field `x` is read from `SITTHI_X`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, use_attribute_docstrings=True, env_ignore_empty=True
    )

    mode: Mode = Mode.PRODUCTION
    """`sandbox` or `production`."""
    database_url: SecretStr | None = None
    """PostgreSQL 14+ (`postgresql://…`); unset: the embedded server."""
    migration_database_url: SecretStr | None = None
    """The same database as its owner; unset: migrations run over `SITTHI_DATABASE_URL`."""
    data_dir: _Absolute = Field(default_factory=default_data_dir)
    """Where the embedded server keeps its data and the sandbox its keys; root: `/var/lib/sitthi`, others: at home."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one."""
    public_url: str | None = None
    """How others reach the service; stands in problem types and links."""
    policy_pack: str = "chanthaburi-teachers"
    """Name of a shipped policy pack, or a folder."""
    oidc_issuer: str | None = None
    """`iss` of the tokens."""
    oidc_audience: str = "sitthi"
    """`aud` of the tokens."""
    oidc_jwks_url: str | None = None
    """Where the issuer publishes its keys."""
    oidc_algorithms: Annotated[
        tuple[_Algorithm, ...], NoDecode, BeforeValidator(_comma_separated), Field(min_length=1)
    ] = ("ES256",)
    """Signature algorithms taken, with commas between; RS256 keys need 3072 bits or more."""
    oidc_roles_claim: str = "roles"
    """The claim that lists the roles."""
    oidc_subject_ref_claim: str = "subject_ref"
    """The claim that says which data subject a person is."""
    oidc_system_claim: str = "system"
    """The claim that names a system."""
    oidc_acr_levels: Annotated[Mapping[str, _Assurance], NoDecode, BeforeValidator(_json_object)] = {
        "low": "low",
        "substantial": "substantial",
        "high": "high",
    }
    """The issuer's `acr` values and the assurance that each stands for (JSON object)."""
    master_keys_file: _Absolute | None = None
    """The ring of master keys; in the sandbox one is made in the data directory."""
    smtp_url: Annotated[SmtpServer | None, NoDecode, BeforeValidator(read_server)] = None
    """The server that e-mails are handed to (`smtp://…?starttls=required`, `smtps://…`); unset: none leave."""
    smtp_from: Annotated[Sender | None, NoDecode, BeforeValidator(read_sender)] = None
    """Whom e-mails come from."""
    sms_url: SecretStr | None = None
    """The gateway that short messages are posted to; unset: none leave."""
    sms_body: Annotated[Body | None, NoDecode, BeforeValidator(read_body)] = None
    """What is posted: JSON or a form, with the places `{to}` and `{text}`."""
    sms_headers: Annotated[Headers, NoDecode, BeforeValidator(read_headers)] = Headers({})
    """Headers that the gateway wants (JSON object)."""
    sms_success: Annotated[Success, NoDecode, BeforeValidator(read_success)] = Success(("2xx",))
    """By which answer a message was taken: statuses, and a JSON pointer with its value if need be."""
    drain_seconds: Annotated[int, Field(ge=0, le=10)] = 5
    """How long `serve` still takes requests after SIGTERM while `/readyz` says no; as long as your proxy needs to notice."""
    worker: Literal["inside", "separate"] = "inside"
    """Who does what falls due: `serve` itself, or `sitthi worker` beside it."""
    worker_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Port where `sitthi worker` answers probes and `/metrics`; 0 takes a free one, unset: it does not listen."""
    metrics_allow: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_comma_separated)] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1"),
    )
    """Addresses and networks that may read `/metrics`, with commas between; to all others it is not there."""
    webhook_allow: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_comma_separated), AfterValidator(_allowing)
    ] = ()
    """Private hosts and networks that webhooks may go to, with plain HTTP and other ports too; sandbox: loopback if unset."""
    log_level: Literal["debug", "info", "warning", "error"] | None = None
    """How much is logged on standard error; unset: `info`, and only `warning` where that is a terminal."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (signature of the hook)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (signature of the hook)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (signature of the hook)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment only: one place to look when something is wrong."""
        return init_settings, env_settings

    @property
    def sandbox(self) -> bool:
        """Whether the sandbox's routes, tokens and clock exist."""
        return self.mode is Mode.SANDBOX

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash; without one, where this machine reaches the service."""
        return (self.public_url or self.local_url).rstrip("/")

    @property
    def outbound_allowed(self) -> AllowList:
        """Where calls may go besides the public internet's HTTPS."""
        return AllowList.parse(self.webhook_allow or (LOOPBACK if self.sandbox else ()))

    @property
    def local_url(self) -> str:
        """Where this machine reaches the service."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (compared, not bound)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def load_settings() -> Settings:
    """Read and check settings. Raises `SettingsInvalid` naming every variable that is unknown, wrong or unsafe."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    problems = [
        f"{name}: not in this version yet; unset it"
        if name in _NOT_YET
        else f"{name}: no such setting{_meant(name, known)}"
        for name in sorted(os.environ)
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False)
        ]
        raise SettingsInvalid(problems) from None
    except RuntimeError:
        problems.append(f"{PREFIX}DATA_DIR: must be set to a directory, for this account has no home")
        raise SettingsInvalid(problems) from None
    problems += _url_problems(settings) + channel_problems(settings)
    if not settings.sandbox:
        problems += _production_problems(settings)
    if problems:
        raise SettingsInvalid(problems)
    return settings


def _meant(name: str, known: Collection[str]) -> str:
    return "".join(f"; {close} is one" for close in get_close_matches(name.upper(), known, n=1, cutoff=0.8))


def _url_problems(settings: Settings) -> list[str]:
    problems = []
    for name in ("database_url", "migration_database_url"):
        url: SecretStr | None = getattr(settings, name)
        if url is not None and _parts(url).scheme not in {"postgresql", "postgres"}:
            problems.append(f"{PREFIX}{name.upper()}: must begin with postgresql://")
    if settings.migration_database_url and not settings.database_url:
        problems.append(f"{PREFIX}MIGRATION_DATABASE_URL: useless without {PREFIX}DATABASE_URL")
    if settings.public_url is not None and not _PUBLIC.fullmatch(settings.public_url):
        problems.append(f"{PREFIX}PUBLIC_URL: must be an address such as https://privacy.example.org")
    return problems


def _parts(url: SecretStr) -> SplitResult:
    """The parts of an address; all empty where it is none."""
    try:
        return urlsplit(url.get_secret_value())
    except ValueError:
        return urlsplit("")


def _production_problems(settings: Settings) -> list[str]:
    """What production needs, and what is unsafe there."""
    problems = [
        f"{PREFIX}{name.upper()}: must be set in production"
        for name in ("public_url", "oidc_issuer", "oidc_jwks_url", "master_keys_file")
        if getattr(settings, name) is None
    ]
    problems += [
        f"{PREFIX}{name.upper()}: must be an https:// address in production, without credentials"
        for name in ("public_url", "oidc_issuer", "oidc_jwks_url")
        if (url := getattr(settings, name)) is not None and not _SECURE.fullmatch(url)
    ]
    problems += [
        f"{PREFIX}{name.upper()}: a remote database needs sslmode=verify-full (or require) in production"
        for name in ("database_url", "migration_database_url")
        if (url := getattr(settings, name)) is not None and not _confidential(url)
    ]
    return problems


def _confidential(url: SecretStr) -> bool:
    """Whether a database is reached over TLS, a local socket or the loopback interface, whichever of its hosts it is."""
    parts = _parts(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    named = parts.netloc.split("@", 1)[-1] or options.get("host") or os.environ.get("PGHOST", "")
    return options.get("sslmode") in {"require", "verify-ca", "verify-full"} or all(
        _LOCAL.fullmatch(host) for host in unquote(named).split(",")
    )
