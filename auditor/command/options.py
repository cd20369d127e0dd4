"""What the commands of every family share: options, and where they write."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from auditor.errors import AuditorError

_FILE_WIDTH = 1_000
DEFAULT_CONFIG = Path("/etc/auditor/auditor.toml")
ConfigPath = Annotated[
    Path,
    # Who may not read it is told so by `config.load`, which says who may.
    typer.Option("--config", "-c", readable=False, help="The configuration file."),
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="text for people, json for programs.")
]


def console() -> Console:
    """Standard output; a file has no width, and no row is to be folded there."""
    return Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)


def write_out(text: str, output: Path | None) -> None:
    """Write what a command made to a file, or to standard output.

    Raises:
        AuditorError: the file cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise AuditorError(
            f"{output}: cannot write there: {error.strerror}; choose another --output"
        ) from None
