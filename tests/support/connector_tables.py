"""The tables of docs/connectors.md, made from the code."""

import importlib
import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct

from connectors.conformance import CHECKS
from connectors.conformance.kit import about
from connectors.option_docs import about_class, option_docs
from connectors.windows import WindowOptions

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "connectors.md"
MARKETPLACES = {"shopee", "lazada", "tiktok", "tokopedia"}


def checks() -> list[str]:
    """Each check of the conformance kit with what it demands."""
    return [
        "| check | demands |",
        "|---|---|",
        *(f"| `{name}` | {about(check)} |" for name, check in CHECKS.items()),
    ]


def built_in() -> list[str]:
    """The options of each source and sink of this project that is no marketplace."""
    lines = ["### Every source that asks by time", "", *options(WindowOptions), ""]
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    for group, kind in (("relistwatch.sources", "Source"), ("relistwatch.sinks", "Sink")):
        for name in sorted(points[group].keys() - MARKETPLACES):
            module, _, attribute = points[group][name].partition(":")
            connector = getattr(importlib.import_module(module), attribute)
            lines += [
                f"### {kind} `{name}`",
                "",
                about_class(connector),
                "",
                *options(connector.options_type),
                "",
            ]
    return lines[:-1]


def options(kind: type[Struct]) -> list[str]:
    """A table of the options; those of `WindowOptions` are told once."""
    known = () if kind is WindowOptions else {each.name for each in option_docs(WindowOptions)}
    by_time = issubclass(kind, WindowOptions) and kind is not WindowOptions
    rows = [each for each in option_docs(kind) if not (by_time and each.name in known)]
    tail = ["", "And those of every source that asks by time."] if by_time else []
    if not rows:
        return ["No options." if not by_time else "No others than those of every source that asks by time."]
    return [
        "| option | type | default | |",
        "|---|---|---|---|",
        *(
            f"| `{each.name}` | {_cell(each.type)} | {_default(each)} | {_cell(each.about)} |"
            for each in rows
        ),
        *tail,
    ]


def _default(option: Any) -> str:
    return "required" if option.required else f"`{option.default}`" if option.default is not None else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


TABLES = {"checks": checks, "built in": built_in}


def parts(name: str, text: str) -> tuple[str, str, str]:
    """The document before a table, the table, and what follows."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    table, _, after = rest.partition(end)
    return before + begin, table, end + after


def write() -> None:
    """Put the tables into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, made in TABLES.items():
        before, _, after = parts(name, text)
        text = before + "\n".join(made()) + "\n" + after
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
