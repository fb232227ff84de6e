"""The data folder's layout: drawn once, kept, and never silently another than asked for."""

import sys
from pathlib import Path

import pytest

from streams.kafka_local.layout import (
    LAYOUT_FILE,
    PORTS,
    LayoutError,
    free_ports,
    is_free,
    kept_layout,
    reserved,
    settle_layout,
)
from streams.kafka_local.security import Security


def test_a_folder_keeps_its_cluster_and_its_ports(tmp_path: Path) -> None:
    assert kept_layout(tmp_path) is None
    first = settle_layout(tmp_path, 3, 0)
    assert (
        settle_layout(tmp_path, 3, 0)
        == settle_layout(tmp_path, 3, first.ports[0])
        == kept_layout(tmp_path)
        == first
    )
    assert len({*first.ports, *first.controllers}) == 6
    assert len(first.cluster) == 22


def test_another_shape_than_the_data_has_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    port = settle_layout(tmp_path, 1, 0).ports[0]
    with pytest.raises(LayoutError, match="holds a cluster of 1 nodes, not 3: use another data folder"):
        settle_layout(tmp_path, 3, 0)
    with pytest.raises(LayoutError, match=f"first port is {port}, not {port + 1}"):
        settle_layout(tmp_path, 1, port + 1)
    with pytest.raises(LayoutError, match="1 or 3 nodes, not 2"):
        settle_layout(tmp_path, 2, 0)
    (tmp_path / LAYOUT_FILE).write_text('{"cluster": "x", "ports": [')
    with pytest.raises(LayoutError, match="damaged"):
        settle_layout(tmp_path, 1, 0)


def test_an_asked_port_is_the_first_nodes_and_the_rest_follow(tmp_path: Path) -> None:
    layout = settle_layout(tmp_path, 3, 19_092)
    assert layout.ports == (19_092, 19_093, 19_094)
    assert layout.bootstrap_servers == "127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094"
    assert not {19_092, 19_093, 19_094} & set(layout.controllers)


@pytest.mark.parametrize(("nodes", "replicas", "insync"), [(1, 1, 1), (3, 3, 2)])
def test_three_nodes_replicate_and_one_does_not(
    tmp_path: Path, nodes: int, replicas: int, insync: int
) -> None:
    layout = settle_layout(tmp_path, nodes, 0)
    values = dict(line.split("=", 1) for line in layout.properties(0, tmp_path / "data").splitlines())
    assert {
        values[f"{topic}.replication.factor"]
        for topic in ("default", "offsets.topic", "transaction.state.log")
    } == {str(replicas)}
    assert values["min.insync.replicas"] == values["transaction.state.log.min.isr"] == str(insync)
    assert values["listeners"].count("//127.0.0.1:") == 2
    assert len(values["controller.quorum.voters"].split(",")) == nodes


def test_a_secured_node_serves_nobody_in_the_clear(tmp_path: Path) -> None:
    layout = settle_layout(tmp_path, 1, 0)
    security = Security(tmp_path / "node.pem", tmp_path / "ca.pem", "CN=node", "admin", "rahasia", audit=True)
    written = layout.properties(0, tmp_path / "data", security)
    values = dict(line.split("=", 1) for line in written.splitlines())
    assert "PLAINTEXT" not in written
    assert {each.partition("://")[0] for each in values["listeners"].split(",")} == {"SASL_SSL", "CONTROLLER"}
    assert values["listener.security.protocol.map"] == "SASL_SSL:SASL_SSL,CONTROLLER:SSL"
    assert values["listener.name.controller.ssl.client.auth"] == "required"
    assert values["allow.everyone.if.no.acl.found"] == "false"
    assert values["super.users"] == "User:admin;User:CN=node"
    assert "rahasia" not in repr(security)


def test_free_ports_are_distinct_free_and_never_those_of_outgoing_connections() -> None:
    ports = free_ports(40)
    assert len(set(ports)) == 40
    assert all(port in PORTS for port in ports)
    assert all(is_free(port) for port in ports)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port that is kept cannot be listened on")
def test_a_reserved_port_is_not_drawn_and_can_be_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    two = free_ports(2)
    monkeypatch.setattr("streams.kafka_local.layout.PORTS", two)
    with reserved(two[:1]):
        assert {free_ports(1) for _ in range(30)} == {two[1:]}
        assert is_free(two[0])
        with pytest.raises(LayoutError, match=f"of the ports {two[0]} to {two[1]} only 1 are free"):
            free_ports(2)
    assert {free_ports(1) for _ in range(60)} == {two[:1], two[1:]}
