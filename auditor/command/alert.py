"""The commands `auditor alert …` and `auditor plan …`."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from auditor.command.options import DEFAULT_CONFIG, ConfigPath, Format, console
from auditor.command.tables import Fitted
from auditor.config import Config, load
from auditor.config.units import duration
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.request.series import Meant

alert_app = typer.Typer(
    help="Spikes: what is going on, who is at it, what to be told of.", no_args_is_help=True
)
plan_app = typer.Typer(help="Campaigns that are planned: no letter tells of them.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in auditor alert list.")]
TemplateOption = Annotated[str | None, typer.Option("--template", help="A template, by its id or name.")]
TeamOption = Annotated[str | None, typer.Option("--team", help="A team of the people file.")]
SenderOption = Annotated[str | None, typer.Option("--sender", help="One of our addresses.")]


@alert_app.command("list")
def alert_list(
    config: ConfigPath = DEFAULT_CONFIG,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    format_: Format = "text",
) -> None:
    """Incidents: what, how much, what is usual, since when, who is at it."""
    from auditor.command import client  # noqa: PLC0415  # the small commands start without the machinery
    from auditor.question import incidents  # noqa: PLC0415  # the small commands start without the machinery
    from auditor.question.alerts import ListIncidents  # noqa: PLC0415

    loaded = load(config)
    found = client.ask(loaded, ListIncidents(open_only=not all_))
    if format_ == "json":
        typer.echo(incidents.as_json(found))
    elif found:
        table = incidents.as_table([incidents.Row(**one) for one in found], _zone(loaded))
        console().print(Fitted(table))
    else:
        typer.echo(
            "No incident has opened yet." if all_ else "No incident is open; --all shows those that are over."
        )


@alert_app.command("acknowledge")
def alert_acknowledge(number: Number, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Say that somebody is at an incident: no letter tells that it grew; that it is over is still told."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.request.incident import Acknowledge  # noqa: PLC0415

    typer.echo(client.change(load(config), Acknowledge(number)))


@alert_app.command("silence")
def alert_silence(
    number: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="An incident: what it is about is silenced.")
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="For how long, such as 12h or 7d; 0s ends it.")] = "7d",
    template: TemplateOption = None,
    team: TeamOption = None,
    sender: SenderOption = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Want no letters about a template, a team, a sender, or what an incident is about, for a while."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.request.incident import Silence  # noqa: PLC0415

    loaded = load(config)
    try:
        seconds = duration(for_).total_seconds()
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    given = [one for one in (template, team, sender) if one]
    if (number is None) != bool(given):
        raise UsageError("give the id of an incident, or one of --template, --team and --sender")
    about = _meant(loaded, template, team, sender)
    typer.echo(client.change(loaded, Silence(seconds, number, about)))


@alert_app.command("test")
def alert_test(
    to: Annotated[list[str] | None, typer.Option("--to", help="Instead of alerts.to; may repeat.")] = None,
    digest: Annotated[
        bool, typer.Option("--digest", help="The weekly digest as it would be now, to digest.to.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Send a sample letter, marked as such, on the way that every letter takes."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question.alerts import SendSample  # noqa: PLC0415

    typer.echo(client.ask(load(config), SendSample(tuple(to or ()), digest)))


@alert_app.command("replay")
def alert_replay(
    events: Annotated[
        Path,
        typer.Argument(metavar="EVENTS.csv", help="Templated sends: time,sender,team,template,recipients."),
    ],
    people: Annotated[Path, typer.Option("--people", help="CSV with the people, teams and time zones.")],
    at_most_per_month: Annotated[
        float, typer.Option("--at-most-per-month", min=0.01, help="False alarms you accept in a month.")
    ] = 1.0,
    holidays: Annotated[
        str | None,
        typer.Option("--holidays", metavar="CC|FILE", help="Countries, as in DE,US; or a file of dates."),
    ] = None,
) -> None:
    """Print the incidents that would have opened over recorded sends, one JSON object a line.

    Nothing opens in the first two weeks: there the usual values are learned.
    """
    from auditor.replay import command  # noqa: PLC0415

    request = command.Request(events, people, at_most_per_month, holidays)
    for line in command.run(request, Console(stderr=True)):
        typer.echo(line)


@plan_app.command("list")
def plan_list(
    config: ConfigPath = DEFAULT_CONFIG,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    format_: Format = "text",
) -> None:
    """What is planned, from when to when, and how many mails are expected."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.question import incidents  # noqa: PLC0415
    from auditor.question.alerts import ListPlans  # noqa: PLC0415

    loaded = load(config)
    found = client.ask(loaded, ListPlans(with_past=all_))
    if format_ == "json":
        typer.echo(incidents.as_json(found))
    elif found:
        table = incidents.plans_table([incidents.PlanRow(**one) for one in found], _zone(loaded))
        console().print(Fitted(table))
    else:
        typer.echo("Nothing is planned.")


@plan_app.command("add")
def plan_add(
    from_: Annotated[str, typer.Option("--from", help="Begin: 2026-11-20 or 2026-11-20T08:00, local time.")],
    to: Annotated[str, typer.Option("--to", help="End; a day alone is meant with all its hours.")],
    expected: Annotated[int, typer.Option("--expected", min=1, help="How many mails in all.")],
    template: TemplateOption = None,
    team: TeamOption = None,
    sender: SenderOption = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Expect a campaign of a template, a team or a sender; without one of them, of everybody."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.request.plan import AddPlan  # noqa: PLC0415

    loaded = load(config)
    starts = moment("--from", from_, _zone(loaded))
    ends = moment("--to", to, _zone(loaded), whole_day=True)
    about = _meant(loaded, template, team, sender)
    typer.echo(client.change(loaded, AddPlan(starts, ends, expected, about)))


@plan_app.command("remove")
def plan_remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number in auditor plan list.")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Take a plan back."""
    from auditor.command import client  # noqa: PLC0415
    from auditor.request.plan import RemovePlan  # noqa: PLC0415

    typer.echo(client.change(load(config), RemovePlan(number)))


def moment(option: str, text: str, zone: ZoneInfo, *, whole_day: bool = False) -> float:
    """A day or a moment of a time zone, in seconds since the epoch; with `whole_day` a day's end.

    Raises:
        UsageError: it is neither.
    """
    try:
        if len(text) <= len("2026-11-20"):
            day = date.fromisoformat(text) + timedelta(days=1 if whole_day else 0)
            return datetime.combine(day, time(), zone).timestamp()
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{option}: write a day or a moment, as in 2026-11-20 or 2026-11-20T08:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def _meant(loaded: Config, template: str | None, team: str | None, sender: str | None) -> "Meant":
    """The series that somebody means; a team or a sender that is not known is refused here."""
    from auditor.config.company import company_of  # noqa: PLC0415
    from auditor.request.series import Meant  # noqa: PLC0415

    company = company_of(loaded)
    if team and team not in company.teams():
        raise UsageError(f"--team: no team {team} is shown; there are: {', '.join(company.teams())}")
    if sender and not company.is_ours(company.resolve(sender.lower())):
        raise UsageError(f"--sender: {sender} is not one of ours; check organisation.domains")
    return Meant(template, team, company.resolve(sender.lower()) if sender else None)


def _zone(loaded: Config) -> ZoneInfo:
    return ZoneInfo(loaded.organisation.timezone)
