"""The whole scan of an mbox beside Python's `email` package parsing it and decoding its text parts.

    python -m tests.benchmarks.scan [--messages 20000]

CPU seconds of both in one run, on the invented company's mail with earlier mail quoted below its text; ours
with those of the process that reads beside, and by stage.
"""

import argparse
import asyncio
import email
import json
import re
import tempfile
import time
from email import policy
from pathlib import Path

from rich.console import Console

from auditor.scan import command
from auditor.scan.request import Request
from tests.benchmarks.corpus import as_mbox, corpus
from tests.benchmarks.split import measured

_ENVELOPE = re.compile(rb"^From .*\n", re.MULTILINE)


def parsed(path: Path) -> int:
    """What the standard library does: every message parsed (compat32), its text parts decoded."""
    count = 0
    for raw in _ENVELOPE.split(path.read_bytes()):
        if not raw:
            continue
        for part in email.message_from_bytes(raw, policy=policy.compat32).walk():
            if part.get_content_maintype() == "text":
                data = part.get_payload(decode=True)
                if isinstance(data, bytes):
                    data.decode(part.get_content_charset() or "utf-8", "replace")
        count += 1
    return count


def main() -> None:
    """Measure, print a table for people and one line of JSON at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="auditor-scan-") as folder:
        path = Path(folder) / "sent.mbox"
        path.write_bytes(b"".join(as_mbox(corpus(asked.messages, asked.seed))))
        start = time.process_time()
        count = parsed(path)
        theirs = time.process_time() - start
        request = Request((str(path),), format="jsonl", output=Path(folder) / "verdicts.jsonl")
        with measured() as split:
            begun = time.monotonic()
            asyncio.run(command.run(request, Console(quiet=True)))
            wall = time.monotonic() - begun
        ours = split.total
    print(f"{'':<24}{'CPU s':>8} {'msgs/s':>8}")
    print(f"{'email (compat32)':<24}{theirs:>8.2f} {count / theirs:>8,.0f}")
    print(f"{'auditor scan':<24}{ours:>8.2f} {count / ours:>8,.0f}   {wall:.2f} s on the clock")
    split.show(count)
    reading = split.seconds["read"] + split.seconds["beside"]
    print(
        json.dumps(
            {
                "scan_vs_stdlib_email": round(ours / theirs, 3),
                "reading_vs_stdlib_email": round(reading / theirs, 3),
                "messages_per_second": round(count / ours),
            }
        )
    )


if __name__ == "__main__":
    main()
