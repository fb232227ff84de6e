"""`relistwatch sellers`: which accounts seem to be one seller, and why."""

import json
import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail
from streams.cli.links_input import read_links
from streams.cli.tail import safe

if TYPE_CHECKING:
    from streams.sellers.edges import Edge, Reason
    from streams.sellers.graph import Group, SellerGraph, Walk

MEANT_SHOWN = 20
"""Accounts that a bare seller id may mean."""
MEMBERS_SHOWN = 1000
"""Accounts of a group in JSON."""


class ReasonName(StrEnum):
    """A reason as it is typed."""

    BACKDROP = "backdrop"
    PHOTOS = "photos"
    CONTACT = "contact"

    @property
    def reason(self) -> "Reason":
        """As the links name it."""
        reasons: dict[ReasonName, Reason] = {
            ReasonName.BACKDROP: "same backdrop",
            ReasonName.PHOTOS: "same photos",
            ReasonName.CONTACT: "same contact",
        }
        return reasons[self]


From = Annotated[
    Path | None,
    typer.Option("--from", help="Links as `scan --seller-links` writes them, - for stdin [default: Kafka]."),
]
Reasons = Annotated[
    list[ReasonName] | None, typer.Option("--reason", help="Only links of this reason; may be repeated.")
]
Least = Annotated[
    list[str] | None,
    typer.Option(
        "--least",
        help="REASON=STRENGTH from which a link joins accounts to a group; may be repeated. backdrop: points"
        " that agree [16]. photos: different photos both show [2]. contact: 1 over the accounts that tell it"
        " [0.1]. Weaker links are shown, not followed.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Accounts that seem to be one seller's, as a graph.", no_args_is_help=True)
    group.command("show")(show)
    group.command("list")(list_groups)
    app.add_typer(group, name="sellers")


def show(
    context: typer.Context,
    account: Annotated[
        str, typer.Argument(metavar="ID", help="marketplace:seller_id, or a seller_id that only one has.")
    ],
    depth: Annotated[int, typer.Option(min=1, max=100, help="Links away from the account.")] = 2,
    most: Annotated[int, typer.Option(min=1, max=1000, help="Accounts shown.")] = 50,
    links: From = None,
    reason: Reasons = None,
    least: Least = None,
    as_json: AsJson = False,
    as_dot: Annotated[
        bool, typer.Option("--dot", help="A drawing for Graphviz, of 100 accounts at most.")
    ] = False,
) -> None:
    """Show the accounts that are linked with one account, and each link's reasons, as a tree.

    Exit code 1 when the account has no links.

    Example: `relistwatch sellers show shopee-id:308864651 --depth 3`
    """
    from streams.sellers.dot import MOST_DRAWN, dot_lines  # noqa: PLC0415
    from streams.sellers.words import walk_lines  # noqa: PLC0415

    if as_json and as_dot:
        fail("--json or --dot, not both", EXIT_USAGE)
    graph = _graph(context, links, reason, least)
    walk = graph.walk(_meant(graph, account), depth, most)
    if as_dot and len(walk.steps) > MOST_DRAWN:
        fail(f"{len(walk.steps)} accounts are too many to draw: --most {MOST_DRAWN}", EXIT_USAGE)
    if as_json:
        typer.echo(json.dumps(_walk_row(walk)))
        return
    for line in dot_lines(walk) if as_dot else walk_lines(walk):
        typer.echo(line)


def list_groups(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="The largest so many.")] = 50,
    links: From = None,
    reason: Reasons = None,
    least: Least = None,
    as_json: AsJson = False,
) -> None:
    """List the groups of accounts that seem to be one seller's, the largest first.

    Each with one of its accounts, which `sellers show` takes. With --json a line for each group.

    Example: `relistwatch sellers list --from seller-links.jsonl --least backdrop=20`
    """
    from streams.sellers.words import group_line  # noqa: PLC0415

    graph = _graph(context, links, reason, least)
    groups = graph.groups()
    for group in groups[:limit]:
        typer.echo(json.dumps(_group_row(group)) if as_json else group_line(group))
    if not as_json:
        loose = len(graph) - sum(len(group.accounts) for group in groups)
        typer.echo(
            f"{min(limit, len(groups))} of {len(groups)} groups; {loose} accounts have only weak links",
            err=True,
        )


def _graph(
    context: typer.Context, file: Path | None, reasons: list[ReasonName] | None, least: list[str] | None
) -> "SellerGraph":
    from streams.sellers.edges import edges_of  # noqa: PLC0415
    from streams.sellers.graph import SellerGraph  # noqa: PLC0415

    from_strength = _least(least or [])
    wanted = {name.reason for name in reasons or ReasonName}
    links = [link for link in read_links(context, file).links.values() if link.reason in wanted]
    return SellerGraph(edges_of(links, from_strength))


def _least(given: list[str]) -> "dict[Reason, float]":
    from streams.sellers.edges import LEAST  # noqa: PLC0415

    least = dict(LEAST)
    for text in given:
        name, _, number = text.partition("=")
        try:
            strength = float(number)
            reason = ReasonName(name.strip()).reason
        except ValueError:
            strength, reason = math.nan, "same photos"
        if not 0 <= strength < math.inf:
            names = ", ".join(f"{each.value}=NUMBER" for each in ReasonName)
            fail(f"--least {safe(text)}: it is one of {names}, not below 0", EXIT_USAGE)
        least[reason] = strength
    return least


def _meant(graph: "SellerGraph", account: str) -> str:
    """The one account that is meant; none or several end the command."""
    meant = graph.called(account)
    if not meant:
        fail(f"{safe(account)}: no links with other accounts", EXIT_FAILED)
    if len(meant) > 1:
        names = ", ".join(map(safe, meant[:MEANT_SHOWN]))
        more = f" and {len(meant) - MEANT_SHOWN} more" if len(meant) > MEANT_SHOWN else ""
        fail(f"{safe(account)} may be {names}{more}: say which", EXIT_USAGE)
    return meant[0]


def _walk_row(walk: "Walk") -> dict[str, Any]:
    edges = [edge for step in walk.steps for edge in (*((step.edge,) if step.edge else ()), *step.also)]
    return {
        "account": walk.steps[0].account,
        "group": walk.group,
        "accounts": [
            {
                "account": step.account,
                "depth": step.depth,
                "linked_to": step.parent,
                "joined": step.edge is None or step.edge.joins,
            }
            for step in walk.steps
        ],
        "links": [_edge_row(edge) for edge in edges],
        "left_out": {"more": walk.more, "deeper": walk.deeper, "weak": walk.weak},
    }


def _edge_row(edge: "Edge") -> dict[str, Any]:
    import msgspec  # noqa: PLC0415

    return {
        "accounts": edge.accounts,
        "joins": edge.joins,
        "reasons": [
            {"strength_here": why.strength, "joins_from": why.least, "joins": why.joins}
            | {"link": msgspec.to_builtins(why.link)}
            for why in edge.whys
        ],
    }


def _group_row(group: "Group") -> dict[str, Any]:
    return {
        "size": len(group.accounts),
        "accounts": group.accounts[:MEMBERS_SHOWN],
        "marketplaces": group.marketplaces,
        "reasons": group.reasons,
        "weakly_linked": group.weak,
        "newest": group.newest.isoformat(),
    }
