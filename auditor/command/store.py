"""`auditor store`: moving to a database that replicas share, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from auditor.command.options import DEFAULT_CONFIG, ConfigPath
from auditor.config import load
from auditor.config.keeping import Store as Settings
from auditor.errors import UsageError
from auditor.progress_bar import progress_bar
from auditor.pseudonyms import Pseudonyms, load_key

if TYPE_CHECKING:
    from auditor.store.engine import Place, Store

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
    from auditor.store.engine import open_for_reading, open_store  # noqa: PLC0415  # the small commands start without the machinery

    settings = load(config).store
    pseudonyms = Pseudonyms(load_key(settings.key_path))
    old = open_for_reading(_place(source, settings), pseudonyms)
    try:
        new = open_store(_place(target, settings), pseudonyms)
        try:
            count = _copied(old, new)
        finally:
            new.close()
    finally:
        old.close()
    typer.echo(f"{count} rows copied. Set store.url (or store.path) to {target} and start the daemon.")


def _place(given: str, settings: Settings) -> "Place":
    from auditor.store.place import place_of  # noqa: PLC0415

    kind, _, rest = given.partition(":")
    if kind == "sqlite" and rest:
        return Path(rest.removeprefix("//"))
    if kind == "postgresql" and rest:
        return place_of(settings.model_copy(update={"url": given}))
    raise UsageError(f"{given}: give sqlite:PATH or postgresql://USER@HOST/DATABASE")


def _copied(old: "Store", new: "Store") -> int:
    """Copy in one transaction: half a copy is none."""
    from auditor.store.database import copying  # noqa: PLC0415

    with progress_bar(Console(stderr=True)) as bar:
        total = old.run_here(copying.rows_of)
        task = bar.add_task("Copying", total=total)
        old.run_here(
            lambda source: new.run_here(
                lambda target: copying.copy(source, target, lambda count: bar.advance(task, count))
            )
        )
        return total
