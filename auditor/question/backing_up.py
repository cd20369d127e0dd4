"""A backup that the daemon makes, for people who may ask it and not read its store."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from auditor.question.house import House
from auditor.store.database import backup


@dataclass(frozen=True, slots=True)
class BackUp:
    """Copy the store into the folder of backups beside it; with `keep`, leave so many there."""

    keep: int | None = None
    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> dict[str, Any]:
        """`path`, `sends` and `removed` of what was done."""
        return await asyncio.to_thread(made, house.config.store.path, None, self.keep)


def made(store: Path, target: Path | None, keep: int | None) -> dict[str, Any]:
    """Make a backup; the folder beside the store is the place unless `target` names a file."""
    folder = backup.folder_of(store)
    path = target or folder / backup.name_at(store, datetime.now(UTC))
    content = backup.back_up(store, path)
    removed = backup.remove_older(store, path.parent, keep) if keep is not None else 0
    return {"path": str(path), "sends": content.sends, "removed": removed}
