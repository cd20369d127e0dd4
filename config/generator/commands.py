"""The commands as values, read from the command line's own definition: nothing here is written twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from auditor.cli import app

_NAMES = {"path": "FILE", "int": "NUMBER", "float": "NUMBER"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option."""

    names: tuple[str, ...]  # of an option; an argument has none
    value: str  # what stands in its place, such as PATH; "" for a switch
    help: str
    default: str  # "" where there is none to tell
    required: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a family of commands."""

    name: str  # in full: auditor alert list
    help: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    commands: tuple["Command", ...]

    def all(self) -> Iterator["Command"]:
        """The commands that do something, in the order of the help."""
        if not self.commands:
            yield self
        for command in self.commands:
            yield from command.all()

    @property
    def usage(self) -> str:
        """As it is typed: auditor explain [OPTION…] TEMPLATE|MESSAGE-ID."""
        required = [f"{one.names[0]} {one.value}" for one in self.options if one.required]
        arguments = [one.value if one.required else f"[{one.value}]" for one in self.arguments]
        return " ".join([self.name, *required, "[OPTION…]", *arguments])


def commands() -> Command:
    """The command `auditor` with everything below it."""
    return _command(typer.main.get_command(app), "auditor")


def _command(command: Any, name: str) -> Command:
    context = typer.Context(command)
    parameters = [_parameter(one, context) for one in command.params if not getattr(one, "hidden", False)]
    below = getattr(command, "commands", {})
    return Command(
        name,
        " ".join((command.help or "").split()),
        tuple(one for one in parameters if not one.names),
        tuple(one for one in parameters if one.names),
        tuple(_command(one, f"{name} {word}") for word, one in below.items()),
    )


def _parameter(parameter: Any, context: typer.Context) -> Parameter:
    argument = parameter.param_type_name == "argument"
    switch = getattr(parameter, "is_flag", False)
    value = "" if switch else (parameter.metavar or _shown(parameter, context)).strip("[]")
    default = "" if switch or parameter.default is None else str(parameter.default)
    return Parameter(
        names=() if argument else tuple(sorted(parameter.opts, key=len, reverse=True)),
        value=f"{value}…" if argument and parameter.nargs == -1 else value,
        help=" ".join((parameter.help or "").split()),
        default=default,
        required=parameter.required,
    )


def _shown(parameter: Any, context: typer.Context) -> str:
    """`<int range>` of the help is INT; a choice stays as it is: text|json."""
    said = parameter.display_type(context).strip("<>")
    if "|" in said and "%" not in said:
        return str(said)
    return _NAMES.get(said.removeprefix("list[").rstrip("]").split()[0], "TEXT")
