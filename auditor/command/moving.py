"""`auditor store copy`: everything from one store to another that is empty."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from auditor.config.keeping import Store as Settings
from auditor.errors import UsageError
from auditor.progress_bar import progress_bar
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.store import leases
from auditor.store.database import copying
from auditor.store.database.sqlite import Sqlite
from auditor.store.engine import Place, Store, open_for_reading, open_store
from auditor.store.place import place_of


def move(settings: Settings, source: str, target: str) -> int:
    """Copy the store at `source` to `target`; how many rows. Both are written as the command takes them.

    Raises:
        UsageError: one of them is no place of a store, or others are at work on the first.
        StoreError: one of them cannot be opened, or the second is not empty.
    """
    origin, goal = _place(source, settings), _place(target, settings)
    pseudonyms = Pseudonyms(load_key(settings.key_path))
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
        return _copied(old, new)


def settings_for(settings: Settings, target: str) -> Iterator[str]:
    """What `[store]` of the configuration needs to say from now on."""
    goal = _place(target, settings)
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
