"""Everything the demo's company says, in TOML files beside the code."""

import tomllib
from importlib.resources import files
from typing import Any


def read(name: str) -> dict[str, Any]:
    """One of the text files of this folder."""
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
