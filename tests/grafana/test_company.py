"""Every query of every panel, against a real Prometheus that scrapes the demo's company."""

import asyncio
import threading
from contextlib import AsyncExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auditor.publish.metrics import CONTENT_TYPE, Metrics
from tests.components import require
from tests.components.company import company
from tests.components.prometheus import prometheus
from tests.grafana.asked import RULES, interpolated, of_frames, of_panels
from tests.publish.invented import TEAMS, snapshot
from tests.publish.test_metrics import exercise

ONLY_WHEN_SOMETHING_IS_WRONG = {
    "operations: Next expiry A": "the demo's mailboxes have passwords",
    "operations: Credentials and when they expire A": "the same",
    "operations: Tokens that were refused or not given A": "the same",
    "operations: Mailboxes to look at A": "every mailbox of the demo is watched and in time",
    "operations: Mailboxes to look at B": "the same",
    "operations: Letters waiting B": "every letter of the demo is taken at once",
}
"""What gives no data where all is well; an invented auditor in trouble answers these."""

ONLY_FOR_A_MOMENT = {"operations: annotation Starts": "the minute after the start is over by then"}


@pytest.mark.timeout(400)
async def test_every_query_of_every_panel_returns_data(tmp_path):
    require("prometheus", "prometheus")
    silent = []
    place = folder(tmp_path, "prometheus")
    async with AsyncExitStack() as stack:
        sending = await stack.enter_async_context(company(folder(tmp_path, "company")))
        await sending.load_history(place / "data")
        targets = {"auditor": sending.port}
        scraping = await stack.enter_async_context(prometheus(place, targets, rules=(RULES,), interval="2s"))
        await scraping.until("auditor_build_info")
        sending.begin()
        await sending.until_letter()
        await scraping.until("sum(auditor_alerts_open) > 0")
        await scraping.until("sum(increase(auditor_alerts_opened_total[30s])) > 0")
        await scraping.until("auditor_template_senders")
        await scraping.until("sum(rate(auditor_classification_delay_seconds_count[20s])) > 0")
        for asked in [*of_panels(), *of_frames()]:
            if asked.where in {*ONLY_WHEN_SOMETHING_IS_WRONG, *ONLY_FOR_A_MOMENT}:
                continue
            if not await asyncio.to_thread(scraping.now, interpolated(asked.expr)):
                silent.append(f"{asked.where}: {interpolated(asked.expr)}")
        groups = (await asyncio.to_thread(scraping.get, "rules"))["groups"]
        raised = (await asyncio.to_thread(scraping.get, "alerts"))["alerts"]
    assert not silent, "\n".join(silent)
    assert not [rule["lastError"] for group in groups for rule in group["rules"] if rule["health"] == "err"]
    firing = {alert["labels"]["alertname"] for alert in raised if alert["state"] == "firing"}
    assert firing <= {"AuditorIncidentOpen"}, "a company that is well raises no alarm"


async def test_what_is_only_there_when_something_is_wrong(tmp_path):
    require("prometheus", "prometheus")
    metrics = Metrics(TEAMS, version="1")
    exercise(metrics)
    with served(metrics) as port:
        async with prometheus(tmp_path, {"auditor": port}) as scraping:
            await scraping.until("auditor_build_info")
            metrics.show(snapshot())
            exercise(metrics)
            await scraping.until("sum(increase(auditor_token_failures_total[30s])) > 0")
            rare = [asked for asked in of_panels() if asked.where in ONLY_WHEN_SOMETHING_IS_WRONG]
            assert len(rare) == len(ONLY_WHEN_SOMETHING_IS_WRONG)
            for asked in rare:
                assert await asyncio.to_thread(scraping.now, interpolated(asked.expr)), asked.where


def folder(parent, name):
    (parent / name).mkdir()
    return parent / name


class served:  # noqa: N801  # read as `with served(...)`
    """The metrics of an invented auditor, over HTTP."""

    def __init__(self, metrics):
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                body = metrics.render()
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self._server.server_port

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
