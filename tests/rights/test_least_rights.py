"""Every part really runs over TLS and SCRAM with the rights of the table and no other; the broker, which writes down
what it decides, says whether one was missing or never used."""

from collections.abc import Iterator

import pytest
from secured_flow import Flow
from secured_kafka import SecuredKafka, fresh_settings

from streams.topic_rights import COMPONENTS, Component, Right, rights_of

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with SecuredKafka(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture(scope="module")
def flow(secured: SecuredKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """All that happens, over."""
    folder = tmp_path_factory.mktemp("flow")
    flow = Flow(secured, fresh_settings(folder), folder)
    try:
        flow.run(secured.admin, "topics", "acls", "--apply")
        flow.run("administrator", "topics", "create")
        flow.run("administrator", "topics", "check")
        with flow.running() as parts:
            flow.play(parts["console"])
        yield flow
    finally:
        flow.close()


def used(flow: Flow, component: Component) -> set[Right]:
    """The rights without which the broker would have refused something to the component's user. Describe goes
    without saying where there is another right."""
    names = {right.name: right for right in rights_of(component, flow.base) if right.prefixed}
    found = set()
    for each in flow.secured.decisions():
        if each.user != f"relistwatch-{component.name}" or not each.allowed:
            continue
        prefixed = next((name for name in names if each.kind == "group" and each.name.startswith(name)), None)
        found.add(Right(each.kind, prefixed or each.name, each.operation, prefixed is not None))  # type: ignore[arg-type]
    stronger = {(each.resource, each.name) for each in found if each.operation in {"Read", "Write"}}
    return {
        each for each in found if each.operation != "Describe" or (each.resource, each.name) not in stronger
    }


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_has_the_rights_that_it_uses_and_no_other(flow: Flow, component: Component) -> None:
    refused = [
        each
        for each in flow.secured.decisions()
        if each.user == f"relistwatch-{component.name}" and not each.allowed
    ]
    assert refused == []
    assert used(flow, component) == set(rights_of(component, flow.base))
