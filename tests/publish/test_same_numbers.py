"""Every number from the raw sends, and the same from the store, /metrics, the page and the report."""

import json
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from auditor.publish.metrics import Metrics
from auditor.publish.report import Told, as_json
from auditor.publish.web import Site
from auditor.statistics.figures import Window
from auditor.statistics.report import Basis, start_of
from auditor.statistics.tally import Counted
from auditor.store.database.schema import metadata
from auditor.store.reading.figures import Remembered, read_figures, read_overview
from auditor.store.reading.report import read_report
from auditor.vocabulary import OUTREACH, RATED, TEMPLATED, Class, Direction, Kind
from tests.publish.invented import NOW, fill, snapshot
from tests.publish.test_web import BEARER, client

TEAMS = ("Benelux", "Iberia", "none")
ZONE = ZoneInfo("Europe/Brussels")


def raw():
    """Two thousand sends of 40 days, of every kind and class."""
    numbers = random.Random(11)
    for _ in range(2000):
        class_ = numbers.choice([one for one in Class if one is not Class.EXCLUDED])
        yield Counted(
            sender=f"p{numbers.randrange(30)}@own.example",
            team=numbers.choice(TEAMS),
            template=f"t{numbers.randrange(30)}" if class_ in (Class.MASS, Class.TAILORED) else None,
            sent_at=NOW - numbers.choice([3000, 80_000, 6 * 86_400, 40 * 86_400]) * numbers.random(),
            direction=Direction.EXTERNAL if numbers.random() < 0.85 else Direction.INTERNAL,
            kind=numbers.choice([Kind.NEW, Kind.FOLLOW_UP, Kind.REPLY, Kind.FORWARD, Kind.SERVICE]),
            class_=class_,
            deliveries=numbers.randrange(1, 6),
            words=numbers.randrange(10, 300),
            share=numbers.random() if class_ in RATED else None,
            merge_failure=numbers.random() < 0.02,
        )


SENDS = tuple(raw())


@pytest.fixture(scope="module")
def store():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connection:
        fill(connection, [(one, number) for number, one in enumerate(SENDS, 1)], NOW)
        yield connection
    engine.dispose()


def inside(window):
    """The sends of a window: those whose bucket it holds, of five minutes for three days, then hours."""
    for one in SENDS:
        width = 300 if one.sent_at >= (NOW - 72 * 3600) // 3600 * 3600 else 3600
        if one.sent_at // width * width >= window.start(NOW):
            yield one


def outreach(window, team=None, unit="deliveries"):
    """The three parts of the headline, counted one by one."""
    sums = Counter()
    for one in inside(window):
        external = one.direction is Direction.EXTERNAL and one.kind in OUTREACH
        if external and one.class_ in RATED and team in (None, one.team):
            sums[one.class_] += one.deliveries if unit == "deliveries" else 1
    return tuple(sums[class_] for class_ in (Class.MASS, Class.TAILORED, Class.PERSONAL))


def written(window):
    measured = [
        one
        for one in inside(window)
        if one.direction is Direction.EXTERNAL and one.kind in OUTREACH and one.share is not None
    ]
    return sum(round(one.share * one.words) for one in measured) / sum(one.words for one in measured)


@pytest.fixture(scope="module")
def shown(store):
    """What the daemon hands to metrics and pages."""
    return replace(snapshot(NOW), figures=read_figures(store, NOW, Remembered()))


@pytest.fixture(scope="module")
def scraped(shown):
    metrics = Metrics(TEAMS, version="1")
    metrics.show(shown)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("window", Window)
def test_metrics_are_what_was_sent(scraped, window):
    sums = Counter()
    for one in inside(window):
        sums[one.team, one.direction, one.kind, one.class_] += one.deliveries
    for (team, direction, kind, class_), deliveries in sums.items():
        labels = {"team": team, "direction": direction, "kind": kind, "class": class_, "window": window}
        assert scraped["auditor_window_deliveries", *sorted(labels.items())] == deliveries
    total = sum(
        value
        for key, value in scraped.items()
        if key[0] == "auditor_window_deliveries" and ("window", window) in key
    )
    assert total == sum(sums.values())
    for unit in ("deliveries", "messages"):
        mass, *rest = outreach(window, unit=unit)
        labels = ("kind", "outreach"), ("unit", unit), ("window", window)
        assert scraped["auditor_organization_mass_ratio", *labels] == mass / (mass + sum(rest))
        for team in TEAMS:
            mass, *rest = outreach(window, team, unit)
            if mass + sum(rest):
                key = "auditor_mass_ratio", ("kind", "outreach"), ("team", team), *labels[1:]
                assert scraped[key] == mass / (mass + sum(rest))
    key = "auditor_organization_handwritten_share_ratio", ("kind", "outreach"), ("window", window)
    assert scraped[key] == pytest.approx(written(window))


@pytest.mark.parametrize("window", [Window.DAY, Window.WEEK, Window.MONTH])
def test_the_report_says_the_same(store, scraped, window):
    told = Told("Own Ltd", ZONE, Basis("Based on everybody."), at=NOW)
    found = json.loads(as_json(read_report(store, start_of(window.seconds, NOW), NOW, ZONE), told))
    for unit in ("deliveries", "messages"):
        counted = found["outreach"][unit]
        assert (counted["mass"], counted["tailored"], counted["personal"]) == outreach(window, unit=unit)
        key = "auditor_organization_mass_ratio", ("kind", "outreach"), ("unit", unit), ("window", window)
        assert counted["mass_ratio"] == scraped[key]
    assert found["handwritten_share"] == pytest.approx(written(window))
    teams = {one["team"]: (one["mass"], one["tailored"], one["personal"]) for one in found["teams"]}
    assert teams == {team: parts for team in TEAMS if sum(parts := outreach(window, team))}
    days = [(day["mass"], day["tailored"], day["personal"]) for day in found["days"]]
    assert tuple(map(sum, zip(*days, strict=True))) == outreach(window)
    assert found["messages"] == sum(1 for _ in inside(window))
    assert found["senders"] == len({one.sender for one in inside(window)})
    assert found["merge_failures"] == sum(
        one.merge_failure for one in inside(window) if one.direction is Direction.EXTERNAL
    )
    aside = sum(found["not_counted"].values())
    assert aside + sum(outreach(window, unit="messages")) == found["messages"]


async def test_the_page_says_the_same(store, shown):
    async def overview():
        return read_overview(store, NOW, ZONE)

    metrics = Metrics(TEAMS, version="1")
    site = Site("Own Ltd", ZONE, lambda: shown, overview, lambda _id: None, metrics.render)
    async with client(site) as session:
        text = await (await session.get("/", headers=BEARER)).text()
    midnight = datetime.fromtimestamp(NOW, ZONE).replace(hour=0, minute=0, second=0).timestamp()
    today = sum(
        midnight <= one.sent_at < NOW and one.class_ in TEMPLATED and one.direction is Direction.EXTERNAL
        for one in SENDS
    )
    assert f"<strong>{today}</strong> templated mails today; usual by now 30–104" in text
    parts = outreach(Window.WEEK)
    assert f"{sum(parts):,}".replace(",", "\u202f") + " deliveries of new mails and follow-ups" in text
    mass, tailored, personal = (round(100 * one / sum(parts)) for one in parts)
    headline = re.search(r'id="headline">(.*?)</h1>', text, re.DOTALL)[1]
    for percent, said in zip(re.findall(r"(\d+)&nbsp;", headline), (mass, tailored, personal), strict=True):
        assert abs(int(percent) - said) <= 1
    assert f"{round(100 * written(Window.WEEK))} of 100 words" in text
    for team in ("Benelux", "Iberia"):
        row = re.search(rf'<th scope="row">{team}</th>(.*?)</tr>', text, re.DOTALL)[1]
        counted = outreach(Window.WEEK, team)
        assert f'<td class="n opt">{sum(counted):,}'.replace(",", "\u202f") in row
        assert f"{counted[0]:,}".replace(",", "\u202f") in row
