"""The commands. They read arguments, call one function each, and print; the work is elsewhere."""

import asyncio
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from auditor import __version__
from auditor.command import backup
from auditor.command.alert import alert_app, plan_app
from auditor.command.options import DEFAULT_CONFIG, ConfigPath, Format, console, write_out
from auditor.command.store import store_app
from auditor.command.tables import Fitted
from auditor.command.template import template_app
from auditor.config import load
from auditor.errors import AuditorError, UsageError
from auditor.scan.request import SOURCES, Request, password_source

FIRST, DAEMON, QUESTIONS, PEOPLE = "Try it", "Run it", "Look at it", "Have a say"
"""Parts of the help, in the order in which a newcomer meets them."""

app = typer.Typer(
    name="auditor",
    help="How much of what the company mails was written for one person.",
    epilog="Begin with auditor demo, or with mail of your own: auditor scan sent.mbox",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="Print a configuration to begin with, and its schema.", no_args_is_help=True)
mailbox_app = typer.Typer(help="The watched mailboxes, and how far each is read.", no_args_is_help=True)

OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write; default: standard output.")
]
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


@app.command(rich_help_panel=FIRST)
def demo(
    for_: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End by itself after, say, 90s.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port of the page; default: a free one.")] = None,
) -> None:
    """Show the whole job on an invented company: a mail server, people who send, the page, the alert mail."""
    from auditor.config.units import duration  # noqa: PLC0415
    from auditor.demo.run import play  # noqa: PLC0415

    try:
        seconds = None if for_ is None else duration(for_).total_seconds()
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    raise typer.Exit(asyncio.run(play(seconds, port)))


@app.command(rich_help_panel=DAEMON)
def run(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Watch the mailboxes until stopped: the daemon."""
    loaded = load(config)
    from auditor.service import daemon, stopping  # noqa: PLC0415  # the small commands start without the machinery

    asyncio.run(daemon.run(loaded, config))
    stopping.leave()


@app.command(rich_help_panel=DAEMON)
def check(
    config: ConfigPath = DEFAULT_CONFIG,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the files only, connect to nothing.")
    ] = False,
    format_: Format = "text",
) -> None:
    """Say what is wrong before the daemon is started: configuration, mailboxes, store, mail server."""
    from auditor import check as checking  # noqa: PLC0415

    loaded = load(config)
    findings = asyncio.run(checking.check(loaded, config, offline=offline))
    if format_ == "json":
        typer.echo(checking.as_json(findings))
    else:
        console().print(checking.as_table(findings))
    if any(finding.failed for finding in findings):
        raise typer.Exit(2 if any(finding.misconfigured for finding in findings) else 1)


@app.command(rich_help_panel=FIRST)
def scan(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help=SOURCES)],
    format_: Annotated[
        Literal["text", "json", "jsonl", "html"],
        typer.Option("--format", help="text and html for people; json; jsonl has one line for each mail."),
    ] = "text",
    output: OutputFile = None,
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", help="A domain of ours; may repeat. Default: those that mail comes from."),
    ] = None,
    people: Annotated[
        Path | None, typer.Option("--people", help="CSV with our people, their aliases and teams.")
    ] = None,
    min_recipients: Annotated[
        int,
        typer.Option("--min-recipients", min=2, help="People that a template must reach to be mass-sent."),
    ] = 5,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], metavar="DATE", help="Leave out what is older."),
    ] = None,
    mailbox: Annotated[
        str | None,
        typer.Option("--mailbox", metavar="NAME", help="The account's Sent folder, if it is not found."),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", help="Who signed the server's certificate, unless the system knows."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file", help="Has the account's password on its first line; else it is asked."
        ),
    ] = None,
    alerts: Annotated[
        bool, typer.Option("--alerts", help="Also list the spikes that letters would have told of.")
    ] = False,
) -> None:
    """Audit archives or one account once. Needs no configuration and keeps nothing."""
    from auditor.scan import command  # noqa: PLC0415

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


@app.command(rich_help_panel=QUESTIONS)
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


@app.command(rich_help_panel=PEOPLE)
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


@app.command(rich_help_panel=QUESTIONS)
def audit(
    config: ConfigPath = DEFAULT_CONFIG,
    format_: Format = "text",
) -> None:
    """The audit log: who looked at whose mail, when, and whether its words were shown."""
    from auditor.command import client, lookups  # noqa: PLC0415
    from auditor.question.looking import ListLookUps  # noqa: PLC0415

    loaded = load(config)
    found = client.ask(loaded, ListLookUps())
    if format_ == "json":
        typer.echo(lookups.as_json(found))
    else:
        table = lookups.as_table(found, ZoneInfo(loaded.organisation.timezone))
        console().print(Fitted(table) if found else "Nobody has looked at anybody's mail.")


@app.command(rich_help_panel=DAEMON)
def history(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    config: ConfigPath = DEFAULT_CONFIG,
    job: Annotated[str, typer.Option("--job", help="job_name of the scrape configuration.")] = "auditor",
    instance: Annotated[
        str | None, typer.Option("--instance", help="Target of the scrape; default: where the page is.")
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


@app.command(rich_help_panel=PEOPLE)
def forget(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A recipient, or somebody who has left.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Forget a person for good; figures stay what they are. Says what cannot be reached from here."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question.forgetting import Forget, one_address  # noqa: PLC0415

    loaded, address = load(config), one_address(address)
    if not (yes or _is_meant(f"Forget {address} for good? Nobody can undo this.")):
        raise AuditorError("nobody was forgotten")
    typer.echo("\n".join(client.ask(loaded, Forget(address))))


@app.command(rich_help_panel=QUESTIONS)
def report(
    config: ConfigPath = DEFAULT_CONFIG,
    window: Annotated[str, typer.Option("--window", help="How far back, such as 24h, 7d or 30d.")] = "30d",
    format_: Annotated[
        Literal["html", "json", "csv"],
        typer.Option("--format", help="html for people, the others for programs."),
    ] = "html",
    output: OutputFile = None,
) -> None:
    """What was sent, as one page to read, print or pass on; beside a running daemon or without."""
    from auditor.command import report as reporting  # noqa: PLC0415
    from auditor.config.units import duration  # noqa: PLC0415

    try:
        seconds = int(duration(window).total_seconds())
    except ValueError as error:
        raise UsageError(f"--window: {error}") from None
    write_out(reporting.report(load(config), seconds, format_), output)


@mailbox_app.command("list")
def mailbox_list(
    config: ConfigPath = DEFAULT_CONFIG,
    format_: Format = "text",
) -> None:
    """Every mailbox: its id, login, folder, state, how far it is read; beside a running daemon or without."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question import mailboxes  # noqa: PLC0415
    from auditor.question.looking import ListMailboxes  # noqa: PLC0415

    loaded = load(config)
    rows = [mailboxes.told(row) for row in client.ask(loaded, ListMailboxes())]
    if format_ == "json":
        typer.echo(mailboxes.as_json(rows))
    else:
        console().print(Fitted(mailboxes.as_table(rows, ZoneInfo(loaded.organisation.timezone))))


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


app.command(rich_help_panel=DAEMON)(backup.backup)
app.command(rich_help_panel=DAEMON)(backup.restore)
app.add_typer(config_app, name="config", rich_help_panel=DAEMON)
app.add_typer(mailbox_app, name="mailbox", rich_help_panel=QUESTIONS)
app.add_typer(template_app, name="template", rich_help_panel=QUESTIONS)
app.add_typer(alert_app, name="alert", rich_help_panel=PEOPLE)
app.add_typer(plan_app, name="plan", rich_help_panel=PEOPLE)
app.add_typer(store_app, name="store", rich_help_panel=DAEMON)


def _is_meant(question: str) -> bool:
    """What somebody answers at the terminal.

    Raises:
        UsageError: nobody is there to ask.
    """
    try:
        return typer.confirm(question)
    except typer.Abort:
        typer.echo()
        raise UsageError("nobody answered; where it is meant, add --yes") from None


_Misused: Any = typer.BadParameter.__base__
"""Every fault in how a command was typed; typer gives it no public name."""


def _said(misused: Any) -> str:
    """One line for such a fault; none where the help has been shown instead."""
    told = " ".join(misused.format_message().replace("Value error, ", "").split()).rstrip(".")
    if not told or misused.ctx is None:
        return told
    if getattr(misused, "option_name", None) == "--debug":
        return "--debug stands before the command, as in: auditor --debug check"
    return f"{told}{'' if told.endswith('?') else ';'} see {misused.ctx.command_path} --help"


def main() -> None:
    """The command `auditor`: one line for an error, and its exit code (`errors`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows what it can
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        sys.exit(1)
    except _Misused as error:
        if told := _said(error):
            sys.stderr.write(f"auditor: {told}\n")
        sys.exit(error.exit_code)
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
