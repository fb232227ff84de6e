"""Sources and sinks by name. Each is an entry point, so one that is installed with pip appears by itself."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from connectors.sdk import Sink, Source, UnknownConnectorError

SOURCES = "relistwatch.sources"
SINKS = "relistwatch.sinks"


def source_names() -> list[str]:
    """The names of the installed sources, sorted."""
    return sorted({point.name for point in entry_points(group=SOURCES)})


def source_type(name: str) -> type[Source[Any]]:
    """The source's class.

    Raises:
        UnknownConnectorError: there is none of that name, two packages claim it, or it cannot be loaded.
    """
    loaded = _load(_point(SOURCES, "source", name))
    if not (isinstance(loaded, type) and issubclass(loaded, Source)):
        raise UnknownConnectorError(f"the source {name!r} is {loaded!r}, not a class derived from Source")
    return loaded


def sink_type(name: str) -> type[Sink[Any]]:
    """The sink's class.

    Raises:
        UnknownConnectorError: there is none of that name, two packages claim it, or it cannot be loaded.
    """
    loaded = _load(_point(SINKS, "sink", name))
    if not (isinstance(loaded, type) and issubclass(loaded, Sink)):
        raise UnknownConnectorError(f"the sink {name!r} is {loaded!r}, not a class derived from Sink")
    return loaded


def _point(group: str, kind: str, name: str) -> EntryPoint:
    points = entry_points(group=group)
    # A package that is on the path twice (a checkout over an installed wheel) claims the name once.
    claims = {point.value: point for point in points if point.name == name}
    if not claims:
        names = ", ".join(sorted({point.name for point in points}))
        known = f"known: {names}" if names else "none is known: install relistwatch with pip"
        raise UnknownConnectorError(f"there is no {kind} {name!r}; {known}")
    if len(claims) > 1:
        places = " and ".join(sorted(claims))
        raise UnknownConnectorError(
            f"the {kind} {name!r} is claimed by {places}; uninstall one of the packages"
        )
    return next(iter(claims.values()))


def _load(point: EntryPoint) -> object:
    try:
        loaded: object = point.load()
    except (ImportError, AttributeError) as error:
        raise UnknownConnectorError(f"{point.name!r} ({point.value}) cannot be loaded: {error}") from error
    return loaded
