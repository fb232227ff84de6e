"""The sources and sinks that are installed, with the packages they came in and what they say about themselves."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from msgspec import Struct

from connectors.option_docs import OptionDoc, about_class, option_docs
from connectors.registry import SINKS, SOURCES, sink_type, source_type
from connectors.sdk import Sink, Source, UnknownConnectorError

Kind = Literal["source", "sink"]


class Installed(Struct, frozen=True):
    """One source or sink. Where it cannot be loaded, `problem` says why, and it has no version and no options."""

    kind: Kind
    name: str
    package: str
    """The package that brought it, with its version."""
    place: str
    """`module:Class`."""
    version: str | None = None
    about: str = ""
    options: tuple[OptionDoc, ...] = ()
    problem: str | None = None


def installed() -> list[Installed]:
    """All of them: the sources, then the sinks, by name."""
    return [*_of("source", SOURCES), *_of("sink", SINKS)]


def _of(kind: Kind, group: str) -> list[Installed]:
    points: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        points.setdefault(point.name, point)
    return [_described(kind, points[name]) for name in sorted(points)]


def _described(kind: Kind, point: EntryPoint) -> Installed:
    package = f"{point.dist.name} {point.dist.version}" if point.dist is not None else "unknown"
    try:
        found: type[Source[Any]] | type[Sink[Any]]
        found = source_type(point.name) if kind == "source" else sink_type(point.name)
        options = tuple(option_docs(found.options_type))
    except (UnknownConnectorError, AttributeError, TypeError, NameError) as error:
        return Installed(kind, point.name, package, point.value, problem=str(error))
    about = about_class(found)
    # A sink makes no records, so it has no version of its own: its package's is the one that matters.
    version = found.version if issubclass(found, Source) else None
    return Installed(kind, point.name, package, point.value, version, about, options)
