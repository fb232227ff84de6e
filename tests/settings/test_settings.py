"""Settings: file, environment, defaults, and errors that name the key."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka_options import client_options
from streams.settings import Kafka, Settings, SettingsError, Topics, as_environment, load_settings


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
