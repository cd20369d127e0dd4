"""HTTP for libraries that block, so called in threads only: the only home of requests, an extra."""

import functools
from pathlib import Path

import requests

SECONDS = 30.0
NoAnswer = requests.RequestException
"""What every failure of the network or of TLS is."""


def session(ca_file: Path | None) -> requests.Session:
    """A session with a deadline, whose certificates are checked with `ca_file`, else with the system's.

    Said with each question: a session's own setting gives way to variables of the environment.
    """
    made = requests.Session()
    trusted = {"verify": str(ca_file)} if ca_file is not None else {}
    made.request = functools.partial(made.request, timeout=SECONDS, **trusted)
    return made
