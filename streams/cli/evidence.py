"""`relistwatch evidence`: packs for those who ask, the proof that one is unchanged, and what of the photos is kept."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of
from streams.cli.evidence_pack import counted, pack, row_of
from streams.cli.tail import safe


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Evidence packs, the proof that one is unchanged, and captured photos.", no_args_is_help=True
    )
    for command in (pack, verify, key, prune):
        group.command(command.__name__)(command)
    app.add_typer(group, name="evidence")


def verify(
    file: Annotated[Path, typer.Argument(help="The pack.")],
    public_key: Annotated[
        Path | None, typer.Option("--key", help="The maker's public key (PEM): it must have signed the pack.")
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option(help="The SHA-256 of the file or of its manifest.json, as the maker told it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was found, as JSON.")] = False,
) -> None:
    """Say whether a pack is as it was made. Nothing is unpacked; no broker and no settings are needed.

    Exit code 1 when anything was changed, or it is not signed by the key; 2 when it cannot be read.

    Example: `relistwatch evidence verify t-2026-117.zip --key maker.pub`
    """
    import json  # noqa: PLC0415

    from streams.evidence_packs.signature import KeyFileError, load_public  # noqa: PLC0415
    from streams.evidence_packs.verify import PackChangedError, verify_pack  # noqa: PLC0415

    try:
        wanted = load_public(public_key) if public_key is not None else None
        with file.open("rb") as source, reading_progress() as progress:
            size, megabytes = file.stat().st_size, 0

            def told(done: int) -> None:
                nonlocal megabytes
                if done // 1_000_000 > megabytes:
                    megabytes = done // 1_000_000
                    progress("kilobytes of the pack", megabytes * 1000, size // 1000)

            found = verify_pack(source, wanted, told)
    except KeyFileError as error:
        fail(safe(str(error), 300), EXIT_USAGE)
    except OSError as error:
        fail(f"cannot read {safe(str(file), 300)}: {error.strerror}", EXIT_USAGE)
    except PackChangedError as error:
        if as_json:
            typer.echo(json.dumps({"unchanged": False, "why": str(error)}))
        fail(f"{safe(str(file), 300)} is not as it was made: {safe(str(error), 500)}", EXIT_FAILED)
    manifest = found.manifest
    if expect is not None and expect.strip().lower() not in {found.pack_sha256, found.manifest_sha256}:
        fail(
            f"it is a whole pack, but another one: {found.pack_sha256} (manifest {found.manifest_sha256})",
            EXIT_FAILED,
        )
    if as_json:
        row = row_of(manifest, found.manifest_sha256, found.pack_sha256)
        typer.echo(json.dumps({"unchanged": True, "signed_by_the_key": wanted is not None} | row))
        return
    typer.echo(f"unchanged: {counted(manifest)}")
    typer.echo(
        f"made {manifest.made_at:%Y-%m-%d %H:%M:%S %Z} by {safe(manifest.made_by)} with {safe(manifest.tool)}"
    )
    if manifest.redaction is not None:
        typer.echo("personal data was replaced by pseudonyms")
    if wanted is not None:
        typer.echo("signed by the key")
    elif manifest.public_key is not None:
        typer.echo(f"signed by {manifest.public_key}: whose key that is, --key with the maker's own shows")
    elif expect is None:
        typer.echo(
            "not signed: this says that it agrees with itself, and --expect that it is the one that was made"
        )


def key(
    out: Annotated[
        Path, typer.Argument(help="The private key's file; the public one is beside it, with .pub.")
    ],
) -> None:
    """Make a key that signs packs (Ed25519). openssl reads both files; keep the first, give away the second.

    Example: `relistwatch evidence key maker.pem`
    """
    from streams.evidence_packs.signature import new_key  # noqa: PLC0415

    try:
        public = new_key(out)
    except OSError as error:
        fail(f"cannot make {safe(str(out), 300)}: {error.strerror or error}", EXIT_USAGE)
    typer.echo(f"{safe(str(out), 300)} signs, {safe(str(public), 300)} is for those who verify")


def prune(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Remove captured photos whose time is over, by the settings in [photo_store]; for a daily timer.

    Photos that a takedown in force, an alert or a verdict names are kept for evidence_days (0: as long as one does),
    others for retention_days since they were last seen, and the oldest of these go first where there are more than
    max_bytes. Nothing is removed when a topic cannot be read: exit code 3, and 1 when named photos alone are more than
    max_bytes.

    Example: `relistwatch evidence prune --dry-run`
    """
    import json  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415
    from datetime import UTC  # noqa: PLC0415

    from streams.photos.retention import named_photos  # noqa: PLC0415
    from streams.photos.retention import prune as prune_photos  # noqa: PLC0415
    from streams.photos.store import StoreError, open_store  # noqa: PLC0415

    settings = settings_of(context)
    try:
        store = open_store(settings)
        if store is None:
            fail("photo_store.enabled is false: there is nothing to prune", EXIT_USAGE)
        now = datetime.now(UTC)
        with broker_errors(), reading_progress() as progress:
            named = named_photos(settings, progress)
            done = prune_photos(
                store,
                named,
                settings.photo_store,
                now,
                dry_run=dry_run,
                progress=lambda seen: progress("photos", seen, seen),
            )
    except StoreError as error:
        fail(safe(str(error), 300), EXIT_UNAVAILABLE)
    if as_json:
        typer.echo(json.dumps(asdict(done) | {"dry_run": dry_run}))
    else:
        would = "would be removed" if dry_run else "removed"
        typer.echo(
            f"{done.removed:,} photos ({done.removed_bytes:,} bytes) {would}, "
            f"{done.kept:,} ({done.kept_bytes:,} bytes) kept, {done.named:,} of them named by a takedown, "
            "an alert or a verdict"
        )
    if done.over:
        fail(f"named photos alone are {done.over:,} bytes more than photo_store.max_bytes", EXIT_FAILED)
