"""Settings are read whole from the environment; what is unknown, wrong or unsafe is named, and never repeated (P19)."""

import os
from ipaddress import ip_address
from pathlib import Path

import pytest

from app.core.outbound import TargetRefused, parse_target
from app.core.settings import Mode, Settings, SettingsInvalid, load_settings

SAFE = {
    "SITTHI_PUBLIC_URL": "https://privacy.coop.example",
    "SITTHI_OIDC_ISSUER": "https://id.coop.example/realm",
    "SITTHI_OIDC_JWKS_URL": "https://id.coop.example/keys?realm=coop",
    "SITTHI_MASTER_KEYS_FILE": "/run/secrets/keys.json",
    "SITTHI_DATABASE_URL": "postgresql://sitthi:canary@db.coop.example/sitthi?sslmode=verify-full",
    "SITTHI_MIGRATION_DATABASE_URL": "postgresql://owner:canary@db.coop.example/sitthi?sslmode=verify-full",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only what the test itself sets."""
    for name in os.environ:
        if name.startswith(("SITTHI_", "PG")):
            monkeypatch.delenv(name)
    return monkeypatch


def given(environment: pytest.MonkeyPatch, **variables: str) -> Settings:
    """Settings from these variables and no others."""
    for name, value in variables.items():
        environment.setenv(name, value)
    return load_settings()


def problems(environment: pytest.MonkeyPatch, **variables: str) -> list[str]:
    """What is wrong with these variables."""
    with pytest.raises(SettingsInvalid) as refusal:
        given(environment, **variables)
    return refusal.value.problems


def test_safe_production_settings_are_taken(environment: pytest.MonkeyPatch) -> None:
    settings = given(environment, **SAFE)
    assert settings.mode is Mode.PRODUCTION, "unset means production"
    assert not settings.sandbox
    assert settings.base_url == "https://privacy.coop.example"
    assert settings.oidc_algorithms == ("ES256",)


def test_a_sandbox_needs_nothing_else(environment: pytest.MonkeyPatch) -> None:
    settings = given(environment, SITTHI_MODE="sandbox")
    assert settings.sandbox
    assert settings.base_url == "http://127.0.0.1:8000"


def test_an_empty_variable_counts_as_unset(environment: pytest.MonkeyPatch) -> None:
    assert given(environment, SITTHI_MODE="sandbox", SITTHI_PORT="", SITTHI_DATABASE_URL="").port == 8000


@pytest.mark.parametrize("missing", ["PUBLIC_URL", "OIDC_ISSUER", "OIDC_JWKS_URL", "MASTER_KEYS_FILE"])
def test_production_names_what_is_missing(environment: pytest.MonkeyPatch, missing: str) -> None:
    rest = {name: value for name, value in SAFE.items() if name != f"SITTHI_{missing}"}
    assert problems(environment, **rest) == [f"SITTHI_{missing}: must be set in production"]


@pytest.mark.parametrize("name", ["SITTHI_RATE_LIMIT"])
def test_what_this_version_does_not_do_yet_is_said_and_not_passed_over(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    found = problems(environment, SITTHI_MODE="sandbox", **{name: "canary"})
    assert found == [f"{name}: not in this version yet; unset it"]


def test_webhooks_go_nowhere_private_unless_it_is_listed(environment: pytest.MonkeyPatch) -> None:
    inside = parse_target("http://127.0.0.1:9000/")
    given(environment, SITTHI_MODE="sandbox").outbound_allowed.check(inside, [ip_address("127.0.0.1")])
    given(environment, SITTHI_WEBHOOK_ALLOW=" core:80, 127.0.0.0/8 ").outbound_allowed.check(
        inside, [ip_address("127.0.0.1")]
    )
    for others in (
        {**SAFE, "SITTHI_MODE": "production", "SITTHI_WEBHOOK_ALLOW": ""},
        {"SITTHI_MODE": "sandbox", "SITTHI_WEBHOOK_ALLOW": "core"},
    ):
        with pytest.raises(TargetRefused):
            given(environment, **others).outbound_allowed.check(inside, [ip_address("127.0.0.1")])


UNSAFE = [
    ("SITTHI_WEBHOOK_ALLOW", "core.example, https://canary.example"),
    ("SITTHI_MODE", "canary"),
    ("SITTHI_MODE", "Sandbox-canary"),
    ("SITTHI_PUBLIC_URL", "http://canary.example"),
    ("SITTHI_PUBLIC_URL", "https://user:canary@coop.example"),
    ("SITTHI_PUBLIC_URL", "https://coop.example/?canary"),
    ("SITTHI_PUBLIC_URL", "//canary"),
    ("SITTHI_OIDC_ISSUER", "http://canary.example"),
    ("SITTHI_OIDC_JWKS_URL", "http://canary.example/keys"),
    ("SITTHI_OIDC_JWKS_URL", "https://user:canary@id.coop.example/keys"),
    ("SITTHI_OIDC_JWKS_URL", "https:canary"),
    ("SITTHI_OIDC_JWKS_URL", "file:///canary"),
    ("SITTHI_OIDC_ALGORITHMS", "HS256-canary"),
    ("SITTHI_OIDC_ALGORITHMS", "HS256"),
    ("SITTHI_OIDC_ALGORITHMS", "ES256,none"),
    ("SITTHI_OIDC_ACR_LEVELS", "canary"),
    ("SITTHI_OIDC_ACR_LEVELS", '{"canary": "certain"}'),
    ("SITTHI_OIDC_ACR_LEVELS", '["canary"]'),
    ("SITTHI_DATABASE_URL", "mysql://sitthi:canary@localhost/sitthi"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@[db/sitthi"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@db.coop.example/sitthi"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@db.coop.example/sitthi?sslmode=disable"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@db.coop.example/sitthi?sslmode=prefer"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@db.coop.example/sitthi?sslmode=require&sslmode=allow"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@localhost,db.coop.example/sitthi"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@/sitthi?host=/run/postgresql,db.coop.example"),
    ("SITTHI_DATABASE_URL", "postgresql://sitthi:canary@/sitthi?host=localhost.canary.example"),
    ("SITTHI_MIGRATION_DATABASE_URL", "postgresql://owner:canary@db.coop.example/sitthi?sslmode=disable"),
    ("SITTHI_PORT", "65536"),
    ("SITTHI_PORT", "canary"),
    ("SITTHI_LOG_LEVEL", "canary"),
    ("SITTHI_DEBUG", "canary"),
    ("sitthi_debug", "canary"),
]


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_production_refuses_what_is_unsafe_by_name_and_never_by_value(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    found = problems(environment, **{**SAFE, name: value})
    assert found
    assert {problem.split(":")[0] for problem in found} == {name}
    assert "canary" not in "\n".join(found)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://sitthi@localhost/sitthi",
        "postgres://sitthi@127.0.0.1:5433/sitthi",
        "postgresql://sitthi@[::1]:5433/sitthi",
        "postgresql:///sitthi",
        "postgresql://sitthi@/sitthi?host=%2Frun%2Fpostgresql",
        "postgresql://sitthi@%2Frun%2Fpostgresql/sitthi",
        "postgresql://sitthi@db1,db2/sitthi?sslmode=require",
    ],
)
def test_a_database_on_this_machine_or_behind_tls_is_fine(environment: pytest.MonkeyPatch, url: str) -> None:
    assert given(environment, **{**SAFE, "SITTHI_DATABASE_URL": url}).database_url


def test_a_host_that_only_pghost_names_counts_as_remote(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PGHOST", "db.coop.example")
    found = problems(environment, **{**SAFE, "SITTHI_DATABASE_URL": "postgresql:///sitthi"})
    assert found == ["SITTHI_DATABASE_URL: a remote database needs sslmode=verify-full (or require) in production"]


def test_everything_that_is_wrong_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    found = problems(environment, SITTHI_PORT="-1", SITTHI_LOGLEVEL="info", SITTHI_MODE="x")
    assert [problem.split(":")[0] for problem in found] == ["SITTHI_LOGLEVEL", "SITTHI_MODE", "SITTHI_PORT"]
    assert "SITTHI_LOG_LEVEL is one" in found[0]


def test_an_owner_without_a_database_is_refused(environment: pytest.MonkeyPatch) -> None:
    found = problems(environment, SITTHI_MODE="sandbox", SITTHI_MIGRATION_DATABASE_URL="postgresql://owner@localhost/x")
    assert found == ["SITTHI_MIGRATION_DATABASE_URL: useless without SITTHI_DATABASE_URL"]


def test_lists_are_written_with_commas_and_levels_as_json(environment: pytest.MonkeyPatch) -> None:
    settings = given(
        environment,
        SITTHI_MODE="sandbox",
        SITTHI_OIDC_ALGORITHMS="ES256, RS256",
        SITTHI_OIDC_ACR_LEVELS='{"urn:thaid": "high"}',
    )
    assert settings.oidc_algorithms == ("ES256", "RS256")
    assert settings.oidc_acr_levels == {"urn:thaid": "high"}


def test_paths_are_absolute_and_know_the_home_directory(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("HOME", str(tmp_path))
    environment.chdir(tmp_path)
    settings = given(environment, SITTHI_MODE="sandbox", SITTHI_DATA_DIR="~/data", SITTHI_MASTER_KEYS_FILE="keys.json")
    assert settings.data_dir == tmp_path / "data"
    assert settings.master_keys_file == tmp_path / "keys.json"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104  (read, not bound)
        ("::", "http://[::1]:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
        ("sitthi.local", "http://sitthi.local:8000"),
    ],
)
def test_the_local_address_is_one_that_a_person_can_open(environment: pytest.MonkeyPatch, host: str, url: str) -> None:
    assert given(environment, SITTHI_MODE="sandbox", SITTHI_HOST=host).local_url == url


def test_secrets_are_not_shown_when_settings_are_printed(environment: pytest.MonkeyPatch) -> None:
    assert "canary" not in repr(given(environment, **SAFE))


def test_every_setting_is_documented_in_the_example_file(environment: pytest.MonkeyPatch) -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    shown = {line.lstrip("# ").split("=")[0] for line in example.splitlines() if "=" in line}
    assert shown == {f"SITTHI_{name.upper()}" for name in Settings.model_fields}


def test_who_may_read_the_figures_is_a_list_of_networks(environment: pytest.MonkeyPatch) -> None:
    settings = given(environment, **SAFE, SITTHI_METRICS_ALLOW="10.0.0.7, 2001:db8::/32")
    assert [str(network) for network in settings.metrics_allow] == ["10.0.0.7/32", "2001:db8::/32"]
    assert given(environment, SITTHI_METRICS_ALLOW="").metrics_allow == Settings().metrics_allow
    [problem] = problems(environment, SITTHI_METRICS_ALLOW="everybody-canary")
    assert problem.startswith("SITTHI_METRICS_ALLOW: ")
    assert "canary" not in problem


def test_the_loop_runs_inside_unless_it_is_said_to_run_apart(environment: pytest.MonkeyPatch) -> None:
    assert given(environment, **SAFE).worker == "inside"
    assert given(environment, SITTHI_WORKER="separate").worker == "separate"
    assert problems(environment, SITTHI_WORKER="none")
