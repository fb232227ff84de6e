"""deploy/systemd: units that systemd takes, that expose little, and whose commands and variables the program reads."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from deploy_commands import DEPLOY, Part, port_of

from streams.cli.context import EXIT_USAGE
from streams.secret_settings import is_secret
from streams.settings import Settings
from streams.worker.lost_watch import EXIT_LOST
from streams.worker.worker_process import STOP_SECONDS

FOLDER = DEPLOY / "systemd"
UNITS = sorted(FOLDER.glob("*.service"), key=lambda path: path.name)
INSTANCES = {"relistwatch-worker@": "6066", "relistwatch-connect@": "shopee-1"}
CONNECTOR = {"SOURCE": "shopee", "METRICS_PORT": "6067"}
MOST_EXPOSED = 2.0
"""Of `systemd-analyze security`, from 0 to 10; 1.6 is what is left to a program that opens connections."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
each_unit = pytest.mark.parametrize("path", UNITS, ids=[path.stem for path in UNITS])


def lines_of(path: Path) -> dict[str, list[str]]:
    """The values of each key of the section [Service], and the others, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def instance_of(path: Path) -> str:
    return INSTANCES.get(path.stem, "")


def part_of(path: Path) -> Part:
    """The process as systemd starts it."""
    lines = lines_of(path)
    (command,) = lines["ExecStart"]
    program, *arguments = command.replace("%i", instance_of(path)).split()
    assert program == "/opt/relistwatch/bin/relistwatch"
    for name, value in CONNECTOR.items():
        arguments = [value if each in {f"${name}", f"${{{name}}}"} else each for each in arguments]
    environment = dict(one.split("=", 1) for one in lines["Environment"])
    environment |= variables_of(FOLDER / "relistwatch.env.example")
    configs = {environment["RELISTWATCH_CONFIG"]: ""}
    return Part(name=path.stem, arguments=tuple(arguments), environment=environment, configs=configs)


def variables_of(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if re.match(r"[A-Z_]+=", line))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system's root that has the units, a program in the place of ours, and systemd's targets."""
    folder = tmp_path_factory.mktemp("root")
    units = folder / "etc/systemd/system"
    units.mkdir(parents=True)
    for path in UNITS:
        shutil.copy(path, units / path.name.replace("@", f"@{instance_of(path)}"))
    program = folder / "opt/relistwatch/bin/relistwatch"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/true\n")
    program.chmod(0o755)
    for name in ("network-online", "multi-user", "basic", "sysinit", "shutdown", "network"):
        (units / f"{name}.target").write_text("[Unit]\nDescription=of the system\n")
    return folder


def analyzed(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments[:1], f"--root={root}", *arguments[1:]],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze is too old for --root")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs_systemd
@each_unit
def test_systemd_takes_the_unit_and_finds_it_little_exposed(path: Path, root: Path) -> None:
    name = path.name.replace("@", f"@{instance_of(path)}")
    assert analyzed(root, "verify", name).strip() == "", "not one word of warning"
    said = analyzed(root, "security", "--offline=true", name)
    (exposed,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert float(exposed) <= MOST_EXPOSED, said


@needs_systemd
def test_a_wrong_key_is_seen(root: Path) -> None:
    text = (FOLDER / "relistwatch-lookback.service").read_text()
    wrong = root / "etc/systemd/system/wrong.service"
    wrong.write_text(text.replace("MemoryMax=", "MemoryMaximum="))
    try:
        assert "MemoryMaximum" in analyzed(root, "verify", "wrong.service")
    finally:
        wrong.unlink()


@each_unit
def test_commands_and_variables_are_read(path: Path, tmp_path: Path) -> None:
    part, lines = part_of(path), lines_of(path)
    settings, (command, params) = part.settings(tmp_path), part.parsed()
    assert settings.worker.data_dir == f"/var/lib/{lines['StateDirectory'][0]}"
    assert settings.kafka.security_protocol == "SASL_SSL"
    if command == "connect":
        assert (params["name"], params["instance"], params["metrics_port"]) == ("shopee", "shopee-1", 6067)
    elif command != "topics create":
        assert (
            port_of(part, settings)
            == {
                "worker": 6066,
                "lookback": 6068,
                "takedowns resolve": 6069,
                "dashboard": Settings().dashboard.port,
            }[command]
        )


@each_unit
def test_it_is_stopped_and_started_as_the_program_means_it(path: Path) -> None:
    lines = lines_of(path)
    assert (lines["KillMode"], lines["KillSignal"]) == (["mixed"], ["SIGTERM"])
    assert int(lines["TimeoutStopSec"][0].removesuffix("s")) >= STOP_SECONDS
    if lines["Type"] == ["oneshot"]:
        return
    assert lines["Restart"] == ["always"]
    assert lines["StartLimitIntervalSec"] == ["0"]
    (never,) = lines["RestartPreventExitStatus"]
    assert never == str(EXIT_USAGE) != str(EXIT_LOST)
    assert "WatchdogSec" not in lines, "no part tells systemd that it lives"
    assert lines["MemoryMax"]


def test_all_units_are_hardened_alike() -> None:
    hardening = set()
    for path in UNITS:
        start, _, _ = path.read_text().partition("\n[Install]")
        hardening.add(start[start.index("NoNewPrivileges=yes") :].strip())
    assert len(hardening) == 1


def test_the_user_is_the_one_that_is_made() -> None:
    (line,) = (
        one for one in (FOLDER / "relistwatch.sysusers").read_text().splitlines() if one.startswith("u ")
    )
    _, name, *_ = line.split()
    assert {(lines_of(path)["User"][0], lines_of(path)["Group"][0]) for path in UNITS} == {(name, name)}


def test_no_secret_is_in_an_environment_file(tmp_path: Path) -> None:
    variables = variables_of(FOLDER / "relistwatch.env.example")
    assert variables
    assert not [name for name in variables if is_secret(name.lower())]
    lines = lines_of(FOLDER / "worker.conf.example")
    environment = dict(one.split("=", 1) for one in lines["Environment"])
    ((name, _),) = (one.split(":") for one in lines["LoadCredential"])
    assert environment["RELISTWATCH_KAFKA__SASL_PASSWORD_FILE"] == f"%d/{name}"
    settings = Part(name="worker", arguments=(), environment=environment).settings(tmp_path)
    assert (settings.kafka.sasl_username, settings.kafka.sasl_password) == ("relistwatch-worker", "sample")
