"""`relistwatch refingerprint`: another generation's fingerprints, made anew in this program's version."""

from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from streams.generations.refingerprint import Renewed
    from streams.kafka_clients.record_reader import Progress
    from streams.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("refingerprint")(refingerprint)


def refingerprint(
    context: typer.Context,
    old: Annotated[int, typer.Option("--from", min=1, help="The generation that is there.")] = 1,
    days: Annotated[
        float | None, typer.Option(min=0, help="Listings of so many days [default: lookback.days].")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is to do.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Make a generation's fingerprints anew for the generation of `topics.generation`, whose workers start afterwards.

    All takedowns, and the listings of the last days. Photos are read from the photo store; what it does not have, from
    the listing's own record if that is still there. The old generation works on meanwhile. An ended run goes on where
    it was. At the end this generation's group gets its place: behind what the old one had finished when this began.

    The new generation is what the settings say: RELISTWATCH_TOPICS__GENERATION=2, or `generation` in their file.

    Exit code 1 when the generation has begun already, 2 for a wrong option, 3 when no broker answers.

    Example: `relistwatch refingerprint --from 1 --dry-run`
    """
    import asyncio  # noqa: PLC0415
    import json  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from streams.generations.refingerprint import survey  # noqa: PLC0415
    from streams.generations.start import GenerationError  # noqa: PLC0415
    from streams.kafka_clients.group_places import PlacesRefusedError  # noqa: PLC0415
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.photos.store import StoreError  # noqa: PLC0415

    new = settings_of(context)
    if old == new.topics.generation:
        fail(f"--from {old} is this generation itself: set topics.generation to another number", EXIT_USAGE)
    before = msgspec.structs.replace(new, topics=msgspec.structs.replace(new.topics, generation=old))
    days = new.lookback.days if days is None else days
    try:
        with broker_errors(), reading_progress() as progress:
            if dry_run:
                found = survey(before, days, progress)
                typer.echo(json.dumps(msgspec.to_builtins(found)) if as_json else "\n".join(found.lines()))
                return
            done = asyncio.run(_run(before, new, days, progress))
    except StoreError as error:
        fail(str(error), EXIT_USAGE)
    except (GenerationError, PlacesRefusedError) as error:
        fail(str(error), EXIT_FAILED)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    typer.echo(json.dumps(msgspec.to_builtins(done)) if as_json else "\n".join(done.lines()))
    if not as_json:
        typer.echo(f"generation {new.topics.generation} begins here: start its workers")


async def _run(before: "Settings", new: "Settings", days: float, progress: "Progress") -> "Renewed":
    from streams.generations.refingerprint import Refingerprint  # noqa: PLC0415
    from streams.kafka_clients.outbox import Outbox  # noqa: PLC0415
    from streams.metrics.metrics import Metrics  # noqa: PLC0415
    from streams.worker.parts import photo_parts  # noqa: PLC0415

    metrics = Metrics()
    photos, fetcher, keeper, pool = photo_parts(new, metrics)
    outbox = Outbox(new, metrics)
    async with fetcher, keeper, pool:
        await outbox.start()
        try:
            return await Refingerprint(before, new, outbox, photos, days=days, progress=progress).run()
        finally:
            await outbox.stop()
