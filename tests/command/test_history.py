"""The past as a file for Prometheus: the truth of every hour, and a real Prometheus that shows it."""

import asyncio
import random
import subprocess
import time

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from auditor.command import history
from auditor.config import load
from auditor.errors import AuditorError, UsageError
from auditor.pseudonyms import Pseudonyms, load_or_make_key
from auditor.publish.gauges import gauges
from auditor.publish.history import FAMILIES, Target
from auditor.publish.snapshot import Snapshot
from auditor.statistics.figures import Window
from auditor.statistics.tally import FINE_FOR_SECONDS, Counted, changes
from auditor.store.database.meta import write_meta
from auditor.store.engine import open_store
from auditor.store.ledger.tallies import move_tally
from auditor.store.reading.figures import read_figures
from auditor.vocabulary import Class, Direction, Kind
from tests.components import require
from tests.components.prometheus import prometheus

TARGET = Target("auditor", "127.0.0.1:9478")
HOSTILE = 'North "1"\\\n'
TEAMS = (HOSTILE,)


def sends(now, days, count, teams):
    """Invented sends, only in even hours: at the beginning of an odd one no window has a running bucket."""
    numbers = random.Random(7)
    for _ in range(count):
        hour = now // 7200 * 7200 - 7200 * numbers.randrange(days * 12)
        yield Counted(
            sender="mia@own.example",
            team=numbers.choice(teams),
            template=None,
            sent_at=hour + numbers.uniform(0, 3599),
            direction=Direction.EXTERNAL if numbers.random() < 0.8 else Direction.INTERNAL,
            kind=numbers.choice([Kind.NEW, Kind.REPLY]),
            class_=numbers.choice([Class.MASS, Class.PERSONAL]),
            deliveries=numbers.randrange(1, 5),
            words=numbers.randrange(20, 200),
            share=numbers.random(),
            merge_failure=False,
        )


@pytest.fixture
def company(tmp_path):
    """A configuration, and its open store with a past."""
    path = tmp_path / "auditor.toml"
    path.write_text('[organisation]\ndomains = ["own.example"]\n[store]\npath = "auditor.db"\n')
    config = load(path)
    store = open_store(config.store.path, Pseudonyms(load_or_make_key(config.store.key_path)))
    yield config, store
    store.close()


def fill(store, now, days=33, count=2000, teams=TEAMS):
    fine = int((now - FINE_FOR_SECONDS) // 3600) * 3600
    counted = changes(((None, one) for one in sends(now, days, count, teams)), fine)
    store.run_here(lambda one: move_tally(one, counted))
    store.run_here(lambda one: write_meta(one, "armed_at", b"1"))


def test_every_hour_is_what_the_metrics_would_have_said(company, tmp_path):
    config, store = company
    now = time.time()
    fill(store, now)
    written = history.write(config, tmp_path / "h.om", TARGET)  # beside the open store, as beside the daemon
    assert now - 4 * 3600 - 60 < written.last <= now - 3 * 3600 + 60
    families = list(text_string_to_metric_families((tmp_path / "h.om").read_text()))
    assert {family.name for family in families} == {f"auditor_{name}" for name in FAMILIES}
    found = {}
    for family in families:
        for sample in family.samples:
            labels = dict(sample.labels)
            assert (labels.pop("job"), labels.pop("instance")) == (TARGET.job, TARGET.instance)
            found.setdefault(float(sample.timestamp), {})[sample.name, *sorted(labels.items())] = sample.value
    assert sum(len(samples) for samples in found.values()) == written.samples
    assert len(found) == (written.last - written.first) // 3600 + 1 > 32 * 24
    for hour in random.Random(3).sample([hour for hour in sorted(found) if hour % 7200], 6):
        expected = store.run_here(lambda one, hour=hour: shown(read_figures(one, hour)))
        actual = {key: value for key, value in found[hour].items() if value or "ratio" in key[0]}
        assert actual == pytest.approx(expected)


def shown(figures):
    """The samples of history's families that the live metrics would show, those that are not 0."""
    samples = {}
    for gauge in gauges(Snapshot(figures.at, figures)):
        if gauge.name not in FAMILIES:
            continue
        for values, value in gauge.samples:
            labels = dict(zip(gauge.labels, values, strict=True))
            if labels["window"] != Window.HOUR and (value or "ratio" in gauge.name):
                samples["auditor_" + gauge.name, *sorted(labels.items())] = value
    return samples


def test_nothing_to_tell_and_nowhere_to_write(company, tmp_path):
    config, store = company
    with pytest.raises(UsageError, match="let the first audit finish"):
        history.write(config, tmp_path / "h.om", TARGET)
    fill(store, time.time(), count=50)
    with pytest.raises(AuditorError, match="choose another --output"):
        history.write(config, tmp_path / "missing" / "h.om", TARGET)
    early = time.time() - 20 * 86_400
    assert history.write(config, tmp_path / "h.om", TARGET, early).last <= early


def test_the_recipe_names_every_step(company, tmp_path):
    config, store = company
    now = time.time()
    fill(store, now, 3, 50)
    told = history.recipe(history.write(config, tmp_path / "h.om", TARGET), "Europe/Brussels", now)
    assert "--storage.tsdb.retention.time=400d" in told
    assert "--max-block-duration=48h \\\n" in told  # a line that a shell goes on with
    assert f"openmetrics {tmp_path / 'h.om'} DATA" in told
    assert "not finished" not in told
    large = history.Written(tmp_path / "h.om", 10**6, 0, 10**7, complete=False)
    assert "--max-block-duration=486h" in (told := history.recipe(large, "UTC", 600 * 86_400.0))
    assert "retention.time=635d" in told
    assert "not finished" in told


async def test_prometheus_shows_the_past_ninety_days(company, tmp_path):
    promtool = require("promtool", "prometheus")
    config, store = company
    now = time.time()
    fill(store, now, 92, 3000, ("South",))
    written = await asyncio.to_thread(history.write, config, tmp_path / "h.om", TARGET)
    block, folder = f"--max-block-duration={history.block_for(written)}", tmp_path / "prometheus"
    arguments = ["tsdb", "create-blocks-from", block, "openmetrics", tmp_path / "h.om", folder / "data"]
    made = await asyncio.to_thread(subprocess.run, [promtool, *arguments], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    async with prometheus(folder, {}) as started:
        days = started.get(
            "query_range",
            query='sum(auditor_window_deliveries{window="24h",direction="external"})',
            start=str(written.last - 90 * 86_400),
            end=str(written.last),
            step="1d",
        )
        assert len(days["result"][0]["values"]) == 91
        odd = written.last // 7200 * 7200 - 3600
        labels = "kind='outreach',window='30d',unit='deliveries'"
        value = started.now(f"auditor_organization_mass_ratio{{{labels}}} @ {odd}")[0]["value"][1]
        expected = store.run_here(lambda one: shown(read_figures(one, odd)))
        key = ("kind", "outreach"), ("unit", "deliveries"), ("window", "30d")
        assert float(value) == pytest.approx(expected["auditor_organization_mass_ratio", *key])
