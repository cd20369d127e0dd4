"""What is read from the tally equals what the sends themselves say."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert
from sqlalchemy.pool import StaticPool

from auditor.statistics.figures import (
    Cell,
    Parts,
    Scale,
    Unit,
    Window,
    handwritten_share,
    parts,
    templated_messages,
)
from auditor.statistics.tally import Counted
from auditor.store.database.schema import incident, metadata, outbox, template_alias
from auditor.store.reading.figures import read_figures, read_overview, read_template, read_template_senders
from auditor.vocabulary import Class, Direction, Kind
from tests.publish.invented import NOW, figures, fill

ZONE = ZoneInfo("Europe/Brussels")


@st.composite
def counted(draw):
    class_ = draw(st.sampled_from([Class.MASS, Class.TAILORED, Class.PERSONAL, Class.BRIEF]))
    return Counted(
        sender=draw(st.sampled_from(["a@own.example", "b@own.example", "c@own.example"])),
        team=draw(st.sampled_from(["North", "South", "none"])),
        template=draw(st.sampled_from([None, "t0", "t1"])),
        sent_at=NOW + draw(st.integers(-31 * 86400, 3600)),
        direction=draw(st.sampled_from(Direction)),
        kind=draw(st.sampled_from([Kind.NEW, Kind.FOLLOW_UP, Kind.REPLY])),
        class_=class_,
        deliveries=draw(st.integers(0, 9)),
        words=draw(st.integers(0, 300)),
        share=None if class_ is Class.BRIEF else draw(st.floats(0, 1)),
        merge_failure=draw(st.booleans()),
    )


@pytest.fixture
def connection():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connected:
        yield connected
    engine.dispose()


@given(st.lists(counted(), max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_windows_equal_the_sends(connection, sends):
    fill(connection, [(one, number) for number, one in enumerate(sends, 1)], NOW)
    read = read_figures(connection, NOW)
    for window in Window:
        inside = [one for one in sends if window.start(NOW) <= one.sent_at // 300 * 300 <= NOW]
        expected = Counter(Cell(one.team, one.direction, one.kind, one.class_) for one in inside)
        assert {cell: v.messages for cell, v in read.windows[window].items() if v.messages} == dict(expected)
        assert sum(v.deliveries for v in read.windows[window].values()) == sum(
            one.deliveries for one in inside
        )
        assert sum(v.merge_failures for v in read.windows[window].values()) == sum(
            o.merge_failure for o in inside
        )
        used = Counter(one.template for one in inside if one.template and sends_of(one.template, sends) > 1)
        assert dict(read.top_templates[window]) == dict(used)
    connection.rollback()


def sends_of(template, sends):
    return sum(one.template == template for one in sends)


@given(st.lists(counted(), max_size=40))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_templates_are_told_by_birth_and_by_who_uses_them(connection, sends):
    fill(connection, [(one, number) for number, one in enumerate(sends, 1)], NOW)
    read = read_figures(connection, NOW)
    users = {id_: [one for one in sends if one.template == id_] for id_ in ("t0", "t1")}
    births = {id_: min(one.sent_at for one in own) for id_, own in users.items() if own}
    for window in Window:
        born = [id_ for id_, at in births.items() if len(users[id_]) >= 5 and at >= window.start(NOW)]
        assert read.templates_born[window] == len(born)
    top = set(dict(read.top_templates[Window.MONTH]))
    assert read.template_births == {id_: births[id_] for id_ in top}
    month = Window.MONTH.start(NOW)
    assert read_template_senders(connection, read) == {
        id_: len(names)
        for id_ in top
        if (names := {one.sender for one in users[id_] if one.sent_at >= month})
    }
    connection.rollback()


@given(st.lists(counted(), max_size=25))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_days_are_local_and_equal_the_sends(connection, sends):
    fill(connection, [(one, number) for number, one in enumerate(sends, 1)], NOW)
    days = read_overview(connection, NOW, ZONE).days
    assert len(days) == 14
    assert days[-1].date == datetime.fromtimestamp(NOW, ZONE).date()
    for day in days:
        own = [
            one
            for one in sends
            if datetime.fromtimestamp(one.sent_at, ZONE).date() == day.date
            and one.sent_at // 300 * 300 <= NOW
            and one.direction is Direction.EXTERNAL
            and one.kind is not Kind.REPLY
        ]
        mass, tailored, personal = (
            sum(one.deliveries for one in own if one.class_ is class_)
            for class_ in (Class.MASS, Class.TAILORED, Class.PERSONAL)
        )
        assert day.parts == Parts(mass, tailored, personal)
    connection.rollback()


def test_an_empty_store_has_no_ratio(connection):
    read = read_figures(connection, NOW)
    assert parts(read.windows[Window.WEEK], Scale.ALL, Unit.MESSAGES).mass_ratio is None
    assert handwritten_share(read.windows[Window.WEEK], Scale.ALL) is None
    assert read.templates == {"reached": 0, "not_reached": 0}
    assert read_template(connection, "t0", NOW, ZONE) is None


def test_letters_and_incidents_are_counted(connection):
    letter = {"occasion": "opened", "recipients": "", "subject": "", "text": "", "html": "", "due_at": NOW}
    for number, state in enumerate(["pending", "unknown", "sent", "refused"]):
        row = letter | {"message_id": f"<{number}>", "state": state, "created_at": NOW - number}
        connection.execute(insert(outbox).values(row))
    opened = {
        "series": "t0",
        "unit": "sends",
        "reason": "lasted",
        "cause": "above_usual",
        "until": NOW,
        "first_seen": NOW,
        "updated_at": NOW,
        "window": 3600,
    }
    opened |= {"observed": 9, "usual": 1, "low": 0, "high": 3}
    for state, scope in [
        ("open", "template"),
        ("open", "template"),
        ("pending", "team"),
        ("resolved", "team"),
    ]:
        at = None if state == "pending" else NOW
        connection.execute(
            insert(incident).values(opened | {"state": state, "scope": scope, "opened_at": at})
        )
    read = read_figures(connection, NOW)
    assert (read.letters_waiting, read.oldest_letter_at) == (2, NOW - 1)
    assert read.open_incidents == {"template": 2}
    assert [one.state for one in read_overview(connection, NOW, ZONE).incidents] == [
        "open",
        "open",
        "resolved",
    ]


def test_a_template_has_a_story_under_its_old_ids_too(connection):
    one = Counted(
        "a@own.example",
        "North",
        "t0",
        NOW - 3600,
        Direction.EXTERNAL,
        Kind.NEW,
        Class.MASS,
        3,
        100,
        0.1,
        False,
    )
    fill(connection, [(one, number) for number in range(1, 7)], NOW)
    connection.execute(insert(template_alias).values(id="t9", template="t0"))
    told = read_template(connection, "t9", NOW, ZONE)
    assert (told.template.id, told.template.name, told.template.reached) == ("t0", "Name of t0", True)
    assert (told.template.recent_sends, told.template.recent_deliveries, told.template.senders) == (6, 18, 1)
    assert (told.teams[0].team, told.teams[0].deliveries, told.kinds) == ("North", 18, {"new": 6})
    assert told.mean_share == pytest.approx(0.1)
    assert told.days[-1].parts.mass == 18


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_percentages_add_up(mass, tailored, personal):
    counted = Parts(mass, tailored, personal)
    shown = counted.of_hundred()
    assert sum(shown) == (100 if counted.total else 0)
    for percent, amount in zip(shown, (mass, tailored, personal), strict=True):
        assert not counted.total or abs(percent - 100 * amount / counted.total) < 1


def test_templated_messages_are_external_mass_and_tailored():
    day = figures().windows[Window.DAY]
    assert templated_messages(day, "none") == 1 + 1 + 1  # mass new, mass follow_up, tailored new


def test_windows_are_a_running_bucket_and_full_ones():
    assert Window.HOUR.start(NOW) == NOW // 300 * 300 - 3600
    assert Window.MONTH.start(NOW) == NOW // 3600 * 3600 - 30 * 86400
