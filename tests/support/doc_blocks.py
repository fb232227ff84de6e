"""The fenced blocks and the commands of the documentation, each with its place and what the page says of running it.

A comment says of a block that it is not run, or which test runs it: directly above a fence of that block, elsewhere of
all blocks of the page.

    <!-- not run: it takes a machine with Docker -->
    <!-- run by: tests/docs/test_connectors_doc.py -->
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(
    r"(?P<note><!-- (?:not run|run by): [^\n]* -->\n\n?)?"
    r"^(?P<indent> *)(?P<mark>```+)(?P<language>[^\s`]*)(?: title=\"(?P<title>[^\"\n]+)\")?[ ]*\n(?P<text>.*?)^ *(?P=mark)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
NOTE = re.compile(r"<!-- (?P<kind>not run|run by): (?P<said>.+?) -->")
SPAN = re.compile(r"(?<!`)`(?P<text>relistwatch [^`\n]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced block. `title`: the file that it is, or a part of, where it has one. `kind` and `said`: what the page
    says of running it, both empty where it says nothing."""

    page: Path
    line: int
    language: str
    title: str
    text: str
    kind: str
    said: str

    @property
    def place(self) -> str:
        """Where it is, for a person."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """README and everything else that people are given to read."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")]
    return sorted(found)


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in its order."""
    text = page.read_text(encoding="utf-8")
    whole = NOTE.search(FENCE.sub("", text))
    found = []
    for each in FENCE.finditer(text):
        note = NOTE.search(each["note"] or "") or whole
        indent = len(each["indent"])
        lines = [
            line[min(indent, len(line) - len(line.lstrip(" "))) :]
            for line in each["text"].splitlines(keepends=True)
        ]
        found.append(
            Block(
                page=page,
                line=text.count("\n", 0, each.start("mark")) + 1,
                language=each["language"],
                title=each["title"] or "",
                text="".join(lines),
                kind=note["kind"] if note else "",
                said=note["said"] if note else "",
            )
        )
    return found


def spans(page: Path) -> Iterator[tuple[int, str]]:
    """The commands in running text, with their lines."""
    text = page.read_text(encoding="utf-8")
    prose = FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    for each in SPAN.finditer(prose):
        yield prose.count("\n", 0, each.start()) + 1, each["text"]
