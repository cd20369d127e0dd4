"""What the daemon says: the only home of structlog.

An event is a short stable snake_case word with fields: `log.info("mailbox_watching", mailbox=id)`. Libraries
write through the same renderer, and only from WARNING on: below that some of them log passwords and whole
mails (aioimaplib logs tokens and bodies at DEBUG). A redaction processor is the last before the renderer. It
is a net under the rule that nothing of a mail is handed to a log, not a substitute for it. What repeats is
counted instead of written (`auditor.repeats`), and where the journal reads, lines carry their priority.
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.types import EventDict, Processor

from auditor.errors import AuditorError
from auditor.repeats import Repeats

OURS = "auditor"
"""The loggers that follow the configured level; every other one is held at WARNING."""

_SECRET = re.compile(
    r"passw|secret|token|authori[sz]ation|credential|cookie|subject|recipient|body|wording|^text$|^html$"
)
# Each begins where a word begins, so that a long one is looked at once.
_ADDRESS = re.compile(r"(?<![^\s@<>\"'(),;:])[^\s@<>\"'(),;:]++@[^\s@<>\"'(),;:]+")
_LOGIN = re.compile(r"\b(LOGIN|AUTHENTICATE)\b[^\n]*")  # an IMAP command with its password
_TOKEN = re.compile(
    r"\b(?:bearer|basic)\s+[\w.~+/=-]{8,}|\beyJ[\w-]{10,}+[\w.-]*"  # RFC 6750, RFC 7617, RFC 7519
    r"|(?<=[?&])(?:token|code|key|secret|password)=[^&\s]*",
    re.IGNORECASE,
)
# One event stays one line, no colours but ours, and nothing that turns the direction of what follows.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_KEPT = frozenset({"mailbox"})  # an opaque id, or the login of a mailbox in the words of the configuration
_BLOCKS = frozenset({"exception", "stack"})
_FIRST = ("timestamp", "level", "event")
_LONGEST = 1_000  # characters of one value: what a server has to say is said in fewer
_LONGEST_BLOCK = 8_000
_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}  # sd-daemon(3)


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
            structlog.processors.ExceptionRenderer(_told),
            redact,
            _renderer(format_, output),
        ],
    )
    handler = _Output(output)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    ours_level = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(logging.WARNING, ours_level))
    logging.getLogger(OURS).setLevel(ours_level)
    logging.captureWarnings(True)
    _pin_libraries()


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
        return {_clean_text(str(inner), "key"): _clean(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return _clean_text(str(value), key)


def _clean_text(text: str, key: str) -> str:
    block = key in _BLOCKS
    longest = _LONGEST_BLOCK if block else _LONGEST
    if len(text) > longest:  # of a traceback the end matters most
        text = f"[cut] {text[-longest:]}" if block else f"{text[:longest]} [cut]"
    plain = _CONTROL.sub(lambda found: "\n" if found[0] == "\n" and block else " ", text)
    without = _TOKEN.sub("[removed]", _LOGIN.sub(r"\1 [removed]", plain))
    return without if key in _KEPT else _ADDRESS.sub("[address]", without)


def _told(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """Where it happened, and what. Of errors that are not ours only their kind: what was being read, such as
    an address or a line of a mail, may stand in their words."""
    lines: list[str] = []
    error: BaseException | None = exc_info[1]
    for _ in range(5):
        if error is None:
            break
        lines[:0] = [*traceback.format_tb(error.__traceback__, limit=-30), f"{_words(error)}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines).rstrip("\n")


def _words(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, AuditorError):
        return f"{kind}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    return kind


def _pin_libraries() -> None:
    """Whatever a library set up for itself: it speaks through us, and from WARNING on."""
    for name, found in logging.root.manager.loggerDict.items():
        if isinstance(found, logging.Logger) and name.partition(".")[0] != OURS:
            found.handlers.clear()
            found.propagate = True
            if found.level != logging.NOTSET:
                found.setLevel(max(logging.WARNING, found.level))


class _Output(logging.StreamHandler[TextIO]):
    """Writes what does not repeat too often; to the journal with priorities."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._repeats: Repeats[tuple[object, ...], logging.LogRecord] = Repeats()
        self._journal = _is_journal(stream)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it; first what was counted and has ended."""
        for event, times, example in self._repeats.ended(record.created):
            super().emit(_repeated(example, event, times))
        if self._repeats.passes(_event(record), record):
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """As the formatter writes it; each line with its priority where the journal takes it off again."""
        text = super().format(record)
        if not self._journal:
            return text
        mark = f"<{_PRIORITIES.get(record.levelname.lower(), 6)}>"
        return "\n".join(mark + line for line in text.splitlines())


def _event(record: logging.LogRecord) -> tuple[object, ...]:
    """By what a record is the same as another: its event, and of which mailbox or for what reason."""
    if isinstance(record.msg, Mapping):
        told = record.msg
        named = [str(told.get(key, "")) for key in ("event", "mailbox", "reason", "login")]
        return (record.name, record.levelno, *named)
    return (record.name, record.levelno, str(record.msg)[:200])


def _repeated(example: logging.LogRecord, event: tuple[object, ...], times: int) -> logging.LogRecord:
    told = logging.LogRecord(example.name, example.levelno, "", 0, "repeated", None, None)
    told.of, told.times = event[2], times  # extra fields, as loggers take them
    return told


def _is_journal(stream: TextIO) -> bool:
    """Whether systemd reads `stream` for the journal (systemd.exec(5), $JOURNAL_STREAM)."""
    wanted = os.environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return wanted == f"{found.st_dev}:{found.st_ino}"


def _renderer(format_: str, output: TextIO) -> Processor:
    if format_ == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=True)
    return structlog.dev.ConsoleRenderer(
        colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
