"""Settings: file, environment, defaults, and errors that name the key."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka_clients.kafka_options import client_options
from streams.settings import (
    VALUE_FILE_SUFFIX,
    Dashboard,
    Kafka,
    PhotoStore,
    Settings,
    SettingsError,
    Topics,
    as_environment,
    load_settings,
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "relistwatch.toml"
    path.write_text(text)
    return path


def test_defaults_need_no_file() -> None:
    assert load_settings(environ={}) == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[kafka]\ngroup = "a"\nsession_timeout = 7.5\n[topics]\npartitions = 3\n')
    environ = {
        "RELISTWATCH_CONFIG": str(path),
        "RELISTWATCH_KAFKA__GROUP": "b",
        "RELISTWATCH_PHOTOS__MAX_BYTES": "9",
    }
    settings = load_settings(environ=environ)
    assert (settings.kafka.group, settings.kafka.session_timeout, settings.topics.partitions) == ("b", 7.5, 3)
    assert settings.photos.max_bytes == 9


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[kafka]\nbootstrap = 'x'\n", "bootstrap"),
        ("[kafak]\ngroup = 'x'\n", "kafak"),
        ("[topics]\npartitions = '3'\n", r"\$.topics.partitions"),
        ("[topics]\npartitions = 0\n", r"\$.topics.partitions"),
        ("[match]\nthreshold = 1.5\n", r"\$.match.threshold"),
        ("[kafka\n", "not TOML"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(written(tmp_path, text), environ={})


@pytest.mark.parametrize("written_as", ["rahasia\n", "rahasia\r\n", "rahasia"])
def test_a_value_can_stand_in_a_file_of_its_own(tmp_path: Path, written_as: str) -> None:
    held = tmp_path / "kafka-password"
    held.write_bytes(written_as.encode())
    path = written(tmp_path, '[kafka]\nsasl_password = "from the file"\n')
    settings = load_settings(path, environ={"RELISTWATCH_KAFKA__SASL_PASSWORD_FILE": str(held)})
    assert settings.kafka.sasl_password == "rahasia"


def test_spaces_and_further_lines_of_such_a_file_are_the_values_own(tmp_path: Path) -> None:
    held = tmp_path / "value"
    held.write_text(" two\nlines \n\n")
    assert load_settings(environ={"RELISTWATCH_KAFKA__GROUP_FILE": str(held)}).kafka.group == " two\nlines \n"


@pytest.mark.parametrize(
    ("content", "more", "named"),
    [
        (None, {}, "RELISTWATCH_KAFKA__SASL_PASSWORD_FILE: cannot read"),
        (b"\xff", {}, "is not UTF-8"),
        (b"x" * 70_000, {}, "longer than a setting"),
        (b"x", {"RELISTWATCH_KAFKA__SASL_PASSWORD": "y"}, "both set"),
        (b"x", {"RELISTWATCH_KAFKA__NOPE_FILE": "/dev/null"}, "nope"),
    ],
)
def test_a_value_file_that_cannot_be_meant_is_named(
    tmp_path: Path, content: bytes | None, more: dict[str, str], named: str
) -> None:
    held = tmp_path / "held"
    if content is not None:
        held.write_bytes(content)
    with pytest.raises(SettingsError, match=named):
        load_settings(environ={"RELISTWATCH_KAFKA__SASL_PASSWORD_FILE": str(held), **more})


def test_no_setting_ends_as_a_value_files_variable_does() -> None:
    tables = (section.type for section in msgspec.structs.fields(Settings))
    names = [field.name for table in tables for field in msgspec.structs.fields(table)]
    assert not [name for name in names if name.endswith(VALUE_FILE_SUFFIX.lower())]


@pytest.mark.parametrize(
    "variable",
    ["RELISTWATCH_KAFKA__NOPE", "RELISTWATCH_NOPE__GROUP", "RELISTWATCH_GROUP", "RELISTWATCH_WEB__PORT"],
)
def test_a_wrong_variable_is_an_error(variable: str) -> None:
    with pytest.raises(SettingsError):
        load_settings(environ={variable: "not a port"})


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        load_settings(tmp_path / "absent.toml", environ={})


@given(
    group=st.text(min_size=1, max_size=20),
    partitions=st.integers(1, 1000),
    private=st.booleans(),
    timeout=st.floats(0.1, 100),
)
def test_what_a_parent_hands_to_its_workers_reads_back(
    group: str, partitions: int, private: bool, timeout: float
) -> None:
    settings = Settings(
        kafka=Kafka(group=group, session_timeout=timeout), topics=Topics(partitions=partitions)
    )
    photos = msgspec.structs.replace(settings.photos, allow_private_addresses=private)
    settings = msgspec.structs.replace(settings, photos=photos)
    assert load_settings(environ=as_environment(settings)) == settings


def test_sign_in_is_passed_to_clients() -> None:
    kafka = Kafka(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="u",
        sasl_password="p",
        bootstrap_servers="a:1, b:2",
    )
    options = client_options(kafka)
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert options["ssl_context"].check_hostname
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "u")
    assert "ssl_context" not in client_options(Kafka())


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for section in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(section.type):
            default = field.default
            assert f"| `{field.name}` | `{default!r}` |" in page, (
                f"docs/settings.md lacks {section.name}.{field.name}"
            )


def test_what_is_documented_is_a_setting() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    documented = {
        f"{section}.{name}"
        for section, table in re.findall(r"^## `\[(\w+)\]`$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        for name in re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    }
    assert documented == {
        f"{section.name}.{field.name}"
        for section in msgspec.structs.fields(Settings)
        for field in msgspec.structs.fields(section.type)
    }


def test_secrets_are_not_written_out() -> None:
    settings = Settings(
        kafka=Kafka(sasl_username="u", sasl_password="rahasia-1"),
        photo_store=PhotoStore(s3_access_key_id="id", s3_secret_access_key="rahasia-2"),
        dashboard=Dashboard(database="postgresql://console:rahasia-3@db.example/relist"),
    )
    shown = [repr(settings), f"{settings.kafka}", repr(client_options(signed_in(settings.kafka)))]
    assert "rahasia" not in "".join(shown)
    assert "sasl_password='***'" in shown[0]
    assert "postgresql://console:***@db.example/relist" in shown[0]
    assert "sasl_password=None" in repr(Kafka())
    assert "sqlite:///console.sqlite" in repr(Dashboard(database="sqlite:///console.sqlite"))


def signed_in(kafka: Kafka) -> Kafka:
    return msgspec.structs.replace(kafka, security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-512")


@pytest.mark.parametrize("wrong", [{"sasl_password": ["rahasia"]}, {"sasl_password": {"rahasia": "x"}}])
def test_a_wrong_password_setting_is_named_and_not_shown(tmp_path: Path, wrong: dict[str, object]) -> None:
    file = tmp_path / "settings.toml"
    value = "['rahasia']" if isinstance(wrong["sasl_password"], list) else "{ rahasia = 'x' }"
    file.write_text(f"[kafka]\nsasl_password = {value}\n")
    with pytest.raises(SettingsError, match=r"\$\.kafka\.sasl_password") as refused:
        load_settings(file, environ={})
    assert "rahasia" not in str(refused.value)


@pytest.mark.parametrize("missing", ["sasl_mechanism", "sasl_username", "sasl_password"])
def test_a_sign_in_that_is_not_said_in_full_is_refused_by_name(missing: str) -> None:
    whole = Kafka(
        security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", sasl_username="u", sasl_password="rahasia"
    )
    client_options(whole)
    with pytest.raises(SettingsError, match=f"set kafka.{missing} too") as refused:
        client_options(msgspec.structs.replace(whole, **{missing: None}))
    assert "rahasia" not in str(refused.value)
