"""`auditor report`: what was sent in a span of time, for people without Grafana."""

from auditor.command import client
from auditor.config import Config
from auditor.question.reporting import WriteReport


def report(config: Config, seconds: int, form: str) -> str:
    """The report of the last `seconds` as a text; beside a running daemon or without.

    Raises:
        UsageError: the span is too short.
        StoreError: the store is not there, or cannot be read.
    """
    return str(client.ask(config, WriteReport(seconds, form)))
