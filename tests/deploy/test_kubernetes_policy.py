"""What every object of deploy/kubernetes must be: pods without rights, guarded by networks and budgets that select them."""

import ipaddress
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from deploy_commands import Part, port_of
from kustomized import Manifest, containers_of, pod_of, selects
from rendered_kubernetes import SETS, objects_of, parts_of, workloads

from streams.secret_settings import is_secret
from streams.worker.worker_process import STOP_SECONDS

pytestmark = pytest.mark.parametrize("name", SETS)

MADE_ELSEWHERE = {"relistwatch-kafka-authority"}
"""ConfigMaps that whoever deploys makes (docs/deployment.md)."""


def labels_of(workload: Manifest) -> dict[str, str]:
    pod = pod_of(workload)
    assert pod is not None
    labels: dict[str, str] = pod["metadata"]["labels"]
    return labels


def of_kind(name: str, kind: str) -> list[Manifest]:
    return [one for one in objects_of(name) if one["kind"] == kind]


def long_running(name: str) -> list[Manifest]:
    return [one for one in workloads(name) if one["kind"] != "Job"]


def test_pods_are_what_the_level_restricted_allows(name: str) -> None:
    (namespace,) = of_kind(name, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for workload in workloads(name):
        spec = workload["spec"]["template"]["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        pod = spec["securityContext"]
        assert (pod["runAsNonRoot"], pod["runAsUser"], pod["seccompProfile"]) == (
            True,
            10001,
            {"type": "RuntimeDefault"},
        )
        assert {next(iter(one.keys() - {"name"})) for one in spec["volumes"]} <= {
            "configMap", "secret", "emptyDir", "persistentVolumeClaim",
        }  # fmt: skip
        for container in containers_of(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_no_pod_has_a_token_for_kubernetes_or_variables_of_services(name: str) -> None:
    (account,) = of_kind(name, "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    for workload in workloads(name):
        spec = workload["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] == account["metadata"]["name"]
        assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)


def test_every_container_has_bounds_and_what_runs_has_probes(name: str) -> None:
    for workload in workloads(name):
        for container in containers_of(workload):
            asked, most = container["resources"]["requests"], container["resources"]["limits"]
            assert asked.keys() == most.keys() == {"cpu", "memory"}
            assert re.search(r":\d+\.\d+\.\d+$", container["image"]), "a version, never `latest`"
            if workload["kind"] != "Job":
                assert {"livenessProbe", "readinessProbe"} <= container.keys()


def test_probes_ask_where_the_part_answers(name: str, tmp_path: Path) -> None:
    parts = {part.name: part for part in parts_of(name)}
    for workload in long_running(name):
        part = parts[workload["metadata"]["name"]]
        (container,) = containers_of(workload)
        settings = part.settings(tmp_path)
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container:
                asked = container[probe]["httpGet"]
                assert ports[asked["port"]] == port_of(part, settings)
                assert asked["path"] == path_of(part, probe)
        command, params = part.parsed()
        assert (params["host"] if command == "dashboard" else settings.web.host) == "0.0.0.0"
        scraped = workload["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"]
        assert int(scraped) == params.get("metrics_port") or int(scraped) == port_of(part, settings)


def path_of(part: Part, probe: str) -> str:
    """A connector answers /metrics alone."""
    if part.parsed()[0] == "connect":
        return "/metrics"
    return "/readyz" if probe == "readinessProbe" else "/livez"


def test_a_part_has_longer_to_end_than_it_takes(name: str) -> None:
    for workload in long_running(name):
        assert workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= STOP_SECONDS


def test_what_is_written_goes_to_volumes(name: str, tmp_path: Path) -> None:
    for part in parts_of(name):
        settings = part.settings(tmp_path)
        (workload,) = (one for one in workloads(name) if one["metadata"]["name"] == part.name)
        (container,) = containers_of(workload)
        places = {one["mountPath"]: one for one in container["volumeMounts"]}
        volumes = {one["name"] for one in workload["spec"]["template"]["spec"]["volumes"]}
        volumes |= {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", ())}
        assert {one["name"] for one in places.values()} == volumes, "no volume is unused, none is missing"
        assert "/tmp" in places
        if workload["kind"] != "Job":
            assert "readOnly" not in places[settings.worker.data_dir]
        read = [value for variable, value in part.environment.items() if variable.endswith("_FILE")]
        read += [part.environment["RELISTWATCH_CONFIG"], settings.kafka.ssl_cafile or ""]
        for file in read:
            assert places[str(Path(file).parent)]["readOnly"], file


def test_no_secret_is_written_down(name: str) -> None:
    assert not of_kind(name, "Secret")
    for part in parts_of(name):
        secret = [variable for variable in part.environment if is_secret(variable.lower())]
        assert all(variable.endswith("_FILE") for variable in secret)
        for text in part.configs.values():
            tables = tomllib.loads(text).values()
            assert not [key for table in tables for key in table if is_secret(key)]


def test_configmaps_that_are_mounted_are_there(name: str) -> None:
    made = {one["metadata"]["name"] for one in of_kind(name, "ConfigMap")} | MADE_ELSEWHERE
    claims = {one["metadata"]["name"] for one in of_kind(name, "PersistentVolumeClaim")}
    used = [each for one in workloads(name) for each in one["spec"]["template"]["spec"]["volumes"]]
    assert {one["configMap"]["name"] for one in used if "configMap" in one} == made
    assert {
        one["persistentVolumeClaim"]["claimName"] for one in used if "persistentVolumeClaim" in one
    } == claims


def test_selectors_choose_what_they_mean(name: str) -> None:
    for workload in workloads(name):
        if "selector" in workload["spec"]:
            assert selects(workload["spec"]["selector"], labels_of(workload))
            others = [
                one
                for one in workloads(name)
                if one is not workload and selects(workload["spec"]["selector"], labels_of(one))
            ]
            assert not others
    for service in of_kind(name, "Service"):
        chosen = [
            one
            for one in workloads(name)
            if selects({"matchLabels": service["spec"]["selector"]}, labels_of(one))
        ]
        assert [one["metadata"]["name"] for one in chosen] == [service["metadata"]["name"]]


def test_each_part_that_is_more_than_one_has_a_budget(name: str) -> None:
    chosen = []
    for budget in of_kind(name, "PodDisruptionBudget"):
        (one,) = (one for one in workloads(name) if selects(budget["spec"]["selector"], labels_of(one)))
        assert budget["spec"]["maxUnavailable"] == 1
        chosen.append(one["metadata"]["name"])
    expected = [
        one["metadata"]["name"] for one in long_running(name) if "relistwatch/instance" not in labels_of(one)
    ]
    assert sorted(chosen) == sorted(expected)


def allowed(name: str, workload: Manifest, direction: str) -> list[dict[str, Any]]:
    """The rules of all policies that select the workload's pods."""
    found = []
    for policy in of_kind(name, "NetworkPolicy"):
        if selects(policy["spec"]["podSelector"], labels_of(workload)):
            found += policy["spec"].get(direction, ())
    return found


def ports_in(rules: list[dict[str, Any]]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def test_nothing_is_reached_that_no_policy_names(name: str) -> None:
    (deny,) = (one for one in of_kind(name, "NetworkPolicy") if one["spec"]["podSelector"] == {})
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in of_kind(name, "NetworkPolicy"):
        assert any(selects(policy["spec"]["podSelector"], labels_of(one)) for one in workloads(name)), policy[
            "metadata"
        ]
        for direction in ("ingress", "egress"):
            for rule in policy["spec"].get(direction, ()):
                assert rule["ports"], "each rule names its ports"
                assert rule["from" if direction == "ingress" else "to"], "and whom"


def test_who_reaches_what(name: str, tmp_path: Path) -> None:
    parts = {part.name: part for part in parts_of(name)}
    for workload in workloads(name):
        part = parts[workload["metadata"]["name"]]
        command, _ = part.parsed()
        settings = part.settings(tmp_path)
        out = allowed(name, workload, "egress")
        assert {53, int(settings.kafka.bootstrap_servers.rpartition(":")[2])} <= ports_in(out)
        internet = [rule for rule in out if any("ipBlock" in to for to in rule["to"])]
        shards = part.name == "shard"
        fetches = command in {"worker", "takedowns resolve", "dashboard", "connect"} and not shards
        assert [sorted(ports_in([rule])) for rule in internet] == ([[80, 443]] if fetches else [])
        assert (5432 in ports_in(out)) == (
            command == "dashboard" and "postgresql" in (settings.dashboard.database or "")
        )
        inward = ports_in(allowed(name, workload, "ingress"))
        for container in containers_of(workload):
            answered = {each["containerPort"] for each in container.get("ports", ())}
            assert answered <= inward, "Prometheus, or people, reach it"


def test_no_inside_address_is_let_through_to_photos(name: str) -> None:
    """docs/security.md: photos are fetched from public addresses alone; the network says so too."""
    (policy,) = (one for one in of_kind(name, "NetworkPolicy") if one["metadata"]["name"] == "outside")
    blocks = [to["ipBlock"] for rule in policy["spec"]["egress"] for to in rule["to"]]
    for inside in (
        "10.1.2.3",
        "172.20.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
        "::1",
    ):
        address = ipaddress.ip_address(inside)
        for block in blocks:
            within = address in ipaddress.ip_network(block["cidr"])
            assert not within or any(
                address in ipaddress.ip_network(each) for each in block.get("except", ())
            ), inside
    assert any(
        ipaddress.ip_address("93.184.216.34") in ipaddress.ip_network(block["cidr"]) for block in blocks
    )
