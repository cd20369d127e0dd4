"""The commands. They read arguments, call one function each, and print; the work is elsewhere."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from auditor import __version__
from auditor.command import backup
from auditor.command.alert import alert_app, plan_app
from auditor.command.options import DEFAULT_CONFIG, ConfigPath, console, one_of
from auditor.command.store import store_app
from auditor.command.template import template_app
from auditor.config import load
from auditor.errors import AuditorError, UsageError
from auditor.scan.request import SOURCES, Request, password_source

app = typer.Typer(
    name="auditor",
    help="How much of what the company mails was written for one person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="The configuration file.", no_args_is_help=True)
app.add_typer(config_app, name="config")
mailbox_app = typer.Typer(help="The watched mailboxes.", no_args_is_help=True)
app.add_typer(mailbox_app, name="mailbox")
app.add_typer(template_app, name="template")
app.add_typer(alert_app, name="alert")
app.add_typer(plan_app, name="plan")
app.add_typer(store_app, name="store")
app.command()(backup.backup)
app.command()(backup.restore)

Debug = {"debug": False}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Options that every command has."""
    Debug["debug"] = debug


@app.command()
def run(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Watch the mailboxes until stopped: the daemon."""
    loaded = load(config)
    from auditor.service import daemon  # noqa: PLC0415  # the small commands start without the machinery

    asyncio.run(daemon.run(loaded, config))


@app.command()
def check(
    config: ConfigPath = DEFAULT_CONFIG,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the files only, connect to nothing.")
    ] = False,
    format_: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> None:
    """Say what is wrong before the daemon is started: configuration, mailboxes, store, mail server."""
    from auditor import check as checking  # noqa: PLC0415

    one_of("--format", format_, "text", "json")
    loaded = load(config)
    findings = asyncio.run(checking.check(loaded, config, offline=offline))
    typer.echo(checking.as_json(findings) if format_ == "json" else "", nl=format_ == "json")
    if format_ == "text":
        console().print(checking.as_table(findings))
    if any(finding.failed for finding in findings):
        raise typer.Exit(1)


@app.command()
def scan(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help=SOURCES)],
    format_: Annotated[str, typer.Option("--format", help="text, json, jsonl, html")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write there instead.")] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="One of our domains; may repeat.")
    ] = None,
    people: Annotated[Path | None, typer.Option("--people", help="CSV with our people and teams.")] = None,
    min_recipients: Annotated[int, typer.Option("--min-recipients", min=2, help="Reach of a template.")] = 5,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Leave out older.")
    ] = None,
    mailbox: Annotated[str | None, typer.Option("--mailbox", help="The Sent folder of an account.")] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Authority of the server's certificate.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="Password on its first line.")
    ] = None,
    alerts: Annotated[
        bool, typer.Option("--alerts", help="Also list the spikes that letters would have told of.")
    ] = False,
) -> None:
    """Audit archives or one account once. Needs no configuration and keeps nothing."""
    from auditor.scan import command  # noqa: PLC0415

    one_of("--format", format_, "text", "json", "jsonl", "html")
    request = Request(
        sources=tuple(sources),
        format=format_,
        output=output,
        domains=tuple(domain or ()),
        people_file=people,
        min_recipients=min_recipients,
        since=None if since is None else since.replace(tzinfo=UTC),
        mailbox=mailbox,
        ca_file=ca_file,
        alerts=alerts,
        password=password_source(password_file),
    )
    asyncio.run(command.run(request, Console(stderr=True)))


@app.command()
def explain(
    wanted: Annotated[str, typer.Argument(metavar="TEMPLATE|MESSAGE-ID", help="What to explain.")],
    words: Annotated[
        bool,
        typer.Option("--words", help="Read the message again and show its words, where privacy allows it."),
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Say why a message was called mass, tailored or personal, or what a template is."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question.explain import bracketed  # noqa: PLC0415
    from auditor.question.looking import Explain  # noqa: PLC0415

    told = client.ask(load(config), Explain(wanted, words))
    typer.echo("\n".join(told["lines"]))
    if told["words"] is not None:
        typer.echo(
            "\nWhat it says, as it is compared. Only this recipient received what stands in [brackets]:"
        )
        typer.echo("\n".join(f"    {line}" for line in bracketed(told["words"])))


@app.command()
def review(
    sample: Annotated[
        int, typer.Option("--sample", min=1, max=1000, help="How many mails to ask about.")
    ] = 30,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Read random mails and say what they are; how often you agree stands on the report."""
    from auditor.command import review as reviewing  # noqa: PLC0415
    from auditor.question.explain import Telling  # noqa: PLC0415

    loaded = load(config)
    telling = Telling(datetime.now(UTC), ZoneInfo(loaded.organisation.timezone), loaded.templates)
    reviewing.review(loaded, sample, Console(), telling)


@app.command()
def audit(
    config: ConfigPath = DEFAULT_CONFIG,
    format_: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> None:
    """The audit log: who looked at whose mail, when, and whether its words were shown."""
    from auditor.command import client, lookups  # noqa: PLC0415
    from auditor.question.looking import ListLookUps  # noqa: PLC0415

    one_of("--format", format_, "text", "json")
    loaded = load(config)
    found = client.ask(loaded, ListLookUps())
    if format_ == "json":
        typer.echo(lookups.as_json(found))
    else:
        console().print(lookups.as_table(found, ZoneInfo(loaded.organisation.timezone)))


@app.command()
def history(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    config: ConfigPath = DEFAULT_CONFIG,
    job: Annotated[str, typer.Option("--job", help="job_name of the scrape configuration.")] = "auditor",
    instance: Annotated[
        str | None, typer.Option("--instance", help="Target of the scrape; default: where [http] listens.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="End there; default: 3 h ago."),
    ] = None,
) -> None:
    """Write the past as OpenMetrics, and say how Prometheus loads it; beside a running daemon or without."""
    from auditor.command import history as past  # noqa: PLC0415
    from auditor.publish.history import Target  # noqa: PLC0415

    loaded = load(config)
    zone = ZoneInfo(loaded.organisation.timezone)
    target = Target(job, instance or f"{loaded.http.listen}:{loaded.http.port}")
    end = None if until is None else until.replace(tzinfo=zone).timestamp()
    written = past.write(loaded, output, target, end)
    typer.echo(past.recipe(written, loaded.organisation.timezone, datetime.now(UTC).timestamp()), nl=False)


@app.command()
def forget(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A recipient, or somebody who has left.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Forget a person for good; figures stay what they are. Says what cannot be reached from here."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question.forgetting import Forget  # noqa: PLC0415

    loaded = load(config)
    if not yes:
        typer.confirm(f"Forget {address} for good? Nobody can undo this.", abort=True)
    typer.echo("\n".join(client.ask(loaded, Forget(address))))


@app.command()
def report(
    config: ConfigPath = DEFAULT_CONFIG,
    window: Annotated[str, typer.Option("--window", help="How far back, such as 24h, 7d or 30d.")] = "30d",
    format_: Annotated[str, typer.Option("--format", help="html, json or csv")] = "html",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write there instead.")] = None,
) -> None:
    """What was sent, as one page to read, print or pass on; beside a running daemon or without."""
    from auditor.command import report as reporting  # noqa: PLC0415
    from auditor.config.units import duration  # noqa: PLC0415

    one_of("--format", format_, *reporting.FORMATS)
    try:
        seconds = int(duration(window).total_seconds())
    except ValueError as error:
        raise UsageError(f"--window: {error}") from None
    reporting.write(reporting.report(load(config), seconds, format_), output)


@app.command()
def demo(
    for_: Annotated[str | None, typer.Option("--for", help="End by itself after, say, 90s.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port of the page.")] = None,
) -> None:
    """Show the whole job on an invented company: a mail server, people who send, the page, the alert mail."""
    from auditor.config.units import duration  # noqa: PLC0415
    from auditor.demo.run import play  # noqa: PLC0415

    try:
        seconds = None if for_ is None else duration(for_).total_seconds()
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    raise typer.Exit(asyncio.run(play(seconds, port)))


@mailbox_app.command("list")
def mailbox_list(
    config: ConfigPath = DEFAULT_CONFIG,
    format_: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> None:
    """Every mailbox: its id, login, folder, state, how far it is read; beside a running daemon or without."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question import mailboxes  # noqa: PLC0415
    from auditor.question.looking import ListMailboxes  # noqa: PLC0415

    one_of("--format", format_, "text", "json")
    loaded = load(config)
    rows = [mailboxes.told(row) for row in client.ask(loaded, ListMailboxes())]
    if format_ == "json":
        typer.echo(mailboxes.as_json(rows))
    else:
        console().print(mailboxes.as_table(rows, ZoneInfo(loaded.organisation.timezone)))


@config_app.command("example")
def config_example() -> None:
    """Print a configuration with every option at its default."""
    from auditor.config.example import example  # noqa: PLC0415

    typer.echo(example(), nl=False)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from auditor.config.example import schema  # noqa: PLC0415

    typer.echo(schema())


def main() -> None:
    """The command `auditor`: one line for an error, and the exit code that DESIGN gives it."""
    try:
        app()
    except AuditorError as error:
        if Debug["debug"]:
            raise
        for line in str(error).splitlines():
            sys.stderr.write(f"auditor: {line}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
