"""For the administrator: does the auditor see everything, in time, and does it say what it has to say."""

from grafana.generator.colours import ALARM, CALM, FAINT, MASS, PERSONAL, SENT, TAILORED, WATCH, WELL
from grafana.generator.frame import PAGE, Plan, Row
from grafana.generator.panels import Ask, Panel, Said, lines, link, numbers, override, says, sheet

_STATES = {
    "watching": WELL,
    "polling": "#8cbf88",
    "catching_up": SENT,
    "connecting": FAINT,
    "throttled": WATCH,
    "failing": "#d98032",
    "refused": ALARM,
}
_CLASSES = {
    "mass": MASS,
    "tailored": TAILORED,
    "personal": PERSONAL,
    "brief": FAINT,
    "excluded": CALM,
}
_GONE = "The auditor gives no metrics: look at systemctl status auditor, then at the scrape target"


def plan() -> Plan:
    """The dashboard."""
    return Plan(
        uid="auditor-operations",
        title="Campaign auditor: operations",
        about="Whether the auditor sees everything, in time, and says what it has to say.",
        rows=[
            Row("", [*_now()]),
            Row("Mailboxes", [_mailboxes(), _lag(), _backlog(), _reconnects(), _single()]),
            Row("Work", [_messages(), _delay(), _skipped(), _counters()]),
            Row(
                "Letters, logins and the process",
                [_outbox(), _letters(), _credentials(), _tokens(), *_process()],
            ),
        ],
        since="now-6h",
        refresh="30s",
        teams=False,
        restarts=True,
    )


def _now() -> list[Panel]:
    leader = Said("Leader", "Processes that judge and speak for the store; it must be exactly one.", _GONE)
    store = Said(
        "Store", "Whether the store accepts writes. While it does not, reading waits; nothing is lost.", _GONE
    )
    config = Said(
        "Configuration",
        "Whether the last reading of the configuration succeeded. When it failed, the earlier one is in use; "
        "auditor check --offline names file, line and key.",
        _GONE,
    )
    late = Said("Late mailboxes", "Mailboxes that their server has not confirmed for 15 minutes.", _GONE)
    oldest = Said(
        "Furthest behind",
        "How long ago the mailbox that is furthest behind was confirmed: nothing past the cursor was unread.",
        "No mailbox has been confirmed yet",
    )
    backlog = Said("Waiting to be read", "Messages that are found but not stored yet.", _GONE)
    past = Said("First audit", "How much of the past that is to be read has been read.", "Not known yet")
    expires = Said(
        "Next expiry",
        "The certificate or secret that expires first.",
        "None has a date",
    )
    well = [(None, WELL), (1, WATCH), (10, ALARM)]
    leading = numbers(
        leader, [Ask("sum(auditor_analyst)")], (3, 4), steps=[(None, ALARM), (1, WELL), (2, ALARM)]
    )
    leading.mappings(says((0, 0, "none", ALARM), (1, 1, "one", WELL)))
    writable = numbers(store, [Ask("min(auditor_store_writable)")], (3, 4), steps=[(None, ALARM), (1, WELL)])
    writable.mappings(says((0, 0, "full", ALARM), (1, 1, "writable", WELL)))
    reloaded = numbers(
        config, [Ask("min(auditor_config_last_reload_successful)")], (3, 4), steps=[(None, ALARM), (1, WELL)]
    )
    reloaded.mappings(says((0, 0, "refused", ALARM), (1, 1, "in use", WELL)))
    return [
        leading,
        writable,
        reloaded,
        numbers(late, [Ask("sum(auditor_mailboxes_late)")], (3, 4), steps=well),
        numbers(
            oldest,
            [Ask("time() - min(auditor_oldest_sync_timestamp_seconds)")],
            (3, 4),
            unit="s",
            steps=[(None, WELL), (900, WATCH), (3600, ALARM)],
        ),
        numbers(
            backlog,
            [Ask("sum(auditor_backlog_messages)")],
            (3, 4),
            unit="locale",
            steps=[(None, WELL), (1000, WATCH)],
        ),
        numbers(
            past,
            [Ask("min(auditor_backfill_progress_ratio)")],
            (3, 4),
            unit="percentunit",
            steps=[(None, WATCH), (1, WELL)],
        ),
        numbers(
            expires,
            [Ask("min(auditor_credential_expiry_timestamp_seconds) - time()")],
            (3, 4),
            unit="s",
            steps=[(None, ALARM), (14 * 86400, WATCH), (60 * 86400, WELL)],
        ),
    ]


def _mailboxes() -> Panel:
    said = Said(
        "Mailboxes by what their watcher does",
        "Watching and polling are well. Refused waits for a person: login, folder or certificate. Throttled: the "
        "server asked for less, and is left alone for a while.",
        _GONE,
    )
    asks = [Ask("sum by (state) (auditor_mailboxes)", "{{state}}")]
    return lines(said, asks, (12, 8), stacked=True, decimals=0, colours=_STATES)


def _lag() -> Panel:
    said = Said(
        "How far behind",
        "How long ago the mailbox furthest behind was confirmed by its server, and how many are late by 15 minutes.",
        "No mailbox has been confirmed yet",
    )
    asks = [
        Ask("time() - min(auditor_oldest_sync_timestamp_seconds)", "Furthest behind"),
        Ask("sum(auditor_mailboxes_late)", "Late mailboxes"),
    ]
    panel = lines(said, asks, (12, 8), unit="s", colours={"Furthest behind": SENT, "Late mailboxes": ALARM})
    return override(
        panel,
        "Late mailboxes",
        **{
            "unit": "short",
            "custom.axisPlacement": "right",
            "custom.fillOpacity": 0,
            "custom.lineInterpolation": "stepAfter",
            "min": 0,
            "decimals": 0,
        },
    )


def _backlog() -> Panel:
    said = Said("Waiting to be read", "Messages that are found in mailboxes but not stored yet.", _GONE)
    return lines(said, [Ask("sum(auditor_backlog_messages)", "Messages")], (8, 8), colours={"Messages": SENT})


def _reconnects() -> Panel:
    said = Said(
        "Connections lost within an hour",
        "IMAP connections that ended before they should, by why: lost, refused or throttled by the server.",
        _GONE,
    )
    asks = [Ask("sum by (reason) (increase(auditor_imap_reconnects_total[1h]))", "{{reason}}")]
    colours = {"lost": SENT, "refused": ALARM, "throttled": WATCH}
    return lines(said, asks, (8, 8), colours=colours)


def _single() -> Panel:
    said = Said(
        "Mailboxes to look at",
        "At most 200 that are not watched or late, the one confirmed longest ago first. The id is that of "
        "auditor mailbox list; the page says what to do.",
        "Every mailbox is watched and in time",
    )
    asks = [
        Ask("time() - min by (mailbox) (auditor_mailbox_last_sync_timestamp_seconds)"),
        Ask("max by (mailbox) (auditor_mailbox_backlog_messages)"),
    ]
    columns = {"mailbox": "Mailbox", "Value #A": "Unconfirmed for", "Value #B": "Waiting"}
    panel = sheet(said, asks, (8, 8), key="mailbox", columns=columns, sort=("Unconfirmed for", True))
    override(panel, "Mailbox", links=link("Open the page", f"{PAGE}/"))
    return override(panel, "Unconfirmed for", unit="s", decimals=0)


def _messages() -> Panel:
    said = Said(
        "Live mail an hour, by its first verdict",
        "Sends found while watching; the past is not in it, and later changes of class are not either.",
        _GONE,
    )
    asks = [Ask("3600 * sum by (class) (rate(auditor_messages_total[$__rate_interval]))", "{{class}}")]
    return lines(said, asks, (12, 8), stacked=True, colours=_CLASSES)


def _delay() -> Panel:
    said = Said(
        "From found to stored",
        "How long a live send takes from being found to its verdict being stored: the middle one, and the slowest of "
        "10 and of 100. The promise is 2 seconds.",
        "No live mail in this time",
    )
    buckets = "sum by (le) (rate(auditor_classification_delay_seconds_bucket[$__rate_interval]))"
    some = "sum(rate(auditor_classification_delay_seconds_count[$__rate_interval]))"
    asks = [
        Ask(f"histogram_quantile({quantile}, {buckets}) and {some} > 0", name)
        for quantile, name in ((0.5, "Half"), (0.9, "9 of 10"), (0.99, "99 of 100"))
    ]
    return lines(said, asks, (12, 8), unit="s", colours={"Half": WELL, "9 of 10": SENT, "99 of 100": WATCH})


def _skipped() -> Panel:
    said = Said(
        "Messages that were not counted, and why",
        "Since the process started: messages that are no sends, that a server could not hand over, or that vanished.",
        _GONE,
    )
    asks = [Ask("sum by (reason) (auditor_skipped_messages_total)", "{{reason}}")]
    return lines(said, asks, (12, 8), decimals=0)


def _counters() -> Panel:
    said = Said(
        "Since this process started",
        "What it has done: sends and their recipients found live, sends of the past, unfilled fields, letters.",
        _GONE,
    )
    asks = [
        Ask("sum(auditor_messages_total)", "Live mails"),
        Ask("sum(auditor_deliveries_total)", "Their recipients"),
        Ask("sum(auditor_backfilled_messages_total)", "Mails of the past"),
        Ask("sum(auditor_merge_failures_total)", "Unfilled fields"),
    ]
    return numbers(said, asks, (12, 8), unit="locale", steps=[(None, CALM)])


def _outbox() -> Panel:
    said = Said(
        "Letters waiting",
        "Letters that the mail server has not taken yet, and how long the oldest has waited.",
        _GONE,
    )
    asks = [
        Ask("max(auditor_notification_queue)", "Letters"),
        Ask("time() - min(auditor_notifications_oldest_pending_timestamp_seconds)", "The oldest waits"),
    ]
    panel = lines(said, asks, (8, 8), decimals=0, colours={"Letters": SENT, "The oldest waits": WATCH})
    return override(panel, "The oldest waits", **{"unit": "s", "custom.axisPlacement": "right", "min": 0})


def _letters() -> Panel:
    said = Said(
        "Letters by what became of them",
        "Attempts since the process started. Repeated: the server may have taken it before. Delayed: it is tried "
        "again. Refused: the server does not want it.",
        _GONE,
    )
    asks = [Ask("sum by (outcome) (auditor_notifications_total)", "{{outcome}}")]
    colours = {"sent": WELL, "repeated": CALM, "delayed": WATCH, "refused": ALARM}
    return lines(said, asks, (8, 8), decimals=0, colours=colours)


def _credentials() -> Panel:
    said = Said(
        "Credentials and when they expire",
        "Certificates, and secrets whose end is configured (secret_expires). Without them their mailboxes are not read.",
        "No [[logins]] entry has a certificate or secret_expires",
    )
    asks = [Ask("min by (login) (auditor_credential_expiry_timestamp_seconds) - time()")]
    columns = {"login": "Login", "Value": "Expires in"}
    panel = sheet(said, asks, (8, 8), key="login", columns=columns, sort=("Expires in", False))
    return override(
        panel,
        "Expires in",
        **{
            "unit": "s",
            "decimals": 0,
            "custom.cellOptions": {"type": "color-text"},
            "thresholds": {
                "mode": "absolute",
                "steps": [
                    {"value": None, "color": ALARM},
                    {"value": 14 * 86400, "color": WATCH},
                    {"value": 60 * 86400, "color": WELL},
                ],
            },
        },
    )


def _tokens() -> Panel:
    said = Said(
        "Tokens that were refused or not given",
        "By login and why; auditor check names the step that is missing.",
        "No token has failed since the auditor started",
    )
    asks = [
        Ask("sum by (login, reason) (increase(auditor_token_failures_total[1h]))", "{{login}}: {{reason}}")
    ]
    return lines(said, asks, (8, 8), decimals=0)


def _process() -> list[Panel]:
    memory = Said("Memory", "What the process holds in memory.", _GONE)
    cpu = Said("Processor", "How much of one processor core the process uses.", _GONE)
    running = Said(
        "What runs",
        "Each process: release, Python, when it started, when its configuration was read, and a number that differs "
        "when the configuration does.",
        _GONE,
    )
    asks = [
        Ask("max by (instance, version, python) (auditor_build_info)"),
        Ask("1000 * max by (instance) (process_start_time_seconds and on (instance) auditor_build_info)"),
        Ask("1000 * max by (instance) (auditor_config_last_reload_success_timestamp_seconds)"),
        Ask("max by (instance) (auditor_config_hash) % 10000"),
    ]
    columns = {
        "instance": "Process",
        "version": "Release",
        "python": "Python",
        "Value #B": "Started",
        "Value #C": "Configuration read",
        "Value #D": "Its number",
    }
    runs = sheet(running, asks, (24, 5), key="instance", columns=columns)
    override(runs, "Started", unit="dateTimeFromNow")
    override(runs, "Configuration read", unit="dateTimeFromNow")
    ours = "and on (job, instance) auditor_build_info"
    return [
        lines(
            memory,
            [Ask(f"process_resident_memory_bytes {ours}", "{{instance}}")],
            (8, 8),
            unit="bytes",
            shades=SENT,
        ),
        lines(
            cpu,
            [Ask(f"rate(process_cpu_seconds_total[$__rate_interval]) {ours}", "{{instance}}")],
            (8, 8),
            unit="percentunit",
            shades=SENT,
        ),
        runs,
    ]
