"""Write the dashboards; with --check only say whether the committed ones are current."""

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.generator import leadership, operations, sales_operations
from grafana.generator.frame import Plan, frame

FOLDER = Path(__file__).parents[1] / "dashboards"


def dashboards() -> dict[str, str]:
    """File names and JSON."""
    plans: dict[str, Plan] = {
        "leadership.json": leadership.plan(),
        "sales-operations.json": sales_operations.plan(),
        "operations.json": operations.plan(),
    }
    return {
        name: json.dumps(frame(plan), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
        for name, plan in plans.items()
    }


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 1 when a committed dashboard is not what this would write."""
    made = dashboards()
    if "--check" in arguments:
        there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
        stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
        if stale:
            sys.stderr.write(f"not current: {', '.join(stale)}; run: make dashboards\n")
        return 1 if stale else 0
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
