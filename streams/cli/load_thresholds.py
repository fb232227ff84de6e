"""The options that say what a load is held to, for each command that judges one."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgspec
import typer

from streams.load.thresholds import Thresholds

OPTIONS = {
    "p50_ms": typer.Option(help="Most at the median, from due to alert."),
    "p95_ms": typer.Option(help="Most for 95 of 100."),
    "p99_ms": typer.Option(help="Most for 99 of 100."),
    "max_ms": typer.Option(help="Most for any."),
    "recall": typer.Option(min=0, max=1, help="Least share of the planted relists with an alert."),
    "missing": typer.Option(min=0, help="Most listings without fingerprint or dead letter."),
    "achieved": typer.Option(min=0, max=1, help="Least share of the offered rate that Kafka takes."),
    "false_alerts": typer.Option(min=0, help="Most alerts for honest listings."),
    "dead_letters": typer.Option(min=0, help="Most dead letters."),
    "late_ms": typer.Option(min=0, help="Most that 99 of 100 listings leave late; else the run is invalid."),
}
"""By the threshold's name, which the option has too."""


def with_thresholds(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with an option for each threshold in the place of its parameter `thresholds`."""

    @functools.wraps(command)
    def called(**given: Any) -> None:
        thresholds = Thresholds(**{name: given.pop(name) for name in OPTIONS})
        command(**given, thresholds=thresholds)

    parameters = list(_parameters(command))
    # Both are what Typer reads options from.
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _parameters(command: Callable[..., None]) -> Iterator[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    for own in inspect.signature(command).parameters.values():
        if own.name != "thresholds":
            yield own.replace(kind=kind)
            continue
        for each in msgspec.structs.fields(Thresholds):
            yield inspect.Parameter(
                each.name, kind, default=each.default, annotation=Annotated[each.type, OPTIONS[each.name]]
            )
