"""`auditor store`: moving to a database that replicas share, and back."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from auditor.command.options import DEFAULT_CONFIG, ConfigPath
from auditor.config import load
from auditor.config.keeping import Store as Settings
from auditor.errors import UsageError
from auditor.progress_bar import progress_bar
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.store import leases
from auditor.store.database import copying
from auditor.store.database.sqlite import Sqlite
from auditor.store.engine import Place, Store, open_for_reading, open_store
from auditor.store.place import place_of

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
    settings = load(config).store
    pseudonyms = Pseudonyms(load_key(settings.key_path))
    origin, goal = _place(source, settings), _place(target, settings)
    with ExitStack() as stack:
        if isinstance(origin, Path):
            if not origin.exists():
                raise UsageError(f"--from: {origin}: no store here")
            stack.enter_context(Sqlite(origin).lock())  # nobody writes there meanwhile
        old = open_for_reading(origin, pseudonyms)
        stack.callback(old.close)
        if old.shared and old.run_here(leases.alive):
            raise UsageError(f"--from: {old.name}: replicas are at work on it; stop them first")
        new = open_store(goal, pseudonyms)
        stack.callback(new.close)
        count = _copied(old, new)
    typer.echo(f"{count:,} rows copied. Write into [store] of the configuration, and start the daemon:")
    typer.echo("\n".join(f"    {line}" for line in _settings_for(goal, target, settings)))


def _settings_for(goal: Place, target: str, settings: Settings) -> Iterator[str]:
    """What the configuration needs to say from now on."""
    if not isinstance(goal, Path):
        yield f'url = "{target}"'
        return
    yield f'path = "{goal.absolute()}"'
    if settings.key_path.parent != goal.absolute().parent:
        yield f'key_file = "{settings.key_path}"'


def _place(given: str, settings: Settings) -> Place:
    kind, _, rest = given.partition(":")
    if kind == "sqlite" and rest:
        return Path(rest.removeprefix("//"))
    if kind == "postgresql" and rest:
        return place_of(settings.model_copy(update={"url": given}))
    raise UsageError(f"{given}: give sqlite:PATH or postgresql://USER@HOST/DATABASE")


def _copied(old: Store, new: Store) -> int:
    """Copy in one transaction: half a copy is none."""
    with progress_bar(Console(stderr=True)) as bar:
        total = old.run_here(copying.rows_of)
        task = bar.add_task("Copying", total=total)
        old.run_here(
            lambda source: new.run_here(
                lambda target: copying.copy(source, target, lambda count: bar.advance(task, count))
            )
        )
        return total
