"""`relistwatch simulate`: a marketplace's Open API on this machine, to try connectors on."""

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.context import EXIT_UNAVAILABLE, EXIT_USAGE, fail

if TYPE_CHECKING:
    from connectors.sample.plan import Plan
    from connectors.simulator.simulator import Simulator
    from connectors.simulator.world import World


class Kind(StrEnum):
    """The APIs there are. Tokopedia's shops are read through TikTok Shop's."""

    SHOPEE = "shopee"
    LAZADA = "lazada"
    TIKTOK = "tiktok"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    kind: Annotated[Kind, typer.Argument(help="Which marketplace's API.")],
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0 takes a free one.")] = 0,
    seed: Annotated[
        int, typer.Option(help="The same seed: the same shops, listings, photos and faults.")
    ] = 1,
    listings: Annotated[
        int, typer.Option(min=1, help="Honest listings in the world, over all four marketplaces.")
    ] = 500,
    shops: Annotated[int, typer.Option(min=4, help="Shops, on the four marketplaces in turn.")] = 4,
    pace_seconds: Annotated[float, typer.Option(help="Usual time between two listings.")] = 1.0,
    began_minutes_ago: Annotated[
        float | None,
        typer.Option(help="When the story began; 0: it plays from now on. Default: all of it has happened."),
    ] = None,
    endless: Annotated[
        int | None,
        typer.Option(min=1, help="Instead of a story: so many listings without photos, made when asked for."),
    ] = None,
    requests_per_second: Annotated[
        float | None, typer.Option(help="More are refused in the marketplace's words. Default: no limit.")
    ] = None,
    faults: Annotated[float, typer.Option(min=0, max=1, help="The share of requests that fail.")] = 0.0,
    hostile: Annotated[
        list[str] | None, typer.Option(help="A fault that every answer has, such as endless; repeatable.")
    ] = None,
    token_minutes: Annotated[float, typer.Option(help="How long an access token is good.")] = 240.0,
    push_url: Annotated[str | None, typer.Option(help="Where signed pushes go.")] = None,
    push_attempts: Annotated[int, typer.Option(min=1, help="Tries of a push until a 2xx comes.")] = 3,
    push_duplicates: Annotated[
        float, typer.Option(min=0, max=1, help="The share of pushes sent twice.")
    ] = 0.0,
    write_options: Annotated[
        Path | None, typer.Option(help="A folder for the connector's options: one TOML file a shop.")
    ] = None,
    write_takedowns: Annotated[
        Path | None,
        typer.Option(help="A JSON-lines file for the takedowns that the story's relists come from."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="What a connector needs as one line of JSON.")
    ] = False,
) -> None:
    """Answer as a marketplace's Open API does, with signatures, pages, limits, tokens, faults and photos.

    The story has takedowns whose listings come back on another marketplace: simulate several with one seed. The
    keys and tokens printed open nothing else. It runs until Ctrl-C or SIGTERM, and then says what it has done on
    stderr. Exit code 2: an option is wrong; 3: the port is taken.

    Example: `relistwatch simulate shopee --port 8601 --seed 1 --faults 0.02 --requests-per-second 50`
    """
    from connectors.sample.listing_ids import REAL_MARKETPLACES  # noqa: PLC0415
    from connectors.sample.plan import make_plan  # noqa: PLC0415
    from connectors.simulator.endless import EndlessWorld  # noqa: PLC0415
    from connectors.simulator.faults import Faults  # noqa: PLC0415
    from connectors.simulator.pusher import PushOptions  # noqa: PLC0415
    from connectors.simulator.simulator import Simulator  # noqa: PLC0415
    from connectors.simulator.world import World  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415

    pace = timedelta(seconds=pace_seconds)
    start = _start(began_minutes_ago, pace * (endless or 2 * listings) + timedelta(minutes=2))
    world = World()
    plan: Plan | None = None
    try:
        going_wrong = Faults(seed, faults)
        for how in hostile or ():
            going_wrong.always(how)
        simulator = Simulator(
            kind.value,
            EndlessWorld(seed, endless, start=start, pace=pace) if endless else world,
            seed=seed,
            port=port,
            requests_per_second=requests_per_second,
            faults=going_wrong,
            token_minutes=token_minutes,
            push=PushOptions(push_url, push_attempts, duplicates=push_duplicates) if push_url else None,
        )
        if not endless:
            plan = make_plan(
                seed,
                listings=listings,
                takedowns=max(1, listings // 10),
                relists=max(1, listings // 10),
                lookalikes=listings // 10,
                updates=listings // 20,
                removals=listings // 40,
                sellers=shops,
                marketplaces=REAL_MARKETPLACES,
                photo_base=f"{simulator.base_url}/photos",
                start=start,
                pace=pace,
            )
    except ValueError as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        fail(f"--port {port}: {error.strerror}", EXIT_UNAVAILABLE)
    with stop_on_signals() as stop, simulator:
        if plan is not None:
            _play(world, plan, write_takedowns)
        _show(simulator, write_options, as_json=as_json)
        stop.wait()
    _count(simulator)


def _start(began_minutes_ago: float | None, whole: timedelta) -> datetime:
    ago = whole if began_minutes_ago is None else timedelta(minutes=began_minutes_ago)
    return datetime.now(UTC) - ago


def _play(world: "World", plan: "Plan", takedowns: Path | None) -> None:
    import msgspec  # noqa: PLC0415

    world.play(plan)
    if takedowns is not None:
        lines = b"".join(msgspec.json.encode(takedown) + b"\n" for takedown in plan.takedowns)
        try:
            takedowns.write_bytes(lines)
        except OSError as error:
            fail(f"--write-takedowns {takedowns}: {error.strerror}", EXIT_USAGE)


def _show(simulator: "Simulator", folder: Path | None, *, as_json: bool) -> None:
    """What a connector needs of each shop."""
    shown: list[dict[str, Any]] = []
    for shop in simulator.shops:
        options = simulator.credentials_for(shop).options(simulator.base_url)
        shown.append(
            {"shop": shop, "options": options, "connect": _connect(simulator.kind, shop, options, folder)}
        )
    if as_json:
        typer.echo(json.dumps({"kind": simulator.kind, "base_url": simulator.base_url, "shops": shown}))
        return
    typer.echo(f"{simulator.kind} at {simulator.base_url}; Ctrl-C ends it")
    for one in shown:
        typer.echo(f"\nshop {one['shop']}")
        for name, value in one["options"].items():
            typer.echo(f"  {name:14}{value if isinstance(value, str) else ' '.join(value)}")
        typer.echo(one["connect"])


def _connect(kind: str, shop: str, options: dict[str, str | list[str]], folder: Path | None) -> str:
    """The command that reads this shop; its options on the line, or in a file where there is a folder for it."""
    start = f"relistwatch connect {kind} --instance {kind}-{shop}"
    if folder is None:
        return " ".join(
            [
                start,
                *(f"--option {name}={value}" for name, value in options.items() if isinstance(value, str)),
            ]
        )
    path = folder / f"{kind}-{shop}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A JSON text or list of texts is a TOML one too.
        path.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items()), "utf-8"
        )
    except OSError as error:
        fail(f"--write-options {folder}: {error.strerror}", EXIT_USAGE)
    return f"{start} --options-file {path}"


def _count(simulator: "Simulator") -> None:
    stats = simulator.stats
    done = ", ".join(f"{count} {name}" for name, count in sorted(stats.requests.items())) or "none"
    met = ", ".join(f"{count} {name}" for name, count in sorted(simulator.faults.met.items())) or "none"
    pushes = ", ".join(f"{count} {name}" for name, count in sorted(stats.pushes.items())) or "none"
    typer.echo(
        f"requests: {done}; throttled {stats.throttled}, refused {stats.refused}; faults: {met}; "
        f"listings given {stats.records}, photos {stats.photos}; pushes: {pushes}",
        err=True,
    )
