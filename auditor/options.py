"""What the commands of every family share: options, and one way to refuse a word."""

from pathlib import Path
from typing import Annotated

import typer

from auditor.errors import UsageError

DEFAULT_CONFIG = Path("/etc/auditor/auditor.toml")
ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
Format = Annotated[str, typer.Option("--format", help="text or json")]


def one_of(option: str, value: str, *allowed: str) -> None:
    """Refuse a value that is not among those allowed.

    Raises:
        UsageError: naming them.
    """
    if value not in allowed:
        raise UsageError(f"{option}: {value} is not one of {', '.join(allowed)}")
