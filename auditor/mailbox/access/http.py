"""HTTP for libraries that block, so used in threads only: the only home of requests, an extra."""

from pathlib import Path
from typing import Any

import requests

SECONDS = 30.0
NoAnswer = requests.RequestException
"""What every failure of the network or of TLS is."""


class _Session(requests.Session):
    def __init__(self, ca_file: Path | None) -> None:
        super().__init__()
        self._trusted = {} if ca_file is None else {"verify": str(ca_file)}

    def request(self, method: Any, url: Any, *arguments: Any, **options: Any) -> requests.Response:
        return super().request(method, url, *arguments, **{"timeout": SECONDS, **self._trusted, **options})


def session(ca_file: Path | None) -> requests.Session:
    """A session with a deadline, whose certificates are checked with `ca_file`, else with the usual ones.

    `ca_file` is named with each question: a session's own setting gives way to the environment's.
    """
    return _Session(ca_file)
