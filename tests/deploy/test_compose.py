"""deploy/compose is what Compose takes, hardened, and in step with the settings and with Prometheus' files."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from deploy_commands import DEPLOY, Part, port_of

from streams.kafka_local.jar_lock import read_lock
from streams.secret_settings import is_secret
from streams.settings import Settings
from streams.worker.worker_process import STOP_SECONDS

FOLDER = DEPLOY / "compose"
TEXT = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
EXAMPLE = dict(
    line.split("=", 1)
    for line in (FOLDER / ".env.example").read_text().splitlines()
    if re.match(r"\w+=", line)
)
OURS = {"topics", "worker-1", "worker-2", "lookback", "resolver", "console", "connector"}
VARIABLE = re.compile(r"\$\{(\w+)(?::?([-?])([^}]*))?\}")


def interpolated(value: Any, environment: dict[str, str]) -> Any:
    """As Compose puts variables in; a required one that is missing raises."""
    if isinstance(value, dict):
        return {key: interpolated(one, environment) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, environment) for one in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        name, how, text = match.groups()
        if environment.get(name):
            return environment[name]
        assert how == "-", f"{name} has no value: {text}"
        return str(text)

    return VARIABLE.sub(put, value)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    made: dict[str, Any] = interpolated(yaml.safe_load(TEXT), EXAMPLE | {"KAFKA_CLUSTER_ID": "k" * 22})
    return made


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def parts(services: dict[str, Any]) -> list[Part]:
    config = {"/etc/relistwatch/relistwatch.toml": (FOLDER / "relistwatch.toml").read_text()}
    return [
        Part(
            name=name,
            arguments=tuple(services[name]["command"]),
            environment=services[name]["environment"],
            configs=config,
        )
        for name in sorted(OURS)
    ]


def test_it_is_what_compose_takes(compose: dict[str, Any]) -> None:
    found = importlib.util.find_spec(
        "check_jsonschema"
    )  # found, not imported: its program wants a newer click
    assert found is not None
    assert found.origin is not None
    file = Path(found.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(compose)
    wrong = {**compose, "services": {"worker": {"image": "x", "read_onyl": True}}}
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong), (
        "fields that Compose does not know are refused"
    )


def test_everything_that_is_named_is_there(compose: dict[str, Any], services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert set(service["networks"]) <= compose["networks"].keys()
        assert set(service.get("secrets", ())) <= compose["secrets"].keys()
        for mount in service.get("volumes", ()):
            source, _, rest = mount.partition(":")
            if source.startswith("."):
                assert rest.endswith(":ro")
                assert (FOLDER / source).resolve().exists() or name == "connector", mount
            else:
                assert source in compose["volumes"]
        needed = service.get("depends_on", {})
        assert set(needed) <= services.keys()
        for other, condition in needed.items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
    for config in compose["configs"].values():
        assert (FOLDER / config["file"]).is_file()
    used = [set(service["networks"]) for service in services.values()]
    assert set.union(*used) == compose["networks"].keys()


def test_every_container_is_bound_and_without_rights(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & service.keys()
        assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), name
        assert service.get("read_only") is True or name == "kafka", name
        assert service["restart"] in {"unless-stopped", "on-failure:5"}
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
        assert re.search(r":v?\d+\.?[\w.-]*$", service["image"]), "a version, never `latest`"
        assert "healthcheck" in service or name == "topics"
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_our_parts_read_settings_and_command_lines(services: dict[str, Any], tmp_path: Path) -> None:
    seen = {}
    for part in parts(services):
        settings, (command, params) = part.settings(tmp_path), part.parsed()
        service = services[part.name]
        seen[part.name] = settings
        assert service["volumes"][0] == f"data:{settings.worker.data_dir}"
        assert any(one.startswith("/tmp:") for one in service["tmpfs"])
        assert settings.kafka.bootstrap_servers == "kafka:9092"
        assert int(service["stop_grace_period"].removesuffix("s")) >= STOP_SECONDS
        assert (params["host"] if command == "dashboard" else settings.web.host) == "0.0.0.0"
        assert settings.worker.photo_processes <= float(service["deploy"]["resources"]["limits"]["cpus"])
        if command != "topics create":
            (asked,) = re.findall(
                r"http://127\.0\.0\.1:(\d+)(/\w+)", " ".join(service["healthcheck"]["test"])
            )
            assert asked == (str(port_of(part, settings)), "/metrics" if command == "connect" else "/readyz")
    assert seen["console"].dashboard.database == "postgresql://console:sample@database/console"
    assert seen["console"].dashboard.hosts == EXAMPLE["CONSOLE_HOSTS"]
    assert len({settings.kafka for settings in seen.values()}) == 1


def test_kafka_is_as_the_topics_need_it(services: dict[str, Any], tmp_path: Path) -> None:
    kafka = services["kafka"]
    settings: Settings = parts(services)[0].settings(tmp_path)
    assert int(kafka["environment"]["KAFKA_MESSAGE_MAX_BYTES"]) >= settings.topics.max_message_bytes
    assert kafka["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].endswith(settings.kafka.bootstrap_servers)
    assert (settings.topics.replication, settings.topics.min_insync) == (1, 1)
    tested = next(jar.version for jar in read_lock() if jar.artifact == "kafka-clients")
    assert kafka["image"].endswith(f":{tested}"), "the version that the tests run on"


def test_no_secret_is_in_the_environment(compose: dict[str, Any], services: dict[str, Any]) -> None:
    for service in services.values():
        for name in service.get("environment", {}):
            assert not is_secret(name.lower()) or name.endswith("_FILE"), name
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    assert not [name for name in EXAMPLE if is_secret(name.lower())]
    kept = (FOLDER / ".gitignore").read_text().split()
    assert {".env", "secrets/*"} <= set(kept)
    readme = (FOLDER / "secrets" / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in compose["secrets"])


def test_every_variable_has_a_line_in_the_example() -> None:
    example = (FOLDER / ".env.example").read_text()
    for name, how, text in VARIABLE.findall(TEXT):
        (line,) = re.findall(rf"^#?{name}=(.*)$", example, re.MULTILINE)
        assert line == (text if how == "-" else ""), name
    named = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)
    assert set(named) == {name for name, _, _ in VARIABLE.findall(TEXT)}


def test_prometheus_and_grafana_find_what_runs(services: dict[str, Any], tmp_path: Path) -> None:
    targets = {
        file.stem: yaml.safe_load(file.read_text())[0]["targets"]
        for file in (FOLDER / "targets").glob("*.yml")
    }
    assert targets.keys() == {file.stem for file in (DEPLOY / "prometheus" / "targets").glob("*.yml")}
    found = {target for each in targets.values() for target in each}
    expected = set()
    for part in parts(services):
        _, params = part.parsed()
        port = params.get("metrics_port") or port_of(part, part.settings(tmp_path))
        if port and part.name != "connector":
            expected.add(f"{part.name}:{port}")
            assert "metrics" in services[part.name]["networks"]
    assert found == expected
    source = yaml.safe_load((FOLDER / "grafana" / "prometheus.yml").read_text())
    shipped = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())
    shipped["datasources"][0]["url"] = "http://prometheus:9090"
    assert source == shipped
