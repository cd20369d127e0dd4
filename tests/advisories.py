"""Are pinned packages known to be unsafe? `make audit` runs this with the Python that has pip-audit.

pip-audit says "no known vulnerabilities" also of packages it could not ask about: behind a mirror without
advisories that is all of them. Here what nobody answered for is a failure, and says what to do.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNSAFE, UNANSWERED = 1, 3
"""Exit statuses: an advisory is known; the service said nothing of some packages."""

NEXT = "run make audit where pypi.org can be reached, or ask another service with make audit SERVICE=osv"


@dataclass(frozen=True, slots=True)
class Advisory:
    """One known fault of one package."""

    package: str
    version: str
    name: str  # PYSEC-…, GHSA-…
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        mended = f"mended in {', '.join(self.mended_in)}" if self.mended_in else "not mended yet"
        return f"{self.package} {self.version}: {self.name}, {mended}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service knows of all packages."""

    advisories: tuple[Advisory, ...]
    answered: int
    unanswered: tuple[str, ...]  # names of packages

    @classmethod
    def of(cls, report: dict[str, Any]) -> "Answer":
        """Read the JSON that pip-audit prints."""
        packages = report["dependencies"]
        return cls(
            tuple(
                Advisory(one["name"], one["version"], known["id"], tuple(known["fix_versions"]))
                for one in packages
                for known in one.get("vulns", ())
            ),
            sum("skip_reason" not in one for one in packages),
            tuple(one["name"] for one in packages if "skip_reason" in one),
        )

    def told(self) -> tuple[int, str]:
        """Exit status, and what to print."""
        lines = [str(advisory) for advisory in self.advisories]
        if lines:
            lines.append("Pin what mends them: make requirements ARGS=--upgrade, then make test.")
        total = self.answered + len(self.unanswered)
        if self.unanswered:
            lines.append(
                f"The advisory service answered for {self.answered} of {total} packages; nothing is known of "
                f"{_some(self.unanswered)}. A mirror of packages has no advisories: {NEXT}."
            )
        elif not lines:
            lines.append(f"No advisory is known for any of {total} pinned packages.")
        return UNSAFE if self.advisories else UNANSWERED if self.unanswered else 0, "\n".join(lines)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.advisories", description=__doc__)
    parser.add_argument("requirements", type=Path)
    parser.add_argument("--service", default="pypi", choices=("pypi", "osv"))
    wanted = parser.parse_args()
    asked = subprocess.run(  # the program beside this Python, and a choice of two words
        [
            str(Path(sys.executable).with_name("pip-audit")), "--require-hashes", "--disable-pip",
            "--progress-spinner=off", "--format=json", "--desc=off",
            f"--vulnerability-service={wanted.service}", f"--requirement={wanted.requirements}",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        answer = Answer.of(json.loads(asked.stdout))
    except (ValueError, KeyError, TypeError):
        why = (asked.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"The advisory service {wanted.service} could not be asked: {why}", file=sys.stderr)
        print(
            "Run make audit where it can be reached, or ask another one: make audit SERVICE=osv",
            file=sys.stderr,
        )
        return UNANSWERED
    status, told = answer.told()
    print(told, file=sys.stderr if status else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
