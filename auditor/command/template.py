"""The commands `auditor template …`."""

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from auditor.command.options import DEFAULT_CONFIG, ConfigPath, Format, console
from auditor.command.tables import Fitted
from auditor.config import load
from auditor.vocabulary import Purpose

template_app = typer.Typer(help="The templates that were found.", no_args_is_help=True)

TemplateName = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="Its id, as letters and pages show it, or its name.")
]


@template_app.command("list")
def template_list(
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many rows; 0 shows all.")] = 30,
    config: ConfigPath = DEFAULT_CONFIG,
    format_: Format = "text",
) -> None:
    """The templates that were found, the most used first."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question import templates  # noqa: PLC0415
    from auditor.question.looking import ListTemplates  # noqa: PLC0415

    loaded = load(config)
    found = client.ask(loaded, ListTemplates())
    if format_ == "json":
        typer.echo(templates.as_json(found))
        return
    shown = found[: limit or None]
    table = templates.as_table([templates.told(one) for one in shown], ZoneInfo(loaded.organisation.timezone))
    console().print(Fitted(table) if found else "No wording is shared by several sends yet.")
    if len(shown) < len(found):
        typer.echo(f"{len(found) - len(shown):,} more: --limit 0 shows all")


@template_app.command("show")
def template_show(
    template: TemplateName,
    config: ConfigPath = DEFAULT_CONFIG,
    format_: Format = "text",
) -> None:
    """One template: its wording with what is filled in, how often it was sent, whom it reached."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question import templates  # noqa: PLC0415
    from auditor.question.looking import Explain, ListTemplates  # noqa: PLC0415

    loaded = load(config)
    (found,) = client.ask(loaded, ListTemplates(template))
    if format_ == "json":
        typer.echo(templates.as_json([found]))
    else:
        typer.echo("\n".join(client.ask(loaded, Explain(found["id"]))["lines"]))


@template_app.command("purpose")
def template_purpose(
    template: TemplateName,
    purpose: Annotated[
        Purpose, typer.Argument(metavar="PURPOSE", help="One of outreach, service and event.")
    ],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Say what a template is for: service mail leaves the outreach ratio and is still counted."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.request.template import GivePurpose  # noqa: PLC0415

    typer.echo(client.change(load(config), GivePurpose(template, purpose)))


@template_app.command("name")
def template_name(
    template: TemplateName,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help='What to call it from now on; "" takes it away.')
    ],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Give a template a name, for letters, pages and metrics."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.request.template import NameTemplate  # noqa: PLC0415

    typer.echo(client.change(load(config), NameTemplate(template, name)))
