"""Command lines and settings of deploy/, read by the real command line and the real loader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import typer

from streams.cli import build_app
from streams.settings import CONFIG_FILE_VARIABLE, ENV_PREFIX, VALUE_FILE_SUFFIX, Settings, load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SAMPLES = {"DATABASE": "postgresql://console:sample@database/console"}
"""What stands in a value's file, by the end of the setting's name."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process as a file of deploy/ starts it. `configs`: settings files by their path in the container."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    configs: Mapping[str, str] = field(default_factory=dict)

    def settings(self, folder: Path) -> Settings:
        """As the process would load them; `folder` is empty, for what stands in files there."""
        environment = {name: value for name, value in self.environment.items() if name.startswith(ENV_PREFIX)}
        for number, (name, value) in enumerate(sorted(environment.items())):
            held = folder / f"{self.name}-{number}".replace("/", "-")
            if name == CONFIG_FILE_VARIABLE:
                held.write_text(self.configs[value], encoding="utf-8")
            elif name.endswith(VALUE_FILE_SUFFIX):
                bare = name.removesuffix(VALUE_FILE_SUFFIX)
                held.write_text(next((text for end, text in SAMPLES.items() if bare.endswith(end)), "sample"))
            else:
                continue
            environment[name] = str(held)
        return load_settings(environ=environment)

    def parsed(self) -> tuple[str, dict[str, Any]]:
        """The command and its parameters."""
        return parsed(self.arguments)


@cache
def whole_command() -> Any:
    """`relistwatch` with all its commands."""
    return typer.main.get_command(build_app())


def parsed(arguments: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """What `relistwatch` makes of these arguments: the command's words, and its parameters. What is wrong raises."""
    command = whole_command()
    context = command.make_context("relistwatch", list(arguments))
    path: list[str] = []
    while rest := [*getattr(context, "_protected_args", ()), *context.args]:
        if not hasattr(command, "resolve_command"):
            raise AssertionError(f"{arguments}: {rest} are too many")
        name, command, rest = command.resolve_command(context, rest)
        path.append(name)
        context = command.make_context(name, rest, parent=context)
    return " ".join(path), context.params


def port_of(part: Part, settings: Settings) -> int | None:
    """Where the part answers health, or, where it has none, its metrics."""
    command, params = part.parsed()
    if command == "dashboard":
        return int(params["port"] or settings.dashboard.port)
    if command == "connect":
        return params["metrics_port"]
    return params.get("port") or (settings.web.port if command in {"worker", "lookback"} else None)
