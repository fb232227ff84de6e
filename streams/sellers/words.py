"""What links two accounts, in words for a person. All text from outside is made safe to print."""

from collections.abc import Iterator

from msgspec import UNSET

from connectors.seller_links import LinkedSeller, SellerLink
from streams.sellers.edges import Edge, Why
from streams.sellers.graph import Group, Step, Walk
from streams.words.photos import points_agree
from streams.words.safe_text import safe_text

TEXT_SHOWN = 100
"""Characters of an id or a contact."""
ALSO_SHOWN = 5
"""Further edges of one account."""


def link_words(link: SellerLink) -> str:
    """What speaks for the link."""
    if link.value is not UNSET:
        return f"{link.contact} {_safe(link.value)}"
    points = "by hash" if link.inliers is UNSET else points_agree(link.inliers)
    if link.reason == "same photos":
        return f"{_counted(round(link.strength), 'photo')}, the surest {points}"
    return points


def why_words(why: Why) -> str:
    """The reason, what speaks for it and how strong it is, what showed it and when."""
    link = why.link
    strength = f"strength {why.strength:.3g}" + ("" if why.joins else f", weak: joins from {why.least:.3g}")
    shown = " and ".join(map(listing_words, link.sellers))
    return (
        f"{link.reason}, {link_words(link)} ({strength}): {shown}, takedown {_safe(link.takedown_id)},"
        f" seen {link.seen_at:%Y-%m-%d %H:%M:%S%z}"
    )


def listing_words(seller: LinkedSeller) -> str:
    """The listing that spoke, and its photo where one did."""
    photo = "" if seller.image is None else f"photo {seller.image + 1} of "
    return f"{photo}{_safe(seller.listing_id)}"


def walk_lines(walk: Walk) -> Iterator[str]:
    """The walk as a tree, and what was left out."""
    children: dict[str | None, list[Step]] = {}
    for step in walk.steps:
        children.setdefault(step.parent, []).append(step)
    # A stack, not recursion: the walk may be as deep as it is long.
    waiting = [(step, "", "", "") for step in children[None]]
    while waiting:
        step, first, rest, mark = waiting.pop()
        yield f"{first}{mark}{_safe(step.account)}{_standing(step, walk)}"
        below = children.get(step.account, [])
        inner = rest + ("│     " if below else "      ")
        if step.edge is not None:
            yield from (f"{inner}{why_words(why)}" for why in step.edge.whys)
        yield from (f"{inner}{line}" for line in _also(step))
        for place, child in enumerate(reversed(below)):
            last = place == 0
            waiting.append((child, rest, rest + ("   " if last else "│  "), "└─ " if last else "├─ "))
    yield from left_out_lines(walk)


def left_out_lines(walk: Walk) -> Iterator[str]:
    """What of the group and around it is not shown, and how to see it."""
    if walk.more:
        yield f"left out: {_counted(walk.more, 'account')} of the group, more than --most"
    if walk.deeper:
        yield f"left out: {_counted(walk.deeper, 'account')} of the group, deeper than --depth"
    if walk.weak:
        yield f"left out: {_counted(walk.weak, 'account')} linked weakly, for --most or --depth"


def group_line(group: Group) -> str:
    """The group in one line; its first account stands for it."""
    places = ", ".join(f"{_safe(name)} {count}" for name, count in group.marketplaces.items())
    reasons = ", ".join(f"{name} {count}" for name, count in group.reasons.items())
    weak = f", weakly linked with {group.weak} more" if group.weak else ""
    return (
        f"{len(group.accounts)} accounts  {_safe(group.accounts[0])}  on {places}"
        f"  joined by {reasons}{weak}  last seen {group.newest:%Y-%m-%d}"
    )


def _standing(step: Step, walk: Walk) -> str:
    if step.edge is None:
        return f"  (group of {_counted(walk.group, 'account')})"
    return "" if step.edge.joins else "  (linked weakly, not followed)"


def _also(step: Step) -> Iterator[str]:
    for edge in step.also[:ALSO_SHOWN]:
        reasons = ", ".join(_short(why) for why in edge.whys)
        yield f"also linked to {_safe(edge.other(step.account))}: {reasons}"
    if len(step.also) > ALSO_SHOWN:
        yield f"also linked to {len(step.also) - ALSO_SHOWN} more of these"


def _short(why: Why) -> str:
    return f"{why.link.reason} {why.strength:.3g}{'' if why.joins else ' (weak)'}"


def edge_label(edge: Edge) -> str:
    """The reasons and strengths in a few words, safe to print."""
    return ", ".join(map(_short, edge.whys))


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _safe(text: str) -> str:
    return safe_text(text, TEXT_SHOWN)
