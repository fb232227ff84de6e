"""What a new marketplace needs beside its connector, told by name where it is missing."""

import tomllib
from pathlib import Path

import pytest

from connectors.links import LinkTarget, recognise
from connectors.sample.listing_ids import FORMS, REAL_MARKETPLACES, listing_id_of
from connectors.simulator.simulator import APIS, Simulator
from connectors.simulator.version import KINDS
from connectors.simulator.world import World
from streams.cli.simulate import Kind

ROOT = Path(__file__).parents[2]


def test_every_simulated_api_is_known_wherever_one_is_chosen() -> None:
    assert APIS.keys() == KINDS.keys(), (
        "connectors.simulator: an API in `simulator.APIS` or `version.KINDS` alone"
    )
    assert {kind.value for kind in Kind} == set(APIS), "`relistwatch simulate` does not offer every API"
    known = [marketplace for marketplaces in KINDS.values() for marketplace in marketplaces]
    assert sorted(known) == sorted(REAL_MARKETPLACES) == sorted(FORMS)


@pytest.mark.parametrize("marketplace", REAL_MARKETPLACES)
def test_a_marketplace_has_a_connector_named_for_it_and_documented(marketplace: str) -> None:
    name = marketplace.removesuffix("-id")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert name in project["project"]["entry-points"]["relistwatch.sources"], f"no source is called {name}"
    assert f"`{name}`" in (ROOT / "docs" / "connectors.md").read_text(), (
        f"docs/connectors.md does not name `{name}`"
    )


@pytest.mark.parametrize("marketplace", REAL_MARKETPLACES)
def test_its_links_are_read_in_lists_of_takedowns(marketplace: str) -> None:
    seller, item = "308864651", 1730811847233275332
    link = FORMS[marketplace].link.format(seller=seller, item=item)
    found = recognise(link)
    assert isinstance(found, LinkTarget), f"connectors.links does not know {link}"
    assert found.listing_id == listing_id_of(marketplace, seller, item)


@pytest.mark.parametrize("kind", APIS)
def test_its_credentials_open_its_connector(kind: str) -> None:
    simulator = Simulator(kind, World())
    try:
        given = simulator.credentials_for("123").options(simulator.base_url)
    finally:
        simulator.stop()
    assert {*APIS[kind].option_names, "access_token", "refresh_token", "base_url"} <= given.keys()
    assert str(given["access_token"]).startswith(APIS[kind].token_head)
