"""The architecture as an SVG: parts and topics on a grid of three columns, arrows between their edges.

It has a ground of its own and follows the reader's system, so that it can be read wherever it is shown. The topics are
those of the code: a name that is none raises.
"""

from dataclasses import dataclass
from html import escape
from itertools import pairwise

from streams.topics import ALL_TOPICS

COLUMNS, WIDTH = (24, 300, 576), 220
ROW, HEIGHT = 74, 46
STYLE = """
  svg { --ground: #ffffff; --ink: #16211f; --line: #55635f; --part: #dceeeb; --edge: #0f5e5a; --topic: #fbefd5;
        --rim: #8a5a00; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #18201f; --ink: #e8efec; --line: #a3b3ae; --part: #17403c; --edge: #5cc9be; --topic: #3d2f10;
          --rim: #f3c262; }
  }
  text { font: 14px system-ui, "Segoe UI", "Noto Sans", sans-serif; fill: var(--ink); text-anchor: middle; }
  .small { font-size: 12px; } .code { font-family: ui-monospace, Menlo, "DejaVu Sans Mono", monospace; font-size: 13px; }
  .part { fill: var(--part); stroke: var(--edge); } .topic { fill: var(--topic); stroke: var(--rim); }
  .outside { fill: none; stroke: var(--line); stroke-dasharray: 4 3; }
  .arrow { fill: none; stroke: var(--line); stroke-width: 1.6; marker-end: url(#head); }
"""


@dataclass(frozen=True)
class Box:
    """A part of the system, a topic, or something outside, in a column and a row."""

    kind: str
    column: int
    row: float
    name: str
    more: str = ""

    @property
    def left(self) -> float:
        return COLUMNS[self.column]

    @property
    def top(self) -> float:
        return 20 + ROW * self.row

    def at(self, side: str, share: float = 0.5) -> tuple[float, float]:
        """A point on an edge, so far along it."""
        return {
            "left": (self.left, self.top + HEIGHT * share),
            "right": (self.left + WIDTH, self.top + HEIGHT * share),
            "top": (self.left + WIDTH * share, self.top),
            "bottom": (self.left + WIDTH * share, self.top + HEIGHT),
        }[side]

    def drawn(self) -> str:
        """The box with its words."""
        if self.kind == "topic" and self.name not in {spec.name for spec in ALL_TOPICS}:
            raise ValueError(f"{self.name} is no topic")
        middle = self.left + WIDTH / 2
        style = "code" if self.kind == "topic" else ""
        height = self.top + HEIGHT / 2 + (-2 if self.more else 5)
        words = [f'<text class="{style}" x="{middle:g}" y="{height:g}">{escape(self.name)}</text>']
        if self.more:
            words.append(f'<text class="small" x="{middle:g}" y="{height + 16:g}">{escape(self.more)}</text>')
        radius = HEIGHT / 2 if self.kind == "topic" else 8
        return (
            f'<rect class="{self.kind}" x="{self.left:g}" y="{self.top:g}" width="{WIDTH}" height="{HEIGHT}" '
            f'rx="{radius:g}"/>' + "".join(words)
        )


def arrow(*points: tuple[float, float]) -> str:
    """A line through these points, with a head at its end."""
    return f'<path class="arrow" d="M{" L".join(f"{x:g} {y:g}" for x, y in points)}"/>'


def architecture() -> str:
    """The drawing."""
    sources = Box("outside", 0, 0, "Marketplaces", "files, APIs, webhooks")
    connect = Box("part", 0, 1, "Connectors", "relistwatch connect")
    listings = Box("topic", 0, 2, "listings")
    reader = Box("part", 0, 3, "Worker: fingerprint", "photos in processes apart")
    prints = Box("topic", 0, 4, "fingerprints")
    back = Box("part", 0, 6, "Look back", "relistwatch lookback")
    verdicts = Box("topic", 0, 7, "verdicts")
    store = Box("outside", 1, 2, "Photo store", "folder or bucket, by SHA-256")
    dead = Box("topic", 1, 3, "dead-letters")
    match = Box("part", 1, 6, "Worker: match", "all takedowns in memory")
    alerts = Box("topic", 1, 7, "alerts")
    console = Box("part", 1, 8, "Console", "relistwatch dashboard")
    lists = Box("outside", 2, 0, "An authority's list of links")
    bring = Box("part", 2, 1, "Import", "console, or takedowns import")
    requests = Box("topic", 2, 2, "takedown-requests")
    resolve = Box("part", 2, 3, "Resolver", "relistwatch takedowns resolve")
    takedowns = Box("topic", 2, 4, "takedowns")
    second = Box("part", 2, 5, "Worker: fingerprint")
    known = Box("topic", 2, 6, "takedown-fingerprints")
    links = Box("topic", 2, 7, "seller-links")
    yours = Box("outside", 2, 8, "Your program", "or a webhook, or a file")
    boxes = [
        sources, connect, listings, reader, prints, back, verdicts, store, dead, match, alerts, console, lists, bring,
        requests, resolve, takedowns, second, known, links, yours,
    ]  # fmt: skip
    chains = [(sources, connect, listings, reader, prints, back), (lists, bring, requests, resolve, takedowns, second, known),
              (match, alerts, console)]  # fmt: skip
    lines = [arrow(a.at("bottom"), b.at("top")) for chain in chains for a, b in pairwise(chain)]
    over = match.top - 18
    lines += [
        arrow(reader.at("right"), dead.at("left")),
        arrow(reader.at("right", 0.2), (272, reader.at("right", 0.2)[1]), (272, store.at("left")[1]), store.at("left")),
        arrow(prints.at("right"), (match.at("top")[0], prints.at("right")[1]), match.at("top")),
        arrow(known.at("left"), match.at("right")),
        arrow(known.at("left", 0.25), (548, known.at("left", 0.25)[1]), (548, over), (back.at("top", 0.8)[0], over),
              back.at("top", 0.8)),
        arrow(back.at("right", 0.3), (282, back.at("right", 0.3)[1]), (282, alerts.at("left")[1]), alerts.at("left")),
        arrow(match.at("bottom", 0.9), (match.at("bottom", 0.9)[0], over + 80), (links.at("top")[0], over + 80),
              links.at("top")),
        arrow(alerts.at("right"), (548, alerts.at("right")[1]), (548, yours.at("left")[1]), yours.at("left")),
        arrow(console.at("left"), (verdicts.at("bottom")[0], console.at("left")[1]), verdicts.at("bottom")),
        arrow(verdicts.at("right"), (264, verdicts.at("right")[1]), (264, match.at("left", 0.75)[1]),
              match.at("left", 0.75)),
    ]  # fmt: skip
    width, height = COLUMNS[-1] + WIDTH + 24, 20 + ROW * 9
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            "<title>relistwatch: parts, topics on Kafka, and the way of a listing and of a takedown</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="var(--line)"/></marker></defs>',
            f'<rect width="{width}" height="{height}" rx="12" fill="var(--ground)"/>',
            *lines,
            *(box.drawn() for box in boxes),
            "</svg>",
            "",
        ]
    )
