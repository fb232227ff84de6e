"""Settings that are secrets: known by their names, shown by nothing."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from connectors.secret import SHOWN, redact
from streams.cli import build_app
from streams.doctor import doctor
from streams.secret_settings import WORDS, is_secret, keep_secret, secrets_of, shown
from streams.settings import Dashboard, Kafka, PhotoStore, Settings, SettingsError, load_settings

PLAIN = {
    "ssl_cafile", "ssl_certfile", "ssl_keyfile", "s3_access_key_id", "sasl_username", "sasl_mechanism", "ssl_check_hostname",
}  # fmt: skip
"""Paths, ids and names: of no use without what they belong to."""


def test_what_sounds_like_a_secret_is_one_or_is_known_to_be_none() -> None:
    for section in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(section.type):
            if any(
                word in field.name
                for word in ("key", "pass", "secret", "token", "sasl", "ssl_c", "credential")
            ):
                assert is_secret(field.name) or field.name in PLAIN, field.name
    assert {"sasl_password", "s3_secret_access_key"} == {
        field.name
        for section in msgspec.structs.fields(Settings)
        for field in msgspec.structs.fields(section.type)
        if is_secret(field.name)
    }, "name it in docs/security.md too"
    assert all(is_secret(f"x_{word}") for word in WORDS)


@pytest.fixture
def secretive() -> Settings:
    return Settings(
        kafka=Kafka(sasl_username="ops", sasl_password="kafka-4711"),
        photo_store=PhotoStore(s3_secret_access_key="s3-4711", s3_endpoint="https://id:endpoint-4711@minio.example"),
        dashboard=Dashboard(database="postgresql://console:pa%3Ass-4711@db.example/console?password=query-4711&x=1"),
    )  # fmt: skip


def test_shown_are_the_names_and_no_secret(secretive: Settings) -> None:
    told = shown(secretive)
    assert "4711" not in str(told)
    assert told["kafka"]["sasl_password"] == told["photo_store"]["s3_secret_access_key"] == SHOWN
    assert told["kafka"]["sasl_username"] == "ops"
    assert told["dashboard"]["database"] == "postgresql://console:***@db.example/console?password=***&x=1"
    assert told["photo_store"]["s3_endpoint"] == "https://id:***@minio.example"
    assert shown(Settings())["kafka"]["sasl_password"] is None
    assert shown(Settings())["dashboard"]["database"] is None


def test_they_are_kept_out_of_texts_in_each_spelling(secretive: Settings) -> None:
    keep_secret(secretive)
    for secret in secrets_of(secretive):
        assert secret not in redact(f"cannot sign in with {secret} at the broker")
    assert "pa:ss-4711" in list(secrets_of(secretive))


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_doctor_shows_none(form: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    # Ten seconds of waiting for a broker tell nothing of settings; test_secrets_of_processes.py has a real one.
    monkeypatch.setattr(doctor, "broker_findings", lambda _: iter(()))
    monkeypatch.setenv("RELISTWATCH_KAFKA__SASL_PASSWORD", "kafka-4711")
    monkeypatch.setenv("RELISTWATCH_PHOTO_STORE__S3_SECRET_ACCESS_KEY", "s3-4711")
    monkeypatch.setenv("RELISTWATCH_DASHBOARD__DATABASE", "postgresql://console:data-4711@127.0.0.1:1/x")
    result = CliRunner().invoke(build_app(), ["doctor", *form])
    assert result.exit_code == 0, result.output
    assert "s3_secret_access_key" in result.output
    assert "4711" not in result.output


def test_what_the_doctor_finds_comes_last_where_a_terminal_still_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "broker_findings", lambda _: iter(()))
    printed = CliRunner().invoke(build_app(), ["doctor"]).output
    settings, _, found = printed.partition("\n\n")
    assert settings.startswith("settings in force:\n  kafka.bootstrap_servers = ")
    assert found.splitlines()[0].startswith("ok    python: ")


@pytest.mark.parametrize("text", [
    '[kafka]\nsasl_password = "secret-4711',
    '[kafka]\nsasl_password = secret-4711',
    '[kafka]\nsasl_password = 47114711',
    '[kafka]\nsasl_password = ["secret-4711"]',
    '[kafka]\nsecret-4711 = 1\n[kafka',
    'kafka = "secret-4711"',
])  # fmt: skip
def test_a_broken_file_of_settings_is_told_without_what_it_holds(text: str, tmp_path: Any) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as told:
        load_settings(path, {})
    assert "4711" not in str(told.value) or "secret-4711 = 1" in text


@given(st.text(max_size=60))
def test_no_address_breaks_it(text: str) -> None:
    settings = Settings(dashboard=Dashboard(database=f"sqlite://{text}"))
    assert isinstance(shown(settings)["dashboard"]["database"], str)
