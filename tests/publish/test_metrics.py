"""The scrape: what Prometheus' own tools say of it, and what must never be in it."""

import re
import subprocess
import threading
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from auditor.answer.arrival import Sort
from auditor.answer.rates import Joined
from auditor.mailbox.status import State
from auditor.post.outbox import Outcome
from auditor.publish.gauges import gauges, troubled
from auditor.publish.metrics import Metrics, possible
from auditor.publish.snapshot import MAILBOX_STATES, MailboxFigure, Snapshot
from auditor.statistics.figures import Cell, Figures, Window, merge_failures
from auditor.vocabulary import Class, Direction, Kind
from tests.components import require
from tests.publish.invented import NOW, TEAMS, snapshot

NEW = (Direction.EXTERNAL, Kind.NEW, Class.MASS)


@pytest.fixture
def metrics():
    made = Metrics(TEAMS, version="1.2.3")
    made.show(snapshot())
    return made


def samples(metrics, name):
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == f"auditor_{name}"
    }


def exercise(metrics):
    """Use every counter once."""
    metrics.count_judged("Iberia", *NEW, deliveries=3)
    metrics.count_judged("Iberia", *NEW, deliveries=3, live=False)
    metrics.count_reclassified("Iberia", Direction.EXTERNAL, Kind.NEW, Class.PERSONAL, Class.MASS)
    metrics.count_merge_failure("Iberia")
    metrics.count_skipped("no_sender")
    metrics.count_reconnect("connection_lost")
    metrics.count_token_failure("microsoft", "no_mailbox_permission")
    metrics.count_notification("sent")
    metrics.count_alert("team", "above_usual")
    metrics.count_answers(
        Joined(sort, True, "Iberia", Kind.NEW, Class.MASS) for sort in (Sort.REPLY, Sort.BOUNCE, Sort.AUTO)
    )
    metrics.observe_delay(0.4)


def test_promtool_finds_nothing_to_say(metrics):
    exercise(metrics)
    promtool = require("promtool", "prometheus")
    told = subprocess.run(
        [promtool, "check", "metrics"], input=metrics.render(), capture_output=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")


def test_counters_start_at_zero_and_count(metrics):
    before = samples(metrics, "messages_total")
    assert set(before.values()) == {0.0}
    assert len(before) == (len(TEAMS) + 1) * len(possible(read_internal=False))
    exercise(metrics)
    cell = (("class", "mass"), ("direction", "external"), ("kind", "new"), ("team", "Iberia"))
    assert samples(metrics, "messages_total")[cell] == 1
    assert samples(metrics, "deliveries_total")[cell] == 3
    assert samples(metrics, "backfilled_messages_total")[("team", "Iberia"),] == 1
    assert b"_created" not in metrics.render()


def test_labels_are_bounded(metrics):
    for number in range(500):
        metrics.count_skipped(f"reason_{number}")
        metrics.count_judged(f"team {number}", *NEW, deliveries=1)
    skipped = samples(metrics, "skipped_messages_total")
    assert len(skipped) == 65
    assert skipped[("reason", "other"),] == 500 - 62  # two are known from the start
    teams = {dict(labels)["team"] for labels in samples(metrics, "messages_total")}
    assert teams == {*TEAMS, "other"}


def test_only_possible_combinations(metrics):
    shown = possible(read_internal=False)
    assert (Direction.EXTERNAL, Kind.AUTO, Class.MASS) not in shown
    assert (Direction.INTERNAL, Kind.NEW, Class.PERSONAL) not in shown
    assert (Direction.INTERNAL, Kind.NEW, Class.PERSONAL) in possible(read_internal=True)
    assert len(set(shown)) == len(shown)


def test_ratios_come_from_sums_and_complement_each_other(metrics):
    mass, personalized = samples(metrics, "mass_ratio"), samples(metrics, "personalized_ratio")
    assert mass.keys() == personalized.keys()
    assert all(mass[key] + personalized[key] == pytest.approx(1) for key in mass)
    week = {
        key: value for key, value in samples(metrics, "window_deliveries").items() if ("window", "7d") in key
    }
    of = {
        class_: sum(
            value
            for key, value in week.items()
            if {("class", class_), ("direction", "external")} <= set(key)
            and dict(key)["kind"] in ("new", "follow_up")
        )
        for class_ in ("mass", "tailored", "personal")
    }
    key = (("kind", "outreach"), ("unit", "deliveries"), ("window", "7d"))
    assert samples(metrics, "organization_mass_ratio")[key] == pytest.approx(of["mass"] / sum(of.values()))


def test_nothing_sent_is_no_ratio():
    empty = Snapshot(at=NOW, figures=Figures(NOW, {window: {} for window in Window}))
    found = {gauge.name: gauge.samples for gauge in gauges(empty)}
    assert found["mass_ratio"] == found["organization_mass_ratio"] == found["handwritten_share_ratio"] == []
    assert found["oldest_sync_timestamp_seconds"] == found["backfill_progress_ratio"] == []


def test_targets_stand_beside_the_ratios(metrics):
    assert samples(metrics, "target_ratio")[("team", "Iberia"),] == 0.4
    assert samples(metrics, "organization_target_ratio") == {(): 0.6}
    metrics.show(replace(snapshot(), target=None, targets={}))
    assert samples(metrics, "target_ratio") == samples(metrics, "organization_target_ratio") == {}


def test_merge_failures_of_a_window_are_those_of_its_sends(metrics):
    week = snapshot().figures.windows[Window.WEEK]
    shown = {dict(key)["team"]: value for key, value in samples(metrics, "window_merge_failures").items()
             if ("window", "7d") in key}  # fmt: skip
    assert shown == {team: merge_failures(week, team) for team in (*TEAMS, "other")}
    assert shown["Benelux"] > 0


def test_top_templates_are_told_by_age_and_by_who_uses_them(metrics):
    assert (
        samples(metrics, "template_first_sent_timestamp_seconds")[("template", "t77d0"),] == NOW - 3 * 86_400
    )
    assert samples(metrics, "template_senders")[("template", "t4f1c09aa"),] == 9
    assert samples(metrics, "templates_born")[("window", "7d"),] == 1


def test_a_follower_is_silent_about_the_store():
    names = {gauge.name for gauge in gauges(replace(snapshot(), figures=None))}
    assert "analyst" in names
    assert not names & {"window_messages", "mass_ratio", "templates", "alerts_open", "notification_queue"}


def test_single_mailboxes_are_the_worst_two_hundred():
    many = [MailboxFigure(f"m{n}", "failing", NOW - n) for n in range(1000)]
    well = [MailboxFigure("well", "watching", NOW - 5)]
    shown = troubled([*many, *well, MailboxFigure("never", "connecting")], NOW)
    assert len(shown) == 200
    assert [mailbox.id for mailbox in shown[:2]] == ["never", "m999"]
    assert "well" not in {mailbox.id for mailbox in shown}


def test_the_words_are_those_of_mailboxes_and_outbox(metrics):
    assert set(MAILBOX_STATES) == set(State)
    assert {dict(labels)["outcome"] for labels in samples(metrics, "notifications_total")} == set(Outcome)


def test_hostile_label_values_stay_one_line(metrics):
    hostile = 'a"b\\c\nauditor_analyst 7'
    named = replace(snapshot().figures, template_names={"t4f1c09aa": hostile})
    metrics.show(replace(snapshot(), figures=named))
    assert samples(metrics, "analyst") == {(): 1.0}
    assert samples(metrics, "template_info") == {(("name", hostile), ("template", "t4f1c09aa")): 1.0}


def test_a_scrape_sees_one_snapshot_whole(metrics):
    """While snapshots change, the organisation's ratio is always that of the sums beside it."""
    stop = threading.Event()
    cell = Cell("Iberia", *NEW)
    personal = Cell("Iberia", Direction.EXTERNAL, Kind.NEW, Class.PERSONAL)
    week = snapshot().figures.windows[Window.WEEK]
    states = [
        replace(snapshot(), figures=Figures(NOW, {Window.WEEK: {cell: week[cell], personal: volume}}))
        for volume in (week[cell], week[personal])
    ]

    def change():
        while not stop.is_set():
            for state in states:
                metrics.show(state)

    metrics.show(states[0])
    changer = threading.Thread(target=change)
    changer.start()
    try:
        pairs = set()
        for _ in range(30):
            text = metrics.render().decode()
            count = re.search(r'window_messages{class="personal",.*team="Iberia",window="7d"} (\S+)', text)[1]
            ratio = re.search(r'organization_mass_ratio{kind="all",unit="messages",window="7d"} (\S+)', text)[
                1
            ]
            pairs.add((count, ratio))
    finally:
        stop.set()
        changer.join()
    assert len(pairs) <= 2


def test_fifty_teams_stay_small():
    teams = [f"Field sales {number}" for number in range(50)]
    metrics = Metrics(teams, version="1")
    metrics.show(
        replace(snapshot(), mailboxes=tuple(MailboxFigure(f"m{n}", "failed", NOW) for n in range(10_000)))
    )
    assert len(metrics.render()) < 2_000_000


def test_logins_are_named_by_the_configuration(metrics):
    metrics.show(replace(snapshot(), expiries={"microsoft": 1_800_000_000.0}))
    metrics.count_token_failure("microsoft", "secret_expired", 2)
    assert samples(metrics, "credential_expiry_timestamp_seconds") == {(("login", "microsoft"),): 1.8e9}
    (failures,) = samples(metrics, "token_failures_total").items()
    assert failures == ((("login", "microsoft"), ("reason", "secret_expired")), 2.0)
