"""For leadership: sentences, three colours, and never a number that cannot be explained."""

from grafana.generator.colours import ALARM, CALM, MASS, PERSONAL, SENT, TAILORED, USUAL, WATCH, WELL
from grafana.generator.frame import PAGE, Plan, Row
from grafana.generator.panels import (
    AS_KNOWN,
    Ask,
    Panel,
    Said,
    colour,
    lines,
    link,
    numbers,
    override,
    says,
    sheet,
    stacked_bars,
    words,
)
from grafana.generator.queries import (
    CLASSES,
    RATED,
    TEAMS,
    named,
    of_hundred,
    of_hundred_in_range,
    of_teams_that_send,
    outreach,
    target,
    top_templates,
    truth,
)

_FEW = "Fewer than 20 mails: a percentage would say more than is known"
_COUNTED = (
    "New mails and follow-ups to people outside the company. Answers to somebody, mail inside the company and "
    "mails under 15 words are not counted. Mail sent by platforms is not included."
)
TEAM_NAMES = [
    {
        "type": "value",
        "options": {"none": {"text": "No team", "index": 0}, "other": {"text": "Smaller teams", "index": 1}},
    }
]
_NARROW = {"Mails": 90, "Mass of 100": 115, "Target": 80, "Against it": 100}
_INTRODUCTION = """\
### Of 100 mails that reached a person outside the company, how many were written for that person?

**Mass-sent**: the same words went to at least 5 people in 3 organisations. **Tailored by hand**: such a text, with \
at least 12 of 100 words written for this one person. **Personal**: everything else.\
<br/>Based on **${watched} of ${people}** people; mail sent by platforms is not included. Team and time are chosen above."""


def plan() -> Plan:
    """The dashboard."""
    return Plan(
        uid="auditor-leadership",
        title="Campaign auditor: leadership",
        about="Of 100 mails that reached a person, how many were written for that person.",
        rows=[
            Row("", [_introduction(), *_headline(), *_trend()]),
            Row("Teams", [_teams(), _team_table()]),
            Row("How much is sent", [_volume(), _written()]),
            Row("Replies beside volume", [_replies(), _replies_now()]),
            Row("What is sent most, and what this is based on", [_templates(), _people()]),
        ],
        since="now-90d",
        refresh="5m",
        window="30d",
        coverage=True,
    )


def _introduction() -> Panel:
    return words(
        _INTRODUCTION, (24, 3), "What the figures on this dashboard mean, and what they are based on."
    )


def _headline() -> list[Panel]:
    window = Said(
        "Of 100 mails of the last ${window:text}",
        f"Of 100 mails that reached a person in the chosen window, as judged now. {_COUNTED}",
        _FEW,
    )
    over = Said(
        "Of 100 mails of the whole time shown",
        f"The same over all full days of the time range at the top right. {_COUNTED} {AS_KNOWN}",
        "No full day with 20 mails in this time yet; history can be loaded with: auditor history",
    )
    against = Said(
        "Against the target",
        "Mass-sent mails of the chosen window above what the target allows, of 100. The targets of the chosen teams "
        "are weighted by what each sent.",
        "No target is set: [targets] in the configuration",
    )
    stood = numbers(
        against,
        [Ask(f"{of_hundred('mass')} - {target()}")],
        (4, 5),
        unit="suffix: of 100 over",
        steps=[(None, WELL), (0.5, ALARM)],
    )
    stood.mappings(says((-100, 0.5, "Within", WELL)))
    return [
        numbers(window, [Ask(of_hundred(class_), name) for name, class_ in CLASSES.items()], (10, 5)),
        numbers(over, [Ask(of_hundred_in_range(class_), name) for name, class_ in CLASSES.items()], (10, 5)),
        stood,
    ]


def _trend() -> list[Panel]:
    said = Said(
        "Week by week: of 100 mails, how many were mass-sent, tailored, personal",
        f"Each point looks back over seven days. {_COUNTED} The dashed line is the company's target of today for mass-sent mail. "
        f"{AS_KNOWN}",
        "No seven days with 20 mails in this time yet; history can be loaded with: auditor history",
    )
    asks = [Ask(of_hundred(class_, window="7d"), name, interval="1h") for name, class_ in CLASSES.items()]
    asks.append(Ask("vector(100 * ($target)) >= 0", "Target for mass-sent", interval="1h"))
    panel = lines(said, asks, (24, 9), stacked=True, most=100, decimals=0, unit="none")
    override(
        panel,
        "Target for mass-sent",
        **{
            "color": {"mode": "fixed", "fixedColor": USUAL},
            "custom.stacking": {"mode": "none", "group": "T"},
            "custom.fillOpacity": 0,
            "custom.lineWidth": 2,
            "custom.lineStyle": {"fill": "dash", "dash": [10, 10]},
        },
    )
    return [panel]


def _teams() -> Panel:
    said = Said(
        "Of 100 mails of the last ${window:text}, by team",
        f"As above, for each team by itself. A team with fewer than 20 mails is not shown. {_COUNTED}",
        _FEW,
    )
    asks = [Ask(of_hundred(class_, "team")) for class_ in CLASSES.values()]
    columns = {"team": "Team"} | {f"Value #{ref}": name for ref, name in zip("ABC", CLASSES, strict=True)}
    panel = stacked_bars(said, asks, (12, 9), key="team", columns=columns, most=100)
    return override(panel, "Team", mappings=TEAM_NAMES)


def _team_table() -> Panel:
    said = Said(
        "Teams in numbers, last ${window:text}",
        "Mails that reached a person, how many of 100 were mass-sent, the team's target, and how many of 100 are "
        f"beyond it. A team with fewer than 20 mails has no percentage. {_COUNTED}",
        "Nothing was sent in this window",
    )
    mass = of_hundred("mass", "team")
    targets = f"100 * {truth('target_ratio', TEAMS, 'team')}"
    asks = [
        Ask(f"{outreach(RATED, 'team')} > 0"),
        Ask(mass),
        Ask(of_teams_that_send(targets)),
        Ask(f"{mass} - {targets}"),
    ]
    columns = {
        "team": "Team",
        "Value #A": "Mails",
        "Value #B": "Mass of 100",
        "Value #C": "Target",
        "Value #D": "Against it",
    }
    panel = sheet(
        said, asks, (12, 9), key="team", columns=columns, widths=_NARROW, sort=("Mass of 100", True)
    )
    panel.decimals(0)
    override(panel, "Team", mappings=TEAM_NAMES)
    override(panel, "Mails", unit="locale")
    override(
        panel,
        "Against it",
        **{
            "custom.cellOptions": {"type": "color-text"},
            "mappings": says((-100, 0.5, "within", WELL)),
            "unit": "suffix: over",
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": None, "color": WELL}, {"value": 0.5, "color": ALARM}],
            },
        },
    )
    return panel


def _volume() -> Panel:
    said = Said(
        "Mails that reached a person, day by day",
        f"Each column is the 24 hours before it. {_COUNTED} {AS_KNOWN}",
        "No day in this time yet; history can be loaded with: auditor history",
    )
    asks = [Ask(outreach(class_, window="24h"), name, interval="1d") for name, class_ in CLASSES.items()]
    return lines(said, asks, (16, 8), stacked=True, bars=True, decimals=0)


_ANSWERED = (
    "People outside who answered, of those reached who had not answered anything before: their first answer within "
    "14 days (answers.within), of mail that has had that time. Not shown under 30 people. Classes differ in whom they "
    "are sent to: it says that they differ, not why."
)
_NOT_READ = "What comes back is not read, or too few people were written to; [answers] in the configuration"


def _replies() -> Panel:
    said = Said(
        "Mails that reached a person, and of 100 people, how many answered",
        f"Columns, left: outreach of seven days. Lines, right, by class and of 30 days. {_ANSWERED} {AS_KNOWN}",
        _NOT_READ,
    )
    asks = [Ask(outreach(RATED, window="7d"), "Mails in 7 days", interval="1d")]
    asks += [
        Ask(f"100 * {_answered(class_)}", f"{name}: answered", interval="1d")
        for name, class_ in CLASSES.items()
    ]
    colours = {"Mails in 7 days": CALM} | {
        f"{name}: answered": shade for name, shade in zip(CLASSES, (MASS, TAILORED, PERSONAL), strict=True)
    }
    panel = lines(said, asks, (16, 9), decimals=0, colours=colours)
    bars = {"custom.drawStyle": "bars", "custom.fillOpacity": 35, "custom.lineWidth": 0}
    override(panel, "Mails in 7 days", **bars)
    for name in CLASSES:
        right = {"custom.axisPlacement": "right", "custom.lineWidth": 3, "decimals": 1}
        override(panel, f"{name}: answered", **right)
    return panel


def _replies_now() -> Panel:
    said = Said("Of 100 people, how many answered", f"Of 30 days, by class. {_ANSWERED}", _NOT_READ)
    asks = [Ask(f"100 * {_answered(class_)}", name) for name, class_ in CLASSES.items()]
    return numbers(said, asks, (8, 9), unit="none", decimals=1, pixels=45)


def _answered(class_: str) -> str:
    """The reply ratio of a class, of everybody."""
    return truth("organization_reply_ratio", f'kind="outreach",class="{class_}",window="30d"')


def _written() -> Panel:
    said = Said(
        "Of 100 words, written for one reader alone",
        "Words of outreach that only one person received, of all its words, over seven days: the whole company, and "
        f"the chosen teams. {AS_KNOWN}",
        "Nothing whose words could be compared was sent yet",
    )
    everyone = truth("organization_handwritten_share_ratio", 'kind="outreach",window="7d"', "kind")
    teams = truth("handwritten_share_ratio", f'{TEAMS},kind="outreach",window="7d"', "team")
    asks = [
        Ask(f"100 * {everyone}", "Everybody", interval="1h"),
        Ask(f"100 * {teams}", "{{team}}", interval="1h"),
    ]
    panel = lines(said, asks, (8, 8), decimals=0, unit="none", most=100, shades=USUAL)
    return override(
        panel,
        "Everybody",
        **{
            "color": {"mode": "fixed", "fixedColor": PERSONAL},
            "custom.lineWidth": 4,
            "custom.fillOpacity": 12,
        },
    )


def _templates() -> Panel:
    said = Said(
        "Sent most in the last ${window:text}",
        "The most used templates, by the names people gave them (auditor template name); a click opens the wording. "
        "A template is found by itself: wording that several mails share.",
        "No template was used in this window",
    )
    asks = [
        Ask(named(top_templates(count=10))),
        Ask(truth("template_senders", "", "template")),
        Ask(f"1000 * {truth('template_first_sent_timestamp_seconds', '', 'template')}"),
    ]
    columns = {
        "name": "Template",
        "Value #A": "Mails",
        "Value #B": "People who use it",
        "Value #C": "First sent",
        "template": "Id",
    }
    panel = sheet(
        said,
        asks,
        (16, 9),
        key="template",
        columns=columns,
        widths={"Mails": 110, "People who use it": 150, "First sent": 130, "Id": 130},
        sort=("Mails", True),
    )
    override(panel, "Template", links=link("Open its page", PAGE + '/templates/${__data.fields["Id"]}'))
    override(panel, "Mails", unit="locale")
    override(panel, "First sent", unit="dateTimeFromNow")
    return panel


def _people() -> Panel:
    said = Said(
        "People whose mail is read",
        "People of the people file by whether their Sent mailbox is read. What people who are not connected send "
        "is in no figure here.",
        "No people file is set: organisation.people_file in the configuration",
    )
    asks = [Ask(truth("people", f'{TEAMS},state="{state}"', "team")) for state in _STATES]
    columns = {"team": "Team"} | {
        f"Value #{ref}": name for ref, name in zip("ABC", _STATES.values(), strict=True)
    }
    panel = stacked_bars(said, asks, (8, 9), key="team", columns=columns)
    colour(panel, {"Read": SENT, "Not connected": CALM, "Cannot be read now": WATCH})
    return override(panel, "Team", mappings=TEAM_NAMES)


_STATES = {"watched": "Read", "failing": "Cannot be read now", "unwatched": "Not connected"}
