"""Connectors are found by entry point; what is missing or wrong is named."""

import importlib
import tomllib
from pathlib import Path

import pytest

from connectors import registry
from connectors.jsonlines import JsonLinesSource
from connectors.sdk import Sink, Source, UnknownConnectorError

ROOT = Path(__file__).parents[2]


def install(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip leaves behind of a package with entry points."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(text)
    monkeypatch.syspath_prepend(str(folder))


def test_every_connector_that_the_project_names_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for group, base in ((registry.SOURCES, Source), (registry.SINKS, Sink)):
        for name, place in project["entry-points"][group].items():
            module, _, attribute = place.partition(":")
            connector = getattr(importlib.import_module(module), attribute)
            assert issubclass(connector, base)
            assert connector.name == name


def test_an_installed_source_is_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = "[relistwatch.sources]\nlines = connectors.jsonlines:JsonLinesSource\n"
    install(tmp_path / "a", "lines-connector", point, monkeypatch)
    install(tmp_path / "b", "lines-again", point, monkeypatch)
    assert registry.source_type("lines") is JsonLinesSource
    assert "lines" in registry.source_names()


def test_what_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = """[relistwatch.sources]
lines = connectors.jsonlines:JsonLinesSource
gone = connectors.no_such_module:Gone
wrong = connectors.jsonlines:JsonLinesSink
twice = connectors.jsonlines:JsonLinesSource
"""
    install(tmp_path / "a", "some-connectors", points, monkeypatch)
    other = "[relistwatch.sources]\ntwice = connectors.memory:MemorySource\n"
    install(tmp_path / "b", "other-connectors", other, monkeypatch)
    with pytest.raises(UnknownConnectorError, match=r"no source 'linse'; known: .*gone, .*lines"):
        registry.source_type("linse")
    with pytest.raises(UnknownConnectorError, match=r"'gone' .*cannot be loaded"):
        registry.source_type("gone")
    with pytest.raises(UnknownConnectorError, match="not a class derived from Source"):
        registry.source_type("wrong")
    with pytest.raises(UnknownConnectorError, match=r"claimed by .*jsonlines.* and .*memory"):
        registry.source_type("twice")
    with pytest.raises(UnknownConnectorError, match="no sink 'lines'"):
        registry.sink_type("lines")
