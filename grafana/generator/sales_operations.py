"""For sales operations: templated volume against what is usual, incidents, and the templates behind them."""

from grafana.generator.colours import ALARM, CALM, SENT, USUAL, WATCH, WELL
from grafana.generator.frame import PAGE, Plan, Row
from grafana.generator.leadership import TEAM_NAMES
from grafana.generator.panels import (
    AS_KNOWN,
    Ask,
    Panel,
    Said,
    lines,
    link,
    numbers,
    override,
    ranks,
    says,
    sheet,
)
from grafana.generator.queries import CLASSES, named, top_templates, truth

_LEARNING = "What is usual is learned from the first audit on"
_BAND = {
    "Usual, at most": {
        "custom.fillBelowTo": "Usual, at least",
        "custom.lineWidth": 0,
        "custom.fillOpacity": 22,
        "color": {"mode": "fixed", "fixedColor": USUAL},
    },
    "Usual, at least": {
        "custom.lineWidth": 0,
        "custom.fillOpacity": 0,
        "color": {"mode": "fixed", "fixedColor": USUAL},
    },
    "Expected": {
        "custom.lineWidth": 1,
        "custom.fillOpacity": 0,
        "custom.lineStyle": {"fill": "dash", "dash": [6, 6]},
        "color": {"mode": "fixed", "fixedColor": USUAL},
    },
    "Sent in the last hour": {
        "custom.lineWidth": 3,
        "custom.fillOpacity": 0,
        "color": {"mode": "fixed", "fixedColor": SENT},
    },
}
_BECAUSE = [
    {
        "type": "value",
        "options": {
            word: {"text": said, "index": place}
            for place, (word, said) in enumerate(
                {
                    "lasted": "above usual, and it lasted",
                    "night_blast": "at an hour when hardly anything is sent",
                    "many_senders_new_template": "many people, a new template",
                    "single_send": "one mail to very many people",
                }.items()
            )
        },
    }
]


def plan() -> Plan:
    """The dashboard."""
    return Plan(
        uid="auditor-sales-operations",
        title="Campaign auditor: sales operations",
        about="Templated mail against what is usual, incidents, and the templates behind them.",
        rows=[
            Row("", [*_now(), _everybody()]),
            Row("Teams", [_team_table(), _days()]),
            Row("Templates", [_growing(), _born(), _senders()]),
            Row("Mistakes and corrections", [_merge_failures(), _incidents(), _reclassified()]),
            Row("Each team against its own usual", [_each_team()], collapsed=True),
        ],
        since="now-24h",
        refresh="30s",
        window="7d",
    )


def _now() -> list[Panel]:
    hour = f"sum({truth('templated_messages_last_hour', '', 'team')})"
    high = truth("organization_usual_templated_messages", 'bound="high"', "bound")
    sent = Said(
        "Templated, last hour",
        "External mails of everybody in the last hour that follow a template, mass-sent and tailored.",
    )
    beyond = Said(
        "More than usual",
        "Templated mails of the last hour beyond the upper end of what is usual for such an hour: 97 of 100 such "
        "hours have fewer.",
        _LEARNING,
    )
    opened = Said("Open incidents", "Incidents that are open now; each was written about in one letter.")
    born = Said(
        "New templates, ${window:text}",
        "Templates that reached enough people and were first sent within the window.",
    )
    unfilled = Said(
        "Unfilled fields, ${window:text}",
        "External mails of the chosen teams with a merge field that was not filled, such as “Dear null”.",
    )
    letters = Said("Letters waiting", "Alert mails that the mail server has not taken yet.")
    failures = truth("window_merge_failures", 'team=~"$team",window="$window"', "team")
    more = numbers(
        beyond, [Ask(f"{hour} - sum({high})")], (4, 4), unit="locale", steps=[(None, WELL), (1, ALARM)]
    )
    more.mappings(says((None, 0, "no", WELL)))
    return [
        numbers(sent, [Ask(hour)], (4, 4), unit="locale", steps=[(None, SENT)]),
        more,
        numbers(
            opened,
            [Ask(f"sum({truth('alerts_open', '', 'scope')})")],
            (4, 4),
            steps=[(None, WELL), (1, ALARM)],
        ),
        numbers(
            born, [Ask(truth("templates_born", 'window="$window"', "window"))], (4, 4), steps=[(None, CALM)]
        ),
        numbers(unfilled, [Ask(f"sum({failures})")], (4, 4), unit="locale", steps=[(None, WELL), (1, WATCH)]),
        numbers(
            letters,
            [Ask(truth("notification_queue", "", "job"))],
            (4, 4),
            steps=[(None, WELL), (1, WATCH), (10, ALARM)],
        ),
    ]


def _everybody() -> Panel:
    said = Said(
        "Everybody: templated mails of an hour, against what is usual",
        "Each point counts the hour before it, mass-sent and tailored, outside the company. The band holds 95 of 100 "
        "such hours. Incidents are marked; the letter about them is the alarm, this is the picture.",
        _LEARNING,
    )
    usual = "organization_usual_templated_messages"
    asks = [
        Ask(truth(usual, 'bound="high"', "job"), "Usual, at most"),
        Ask(truth(usual, 'bound="low"', "job"), "Usual, at least"),
        Ask(truth(usual, 'bound="expected"', "job"), "Expected"),
        Ask(f"sum({truth('templated_messages_last_hour', '', 'team')})", "Sent in the last hour"),
    ]
    return _with_band(lines(said, asks, (24, 9), decimals=0))


def _each_team() -> Panel:
    said = Said(
        "$team",
        "Templated mails of each hour, with what is usual for this team at that hour of its week.",
        _LEARNING,
    )
    usual = "usual_templated_messages"
    asks = [
        Ask(truth(usual, 'team=~"$team",bound="high"', "job"), "Usual, at most"),
        Ask(truth(usual, 'team=~"$team",bound="low"', "job"), "Usual, at least"),
        Ask(truth(usual, 'team=~"$team",bound="expected"', "job"), "Expected"),
        Ask(truth("templated_messages_last_hour", 'team=~"$team"', "job"), "Sent in the last hour"),
    ]
    panel = _with_band(lines(said, asks, (8, 7), decimals=0))
    return panel.repeat("team").repeat_direction("h").max_per_row(3)


def _with_band(panel: Panel) -> Panel:
    for name, properties in _BAND.items():
        override(panel, name, **properties)
    return panel


def _team_table() -> Panel:
    said = Said(
        "Teams now",
        "Templated mails of each team in the last hour beside what is usual for it at this hour of its week, and of "
        "the last ${window:text}.",
        "No team has sent anything yet",
    )
    hour = truth("templated_messages_last_hour", 'team=~"$team"', "team")
    high = truth("usual_templated_messages", 'team=~"$team",bound="high"', "team")
    expected = truth("usual_templated_messages", 'team=~"$team",bound="expected"', "team")
    sending = f"and on (team) sum by (team) ({_window('30d')}) > 0"
    asks = [
        Ask(f"{expr} {sending}")
        for expr in (hour, expected, high, f"({hour} - {high})", f"sum by (team) ({_window('$window')})")
    ]
    columns = {
        "team": "Team",
        "Value #A": "Last hour",
        "Value #B": "Expected",
        "Value #C": "Usual at most",
        "Value #D": "More than usual",
        "Value #E": "In the window",
    }
    widths = {
        "Last hour": 95,
        "Expected": 90,
        "Usual at most": 115,
        "More than usual": 130,
        "In the window": 115,
    }
    panel = sheet(said, asks, (12, 8), key="team", columns=columns, widths=widths, sort=("Last hour", True))
    panel.decimals(0)
    override(panel, "Team", mappings=TEAM_NAMES)
    override(panel, "In the window", unit="locale")
    return override(
        panel,
        "More than usual",
        **{
            "custom.cellOptions": {"type": "color-text"},
            "mappings": says((None, 0, "no", WELL)),
            "unit": "suffix: more",
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": None, "color": WELL}, {"value": 1, "color": ALARM}],
            },
        },
    )


def _days() -> Panel:
    said = Said(
        "Templated mails a day",
        f"Of the chosen teams, the last 30 days whatever time is chosen; each column is the 24 hours before it. {AS_KNOWN}",
        "No full day yet; history can be loaded with: auditor history",
    )
    asks = [
        Ask(f"sum({_window('24h', class_)})", name, interval="1d")
        for name, class_ in CLASSES.items()
        if class_ != "personal"
    ]
    return lines(said, asks, (12, 8), stacked=True, bars=True, decimals=0).time_from("30d")


def _window(window: str, class_: str = "mass|tailored") -> str:
    matchers = f'direction="external",team=~"$team",class=~"{class_}",window="{window}"'
    return truth("window_messages", matchers, "team", "kind", "class")


def _growing() -> Panel:
    said = Said(
        "Templates that are sent most, and how they grow",
        "Mails of the last 24 hours, 7 and 30 days; growth is the last 24 hours against the daily mean of the 7 days "
        "before now. A click opens the wording.",
        "No template is in use",
    )
    day, week = (truth("template_messages", f'window="{window}"', "template") for window in ("24h", "7d"))
    asks = [
        Ask(named(top_templates())),
        Ask(day),
        Ask(week),
        Ask(truth("template_messages", 'window="30d"', "template")),
        Ask(f"{day} / ({week} / 7)"),
        Ask(truth("template_senders", "", "template")),
        Ask(f"1000 * {truth('template_first_sent_timestamp_seconds', '', 'template')}"),
    ]
    columns = {
        "name": "Template",
        "Value #B": "24 hours",
        "Value #C": "7 days",
        "Value #D": "30 days",
        "Value #E": "Growth",
        "Value #F": "People",
        "Value #G": "First sent",
        "template": "Id",
    }
    panel = sheet(
        said,
        asks,
        (24, 10),
        key="template",
        columns=columns,
        widths={
            "24 hours": 110, "7 days": 110, "30 days": 110, "Growth": 160, "People": 100, "First sent": 140, "Id": 140,
        },
        sort=("24 hours", True),
    )  # fmt: skip
    override(panel, "Template", links=link("Open its page", PAGE + '/templates/${__data.fields["Id"]}'))
    override(panel, "First sent", unit="dateTimeFromNow")
    return override(
        panel,
        "Growth",
        **{
            "unit": "suffix:× a usual day",
            "decimals": 1,
            "custom.cellOptions": {"type": "color-text"},
            "thresholds": {
                "mode": "absolute",
                "steps": [
                    {"value": None, "color": CALM},
                    {"value": 2, "color": WATCH},
                    {"value": 5, "color": ALARM},
                ],
            },
        },
    )


def _born() -> Panel:
    said = Said(
        "Templates that are known, and that began",
        "Wording that several mails share and that reached enough people; wording that has not (yet); and templates "
        "that began within the last 7 days.",
        "No template was found yet",
    )
    asks = [
        Ask(truth("templates", 'state="reached"', "job"), "Reached enough people"),
        Ask(truth("templates", 'state="not_reached"', "job"), "Shared, few people so far"),
        Ask(truth("templates_born", 'window="7d"', "job"), "Began within 7 days"),
    ]
    colours = {
        "Reached enough people": SENT,
        "Shared, few people so far": CALM,
        "Began within 7 days": WATCH,
    }
    return lines(said, asks, (12, 9), decimals=0, colours=colours)


def _senders() -> Panel:
    said = Said(
        "People who use each template",
        "Of the most used templates: how many people sent it within 30 days. Many people on a new one is a campaign.",
        "No template is in use",
    )
    users = f"topk(12, {truth('template_senders', '', 'template')})"
    return ranks(said, [Ask(f"sort_desc({named(users)})", "{{name}}")], (12, 9), colour_=SENT)


def _merge_failures() -> Panel:
    said = Said(
        "Mails with an unfilled field, by team",
        "External mails of the last 24 hours at each point, with a merge field that was not filled.",
        "No team has sent anything yet",
    )
    asks = [Ask(truth("window_merge_failures", 'team=~"$team",window="24h"', "team"), "{{team}}")]
    return lines(said, asks, (8, 8), decimals=0, shades=WATCH)


def _incidents() -> Panel:
    said = Said(
        "Incidents opened in the time shown",
        "What the volume belonged to, and why the incident opened.",
        "No incident was opened in this time",
    )
    opened = "round(sum by (scope, reason) (increase(auditor_alerts_opened_total[$__range]))) > 0"
    columns = {"scope": "About one", "reason": "Because", "Value": "Incidents"}
    widths = {"About one": 95, "Incidents": 90}
    panel = sheet(
        said, [Ask(opened)], (8, 8), key="scope", columns=columns, widths=widths, sort=("Incidents", True)
    )
    return override(panel, "Because", mappings=_BECAUSE)


def _reclassified() -> Panel:
    said = Said(
        "Earlier mails that changed class",
        "The first copies of a campaign look personal: when the template grows, they become mass, and every figure "
        "moves at the time they were sent. Counted since the auditor started.",
        "No earlier mail has changed class since the auditor started",
    )
    moved = 'sum by (from, to) (auditor_reclassified_total{team=~"$team"})'
    widths = {"They were": 110, "They are": 110}
    columns = {"from": "They were", "to": "They are", "Value": "Mails"}
    return sheet(said, [Ask(moved)], (8, 8), key="from", columns=columns, widths=widths, sort=("Mails", True))
