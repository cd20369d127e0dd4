"""`auditor backup` and `auditor restore`."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from auditor.command.options import DEFAULT_CONFIG, ConfigPath
from auditor.config import Config, load
from auditor.errors import UsageError


def backup(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file; default: a new one in backups, beside the store."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Remove all but the newest so many backups there.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Copy the store while the daemon runs. The key is not in the copy: keep that elsewhere."""
    from auditor.command import client  # noqa: PLC0415  # the small commands start without the machinery
    from auditor.question.backing_up import BackUp, made  # noqa: PLC0415

    loaded = load(config)
    _demand_file(loaded)
    if output is not None and keep is not None:
        raise UsageError("--keep is for backups beside the store; leave --output out")
    if os.access(loaded.store.path, os.R_OK):
        told = made(loaded.store.path, output and output.absolute(), keep)
    elif output is not None:
        raise UsageError("--output needs the right to read the store: call it as root, or leave --output out")
    else:
        told = client.ask(loaded, BackUp(keep))
    typer.echo(f"{told['path']}: {told['sends']:,} sends, read through and whole.")
    if told["removed"]:
        typer.echo(f"Earlier backups removed: {told['removed']}.")
    typer.echo(f"Without the key nothing in it can be used. Keep one copy elsewhere: {loaded.store.key_path}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="BACKUP", help="A file that auditor backup has written.")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Put a backup in the place of the store, which is kept beside it. The daemon must be stopped."""
    from auditor.pseudonyms import Pseudonyms, load_key  # noqa: PLC0415
    from auditor.store.database import backup as backups  # noqa: PLC0415

    loaded = load(config)
    _demand_file(loaded)
    key = Pseudonyms(load_key(loaded.store.key_path))
    now = datetime.now(UTC)
    content, aside = backups.restore(loaded.store.path, file, key, now)
    zone = ZoneInfo(loaded.organisation.timezone)
    until = ""
    if content.latest is not None:
        until = f" until {datetime.fromtimestamp(content.latest, UTC).astimezone(zone):%-d %b %Y, %H:%M}"
    typer.echo(f"{loaded.store.path}: {content.sends:,} sends{until}.")
    if aside is not None:
        typer.echo(f"The store that was there: {aside}. Remove it when all is well.")
    typer.echo("Start the daemon: it reads what the mailboxes have had since, and counts nothing twice.")


def _demand_file(config: Config) -> None:
    if config.store.url is not None:
        raise UsageError(
            "the store is a PostgreSQL database: pg_dump copies it while the auditor runs, pg_restore puts "
            "it back"
        )
