"""The man page auditor(1), in roff, from the commands."""

import re

from auditor import __version__
from config.generator.commands import Command, Parameter

_DESCRIPTION = """\
Reads what is filed in a company's Sent mailboxes, read-only, and finds by itself which mails share their wording.
It says, per team and over time, how much of what leaves is mass-sent, how much is a template tailored by hand, and
how much was written for one person. When templated mail spikes, sales operations gets one mail."""
_FILES = (
    ("/etc/auditor/auditor.toml", "The configuration; auditor config example prints one."),
    ("/var/lib/auditor/auditor.db", "The store: keyed hashes and numbers, no text."),
    ("/var/lib/auditor/pseudonym.key", "Their key. Keep a copy of it apart from copies of the store."),
    ("/run/auditor/control.sock", "Where commands ask the running daemon; for root and the group auditor."),
)
_STATUS = (("0", "Done."), ("1", "Failed while running."), ("2", "Wrong usage or configuration."))


def page(auditor: Command) -> str:
    """The whole page."""
    lines = [
        '.\\" Written by: make documents',
        f'.TH AUDITOR 1 "" "campaign-auditor {__version__}" "Campaign auditor"',
        ".SH NAME",
        _text("auditor - " + auditor.help.rstrip(".")[0].lower() + auditor.help.rstrip(".")[1:]),
        ".SH SYNOPSIS",
        ".B auditor",
        _text("[OPTION…] COMMAND [ARGUMENT…]"),
        ".SH DESCRIPTION",
        _text(_DESCRIPTION),
        ".SH OPTIONS",
        *(line for option in auditor.options for line in _parameter(option)),
        ".SH COMMANDS",
        *(line for command in auditor.all() for line in _command(command)),
        ".SH FILES",
        *(line for name, about in _FILES for line in (".TP", f".I {_text(name)}", _text(about))),
        ".SH EXIT STATUS",
        *(line for status, about in _STATUS for line in (".TP", f".B {status}", about)),
        ".SH SEE ALSO",
        _text("The configuration's options: auditor config example. Its schema: auditor config schema."),
        ".BR systemctl (1),",
        ".BR journalctl (1)",
    ]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> list[str]:
    own = [line for one in (*command.arguments, *command.options) for line in _parameter(one)]
    return [f".SS {_quoted(command.usage)}", _text(command.help), *own]


def _parameter(one: Parameter) -> list[str]:
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in one.names)
    value = f"\\fI{_text(one.value)}\\fR" if one.value else ""
    default = f" Default: {one.default}." if one.default else ""
    return [".TP", " ".join(filter(None, (names, value))), _text(one.help + default)]


def _text(text: str) -> str:
    """Plain words as roff takes them: minus signs, and no dot or quote at the beginning of a line."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return re.sub(r"(?m)^([.'])", r"\\&\1", escaped)


def _quoted(text: str) -> str:
    return '"' + _text(text).replace('"', "\\(dq") + '"'
