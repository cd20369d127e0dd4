"""COMMANDS.md: every command with its options, for people who read it on a page."""

from config.generator.commands import Command, Parameter

_HEAD = """\
# Commands

Every command tells its options with `--help`; this page is written from the same words (`make documents`). Installed
packages bring it as `man auditor`, and completion for bash, zsh and fish; anywhere else: `auditor --install-completion`.

Commands ask the running daemon over its Unix socket, open to root and the group auditor, and need no right to the
store or its key; where no daemon runs they open the store themselves. Exit status: 0 done, 1 failed while running,
2 wrong usage or configuration. Errors are one line that says what to do; `auditor --debug` shows the traceback too.
"""


def page(auditor: Command) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_command(one) for one in auditor.all())])


def _command(command: Command) -> str:
    rows = [_row(one) for one in (*command.arguments, *command.options)]
    table = ["", "| | |", "|---|---|", *rows] if rows else []
    return "\n".join([f"## {command.name}", "", f"`{command.usage}`", "", command.help, *table, ""])


def _row(one: Parameter) -> str:
    names = ", ".join(f"`{name}`" for name in one.names)
    value = f"`{one.value}`" if one.value else ""
    default = f" Default: `{one.default}`." if one.default else ""
    cells = (" ".join(filter(None, (names, value))), one.help + default)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
