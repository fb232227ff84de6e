"""`relistwatch capacity`: how much machine a load needs."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.context import EXIT_USAGE, fail


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("capacity")(capacity)


def capacity(
    listings_per_day: Annotated[
        float | None, typer.Option(help="Events on `listings`, new ones and updates.")
    ] = None,
    photos: Annotated[float, typer.Option(help="Photos a listing, on average.")] = 2.0,
    takedowns: Annotated[float, typer.Option(help="Takedowns in force.")] = 100_000.0,
    takedowns_per_day: Annotated[float, typer.Option(help="Takedowns that come anew.")] = 1_000.0,
    takedown_photos: Annotated[float, typer.Option(help="Photos a takedown, on average.")] = 2.0,
    peak: Annotated[float, typer.Option(help="The busiest hour's listings over a mean hour's.")] = 3.0,
    updates: Annotated[float, typer.Option(help="Share of the listings that were seen before.")] = 0.3,
    photo_kb: Annotated[float, typer.Option(help="Kilobytes of a photo.")] = 90.0,
    inline: Annotated[float, typer.Option(help="Share of the photos that stand in the event.")] = 0.0,
    seen_photos: Annotated[float, typer.Option(help="Share of the photos that the store has already.")] = 0.3,
    alerts: Annotated[float, typer.Option(help="Share of the listings that alert.")] = 0.005,
    listings_days: Annotated[float, typer.Option(help="Days that `listings` keeps.")] = 7.0,
    fingerprints_days: Annotated[float, typer.Option(help="Days that `fingerprints` keeps.")] = 30.0,
    lookback_days: Annotated[float, typer.Option(help="As lookback.days.")] = 30.0,
    photo_days: Annotated[float, typer.Option(help="As photo_store.retention_days.")] = 90.0,
    lookback_minutes: Annotated[float, typer.Option(help="Longest pass of the look back.")] = 60.0,
    replication: Annotated[int, typer.Option(help="Replicas on Kafka.")] = 3,
    cores: Annotated[int, typer.Option(help="Cores of a machine.")] = 16,
    ram_gb: Annotated[float, typer.Option(help="RAM of a machine.")] = 64.0,
    disk_gb: Annotated[float, typer.Option(help="Disk of a broker.")] = 8000.0,
    network_gbit: Annotated[float, typer.Option(help="Network of a broker.")] = 10.0,
    utilisation: Annotated[float, typer.Option(help="Share of a machine that is used at the peak.")] = 0.6,
    shards: Annotated[int | None, typer.Option(help="Shards of the takedowns; without, by the RAM.")] = None,
    measured: Annotated[
        Path | None, typer.Option(help="What `python -m streams.capacity.measure --out FILE` wrote here.")
    ] = None,
    errors: Annotated[
        bool,
        typer.Option("--errors", help="The laws, and how well they predict what they were not fitted to."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Say which workers, shards, brokers, RAM, disk and network a load needs, and what breaks first.

    By figures that were measured (docs/capacity.md); each with the range in which it may lie, and a word where a
    figure is extrapolated. Nothing is asked of Kafka. Exit code 2: wrong option or file.

    Example: `relistwatch capacity --listings-per-day 10000000 --photos 2 --takedowns 10000000`
    """
    import msgspec  # noqa: PLC0415

    from streams.capacity.costs import Costs  # noqa: PLC0415
    from streams.capacity.errors import error_table  # noqa: PLC0415
    from streams.capacity.load import Load, Machine  # noqa: PLC0415
    from streams.capacity.plan import plan  # noqa: PLC0415
    from streams.capacity.series import MeasuredError, read_measured  # noqa: PLC0415
    from streams.capacity.words import as_values, table  # noqa: PLC0415

    try:
        costs = Costs(read_measured(measured))
    except MeasuredError as error:
        fail(str(error), EXIT_USAGE)
    if errors:
        typer.echo(error_table(costs))
        return
    if listings_per_day is None:
        fail("--listings-per-day is missing", EXIT_USAGE)
    load = Load(
        listings_per_day=listings_per_day,
        photos=photos,
        takedowns=takedowns,
        takedowns_per_day=takedowns_per_day,
        takedown_photos=takedown_photos,
        peak=peak,
        updates=updates,
        photo_bytes=photo_kb * 1000,
        inline=inline,
        seen_photos=seen_photos,
        alerts=alerts,
        listings_days=listings_days,
        fingerprints_days=fingerprints_days,
        lookback_days=lookback_days,
        photo_days=photo_days,
        replication=replication,
        lookback_minutes=lookback_minutes,
    )
    machine = Machine(
        cores=cores, ram_gb=ram_gb, disk_gb=disk_gb, network_gbit=network_gbit, utilisation=utilisation
    )
    try:
        found = plan(load, machine, costs, shards)
    except ValueError as error:
        fail(str(error), EXIT_USAGE)
    if as_json:
        typer.echo(msgspec.json.encode(as_values(found, costs)))
    else:
        typer.echo(table(found, costs))
