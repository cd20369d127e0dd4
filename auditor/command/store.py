"""`auditor store`: moving to a database that replicas share, and back."""

from typing import Annotated

import typer

from auditor.command.options import DEFAULT_CONFIG, ConfigPath
from auditor.config import load

store_app = typer.Typer(help="Move the store between a file and a PostgreSQL database.", no_args_is_help=True)


@store_app.callback()
def _store() -> None:
    """Keep the command's name: an app of one command would be that command itself."""


@store_app.command()
def copy(
    source: Annotated[str, typer.Option("--from", help="sqlite:PATH or postgresql://USER@HOST/DATABASE")],
    target: Annotated[str, typer.Option("--to", help="The same; a new file or an empty database.")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Copy everything from one store to another, with the daemon stopped; the key stays the same.

    The password of the database is that of the configuration: store.password_file or store.credential.
    """
    from auditor.command import moving  # noqa: PLC0415  # the small commands start without the machinery

    settings = load(config).store
    count = moving.move(settings, source, target)
    typer.echo(f"{count:,} rows copied. Write into [store] of the configuration, and start the daemon:")
    typer.echo("\n".join(f"    {line}" for line in moving.settings_for(settings, target)))
