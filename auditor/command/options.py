"""What the commands of every family share: options, and one way to refuse a word."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from auditor.errors import UsageError

DEFAULT_CONFIG = Path("/etc/auditor/auditor.toml")
ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
Format = Annotated[str, typer.Option("--format", help="text or json")]


def console() -> Console:
    """Standard output; a file has no width, and no row is to be folded there."""
    return Console(width=None if sys.stdout.isatty() else 200)


def one_of(option: str, value: str, *allowed: str) -> None:
    """Refuse a value that is not among those allowed.

    Raises:
        UsageError: naming them.
    """
    if value not in allowed:
        raise UsageError(f"{option}: {value} is not one of {', '.join(allowed)}")
