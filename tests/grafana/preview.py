"""Pictures of dashboards and report: the demo's company, Prometheus with its history, a drawing program.

`make preview` runs it. The drawing program is not part of this repository: anything that is called as
`DRAWER DASHBOARD.json PROMETHEUS_URL OUT.png --from T --to T --width PX --theme NAME --var NAME=VALUE`.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from auditor.publish.snapshot import Snapshot
from auditor.statistics.figures import Window
from tests.components.company import Company, company
from tests.components.prometheus import Prometheus, prometheus

DASHBOARDS = Path(__file__).parents[2] / "grafana" / "dashboards"
DAYS = 90
_AFTER_LETTER_SECONDS = 100.0
_NAMES = ("Price change", "Workshop air audit", "Trade fair follow-up", "School term offer", "New sensor")
"""What sales operations might call the templates that are used most."""


@dataclass(frozen=True)
class Picture:
    """One drawing: which dashboard, of which time, how wide, dark or light."""

    dashboard: str
    since: str
    width: int = 1600
    theme: str = "dark"
    suffix: str = ""
    quiet: tuple[str, ...] = ()  # panels that are empty where all is well

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.dashboard}{self.suffix}.png"


QUIET = (
    "Next expiry",
    "Mailboxes to look at",
    "Credentials and when they expire",
    "Tokens that were refused or not given",
)
PICTURES = (
    Picture("leadership", f"now-{DAYS}d"),
    Picture("leadership", f"now-{DAYS}d", theme="light", suffix="-light"),
    Picture("sales-operations", "now-3m"),
    Picture("operations", "now-3m", quiet=QUIET),
)


async def draw_all(drawer: Path, folder: Path, days: int, stay: bool) -> int:
    """Draw every picture into `folder`; the number of those that could not be drawn."""
    with tempfile.TemporaryDirectory(prefix="auditor-preview-") as name:
        place = Path(name)
        for part in ("company", "prometheus"):
            (place / part).mkdir()  # of a folder in memory's reach, before anything runs
        say(f"the company files the mail of {days} days, and it is audited")
        async with company(place / "company", days) as sending:
            await name_templates(sending)
            await sending.load_history(place / "prometheus" / "data")
            async with prometheus(place / "prometheus", {"auditor": sending.port}, interval="2s") as scraping:
                say(f"Prometheus scrapes it at {scraping.url}; waiting for the blast and its letter")
                await scraping.until("auditor_build_info", 120)
                sending.begin()
                await sending.until_letter()
                await asyncio.sleep(_AFTER_LETTER_SECONDS)
                faults = sum([await draw(one, drawer, folder, scraping) for one in PICTURES])
                faults += await draw_report(sending, folder)
                if stay:
                    say(f"page http://127.0.0.1:{sending.port}/?token={sending.token}; Ctrl-C ends it")
                    await asyncio.Event().wait()
    return faults


async def draw(picture: Picture, drawer: Path, folder: Path, scraping: Prometheus) -> bool:
    """Draw one; whether it failed."""
    target = folder / picture.name
    process = await asyncio.create_subprocess_exec(
        drawer,
        DASHBOARDS / f"{picture.dashboard}.json",
        scraping.url,
        target,
        *("--from", picture.since, "--to", "now", "--scrape-interval", "5s", "--timezone", "Europe/London"),
        *("--width", str(picture.width), "--theme", picture.theme, "--json", target.with_suffix(".json")),
        *(part for title in picture.quiet for part in ("--allow-empty", title)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    say(f"{target}: {'drawn' if process.returncode == 0 else 'not as it should be'}")
    if process.returncode != 0:
        sys.stdout.write(told.decode(errors="replace"))
    return process.returncode != 0


async def draw_report(sending: Company, folder: Path) -> bool:
    """Draw `auditor report` with Chromium; whether it failed."""
    page, target = sending.config.with_name("report.html"), folder / "report.png"
    await sending.command("report", "--output", str(page))
    chromium = shutil.which("chromium") or "chromium"
    process = await asyncio.create_subprocess_exec(
        *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
        *(f"--user-data-dir={page.parent / 'chromium'}", f"--screenshot={target.resolve()}"),
        *("--window-size=1280,2600", page.as_uri()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    await process.wait()
    say(f"{target}: {'drawn' if target.exists() else 'not drawn'}")
    return not target.exists()


async def name_templates(sending: Company) -> None:
    """Give the most used templates names, as people would."""
    snapshot: Snapshot | None = sending.running.snapshot
    assert snapshot is not None
    assert snapshot.figures is not None
    used = snapshot.figures.top_templates[Window.MONTH]
    for (template, _), name in zip(used, _NAMES, strict=False):
        await sending.command("template", "name", template, name)


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Exit status: 0 all drawn; 1 some were not; 2 something that is needed is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.grafana.preview", description=__doc__)
    parser.add_argument("--drawer", type=Path, required=True, help="the drawing program")
    parser.add_argument("--output", type=Path, default=Path("preview"), help="folder for the pictures")
    parser.add_argument("--days", type=int, default=DAYS, help="of the company's past")
    parser.add_argument("--stay", action="store_true", help="keep company and Prometheus up until Ctrl-C")
    chosen = parser.parse_args()
    if not chosen.drawer.is_file():
        sys.stderr.write(f"preview: no drawing program at {chosen.drawer}: make preview PREVIEW=PATH\n")
        return 2
    missing = [program for program in ("prometheus", "promtool", "chromium") if shutil.which(program) is None]
    if missing:
        sys.stderr.write(
            f"preview: {' and '.join(missing)} missing: tests/install-components installs what is needed\n"
        )
        return 2
    chosen.output.mkdir(parents=True, exist_ok=True)
    try:
        return min(1, asyncio.run(draw_all(chosen.drawer, chosen.output, chosen.days, chosen.stay)))
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
