"""What the daemon says: the only home of structlog.

An event is a short stable snake_case word with fields: `log.info("mailbox_watching", mailbox=id)`. Libraries
write through the same renderer, and only from WARNING on: below that some of them log passwords and whole
mails (aioimaplib logs tokens and bodies at DEBUG). A redaction processor is the last before the renderer. It
is a net under the rule that nothing of a mail is handed to a log, not a substitute for it.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.types import EventDict, Processor

OURS = "auditor"
"""The loggers that follow the configured level; every other one is held at WARNING."""

_SECRET = re.compile(
    r"passw|secret|token|authori[sz]ation|credential|cookie|subject|recipient|body|wording|^text$|^html$"
)
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
_LOGIN = re.compile(r"\b(LOGIN|AUTHENTICATE)\b[^\n]*")  # an IMAP command with its password
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"
)  # one event stays one line, and no colours but ours
_KEPT = frozenset({"mailbox"})  # an opaque id, or the login of a mailbox in the words of the configuration
_BLOCKS = frozenset({"exception", "stack"})
_FIRST = ("timestamp", "level", "event")
_LONGEST = 4_000  # characters of one value: an endless line of a hostile server stays out of the journal


def configure(
    format_: Literal["json", "console"] = "json",
    level: Literal["debug", "info", "warning", "error"] = "info",
    stream: TextIO | None = None,
) -> None:
    """Send every log record of this process to `stream` (default: stderr). May be called again.

    `json` writes one object a line, for machines; `console` is for people.
    """
    ours: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *ours,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=False,  # a reload changes the level of loggers already in use
    )
    output = stream or sys.stderr
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=ours,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            _renderer(format_, output),
        ],
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    ours_level = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(logging.WARNING, ours_level))
    logging.getLogger(OURS).setLevel(ours_level)
    logging.captureWarnings(True)


def logger(name: str) -> BoundLogger:
    """A logger for one module, named like it."""
    found: BoundLogger = structlog.stdlib.get_logger(name)
    return found


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Take secrets, addresses and control characters out of an event: the last before the renderer."""
    ordered = {key: event[key] for key in _FIRST if key in event} | dict(event)
    return {key: _clean(key, value) for key, value in ordered.items()}


def _clean(key: str, value: Any) -> Any:
    """What may be written under `key`; numbers say nothing of a mail."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET.search(key.lower()):
        return "[removed]"
    if isinstance(value, Mapping):
        return {str(inner): _clean(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return _clean_text(str(value), one_line=key not in _BLOCKS, addresses=key in _KEPT)


def _clean_text(text: str, *, one_line: bool, addresses: bool) -> str:
    shortened = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} [cut]"
    plain = _CONTROL.sub(lambda found: "\n" if found[0] == "\n" and not one_line else " ", shortened)
    without = _LOGIN.sub(r"\1 [removed]", plain)
    return without if addresses else _ADDRESS.sub("[address]", without)


def _renderer(format_: str, output: TextIO) -> Processor:
    if format_ == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=True)
    return structlog.dev.ConsoleRenderer(
        colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
