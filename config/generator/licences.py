"""LICENCES.md: what is installed with the auditor, and under which licence, from the packages' own metadata."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

_HEAD = """\
# Licences of what is installed with it

The auditor is under GPL-3.0-or-later. These are the packages of [requirements.txt](../../requirements.txt), with the
licence that each gives itself. Written by `make documents`.

| package | version | licence |
|---|---|---|
"""
_ELSEWHERE = {"colorama": "BSD-3-Clause"}
"""Installed on other systems only, so that its metadata is not at hand."""


def page(requirements: Path) -> str:
    """The whole page.

    Args:
        requirements: the file with the pins; a package that it names is installed here, to the version.
    """
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", requirements.read_text(encoding="utf-8")):
        pins.setdefault(name, []).append(version)
    rows = [f"| {name} | {', '.join(versions)} | {_licence(name)} |" for name, versions in pins.items()]
    return _HEAD + "\n".join(rows) + "\n"


def _licence(name: str) -> str:
    try:
        told = metadata(name).json
    except PackageNotFoundError:
        return _ELSEWHERE[name]
    classifiers = [one for one in told.get("classifier", ()) if one.startswith("License :: ")]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one != "License :: OSI Approved"]
    own = str(told.get("license", "")).strip().partition("\n")[0]  # some write the whole licence there
    return str(told.get("license_expression") or ", ".join(named) or own)
