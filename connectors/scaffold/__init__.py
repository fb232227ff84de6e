"""A new connector's package, made from templates: it works as it is, against an invented marketplace.

What it makes is everything a connector has: a source, a recording of its answers, the conformance test in one line,
and a README. An author changes it piece by piece and always has something that runs.
"""

import keyword
import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from connectors.errors import AbortError

FILES = {
    "pyproject.toml.j2": "pyproject.toml",
    "README.md.j2": "README.md",
    "init.py.j2": "src/{module}/__init__.py",
    "source.py.j2": "src/{module}/source.py",
    "recorded.jsonl.j2": "src/{module}/{name}.recorded.jsonl",
    "test_source.py.j2": "tests/test_source.py",
}
"""Each template, and where what it makes stands in the package's folder."""
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 40


class ScaffoldError(AbortError):
    """The package cannot be made; the message says why. Nothing was written."""


def make_package(name: str, folder: Path) -> tuple[Path, list[Path]]:
    """Make `relistwatch-NAME` in the folder: its path and its files in order. Overwrites nothing.

    Raises:
        ScaffoldError: the name is none, or something is there already, or it cannot be written.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or keyword.iskeyword(name):
        raise ScaffoldError(
            f"{name[:60]!r} is no name for a connector: lower-case letters and digits in words joined by dashes, "
            f"at most {LONGEST_NAME}, such as pasar-uji"
        )
    words = {
        "name": name,
        "module": f"relistwatch_{name.replace('-', '_')}",
        "title": "".join(part.capitalize() for part in name.split("-")),
        "words": " ".join(part.capitalize() for part in name.split("-")),
        "environment": name.replace("-", "_").upper(),
    }
    templates = Environment(
        loader=PackageLoader("connectors.scaffold", "files"),
        autoescape=False,  # noqa: S701  it writes Python and TOML, and the name is checked above
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    made = folder / f"relistwatch-{name}"
    contents = {
        made / target.format(**words): templates.get_template(template).render(words)
        for template, target in FILES.items()
    }
    try:
        # Made anew, never filled up: half of another package in it would be neither.
        made.mkdir(parents=True, exist_ok=False)
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except FileExistsError as error:
        raise ScaffoldError(f"{error.filename} is there already, and nothing is overwritten") from None
    except OSError as error:
        raise ScaffoldError(f"cannot write {error.filename}: {error.strerror}") from None
    return made, list(contents)
