"""`auditor report`: what was sent in a span of time, for people without Grafana."""

import sys
from pathlib import Path

from auditor.command import client
from auditor.config import Config
from auditor.errors import AuditorError
from auditor.question.reporting import FORMATS, WriteReport

__all__ = ["FORMATS", "report", "write"]


def report(config: Config, seconds: int, form: str) -> str:
    """The report of the last `seconds` as a text; beside a running daemon or without.

    Raises:
        UsageError: the span is too short.
        StoreError: the store is not there, or cannot be read.
    """
    return str(client.ask(config, WriteReport(seconds, form)))


def write(text: str, output: Path | None) -> None:
    """Write a report to a file, or to standard output.

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
