"""docs/deployment.md and the READMEs of deploy/ name what there is."""

import re

import pytest
import yaml
from deploy_commands import DEPLOY, ROOT, parsed
from kustomized import pod_of
from prometheus_process import alerts
from rendered_kubernetes import SETS, objects_of, parts_of

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
PAGES = [ROOT / "docs" / "deployment.md", DEPLOY / "README.md", DEPLOY / "kubernetes" / "README.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_links_lead_somewhere(path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_secret_that_a_manifest_wants_is_named() -> None:
    wanted = set()
    for name in SETS:
        for one in objects_of(name):
            pod = pod_of(one)
            for volume in pod["spec"]["volumes"] if pod else ():
                if "secret" in volume:
                    wanted.add(volume["secret"]["secretName"])
            if one["kind"] == "TriggerAuthentication":
                wanted |= {each["name"] for each in one["spec"]["secretTargetRef"]}
                keys = [each["key"] for each in one["spec"]["secretTargetRef"]]
                assert all(f"`{key}`" in PAGE for key in keys)
    parts = re.search(r"^PARTs are (.*?), each a user", PAGE, re.MULTILINE)
    assert parts is not None
    named = {f"relistwatch-kafka-{part}" for part in re.findall(r"`([a-z]+)`", parts[1])}
    for secret in wanted:
        generic = re.sub(r"^(relistwatch-connector)-.*", r"\1-INSTANCE", secret)
        assert secret in named or f"`{generic}`" in PAGE, secret
    assert named <= wanted


def test_ports_are_those_of_the_manifests() -> None:
    table = dict(
        re.findall(r"^\| ([a-z ,]+) \|(?: [^|]*\|){2} (\d+)", PAGE.partition("## Probes")[2], re.MULTILINE)
    )
    declared = {
        "worker, shard": {"worker", "shard"}, "look back": {"lookback"}, "resolver": {"resolver"},
        "console": {"console"}, "connector": {"connector-shopee"},
    }  # fmt: skip
    assert table.keys() == declared.keys()
    for words, workloads in declared.items():
        for one in objects_of("production+shards+connector"):
            if one["kind"] in {"StatefulSet", "Deployment"} and one["metadata"]["name"] in workloads:
                (container,) = one["spec"]["template"]["spec"]["containers"]
                assert container["ports"][0]["containerPort"] == int(table[words])
    assert {name for names in declared.values() for name in names} | {"topics"} == {
        part.name for part in parts_of("production+shards+connector")
    }


def test_alerts_and_tests_that_are_named_are_there() -> None:
    assert set(re.findall(r"`(Relistwatch\w+)`", PAGE)) <= alerts().keys()
    for name in re.findall(r"`(tests/[\w/.]+)`", PAGE):
        assert (ROOT / name).exists(), name


def test_commands_of_the_readme_are_ours() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    calls = [
        line.split("exec console relistwatch ")[1]
        for line in text.splitlines()
        if "exec console relistwatch" in line
    ]
    assert [parsed(call.split())[0] for call in calls] == ["dashboard users add"]
    units = {path.stem.rstrip("@") for path in (DEPLOY / "systemd").glob("*.service")}
    started = re.findall(r"^systemctl (?:start|enable --now) (.*)$", text, re.MULTILINE)
    named = {name.partition("@")[0] for line in started for name in line.split()}
    assert named == units - {"relistwatch-connect"}
    for name in re.findall(r"deploy/[\w./-]+", text):
        assert (ROOT / name.rstrip(".")).exists() or "*" in name, name


def test_graces_are_those_of_the_files() -> None:
    (most, least) = re.findall(r"The files give (\d+) s \((\d+) s to the console\)", PAGE)[0]
    for one in objects_of("production+connector"):
        if one["kind"] in {"StatefulSet", "Deployment"}:
            grace = one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            assert grace == int(least if one["metadata"]["name"] == "console" else most)
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())["services"]
    assert services["worker-1"]["stop_grace_period"] == f"{most}s"
    assert services["console"]["stop_grace_period"] == f"{least}s"
    assert f"TimeoutStopSec={most}s" in (DEPLOY / "systemd" / "relistwatch-worker@.service").read_text()
    assert f"TimeoutStopSec={least}s" in (DEPLOY / "systemd" / "relistwatch-dashboard.service").read_text()
