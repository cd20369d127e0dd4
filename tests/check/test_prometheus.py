"""How long Prometheus keeps what it read, asked of a real one."""

import pytest

from auditor.check import prometheus as looking
from auditor.check.prometheus import _days, look_at_retention
from tests.components import free_port
from tests.components.prometheus import prometheus


@pytest.mark.parametrize(
    ("kept", "days"),
    [("15d", 15), ("1y", 365), ("12w", 84), ("2d12h", 2.5), ("400d or 10GiB", 400), ("10GiB", None)],
)
def test_a_retention_is_understood(kept, days):
    assert _days(kept) == days


async def test_a_real_one_says_it(tmp_path, monkeypatch):
    async with prometheus(tmp_path, {}) as started:
        found = await look_at_retention(started.url)
        assert (found.ok, found.detail) == (True, "keeps 400d")
        monkeypatch.setattr(looking, "ENOUGH_DAYS", 500)
        found = await look_at_retention(started.url + "/")
        assert found.failed
        assert "--storage.tsdb.retention.time=400d" in found.detail


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "file:///etc/hostname", "nonsense"])
async def test_one_that_cannot_be_asked_is_named(url):
    found = await look_at_retention(url.format(port=free_port()))
    assert found.failed
    assert "check prometheus.url" in found.detail
