"""OPTIONS.md: every option of the configuration, written from its sections."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.config.example import schema

_HEAD = """\
# Every option

One TOML file, by default `/etc/auditor/auditor.toml`; [what stands around it](README.md). This page is written from the
program's own description of the file (`make documents`); `auditor config example` prints the same as a file to edit.

Durations are written with a unit: `"90s"`, `"5m"`, `"24h"`, `"30d"`, `"2w"`. Sizes too: `"200KB"`, `"10MiB"`. Paths are
relative to the file they stand in.
"""
_WORDS = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`", "object": "table"}
_FORMS = {"smhdw": "duration", "@": "address", "path": "path", "date": "date"}
"""What in the pattern or format of a text tells what it is."""


def page() -> str:
    """The whole page."""
    described = json.loads(schema())
    parts = [_HEAD]
    for name, option in described["properties"].items():
        parts += list(_section(name, option, described["$defs"]))
    return "\n".join(parts)


def _section(name: str, option: Mapping[str, Any], sections: Mapping[str, Any]) -> Iterator[str]:
    several = option.get("type") == "array"
    section = sections[(option["items"] if several else option)["$ref"].rpartition("/")[2]]
    yield f"## {'[[' if several else '['}{name}{']]' if several else ']'}"
    yield ""
    yield " ".join(section.get("description", "").split()) + (" One such part for each." if several else "")
    yield ""
    yield "| option | value | default | |"
    yield "|---|---|---|---|"
    required = section.get("required", [])
    for key, value in section["properties"].items():
        default = "required" if key in required else _default(value.get("default"))
        cells = (f"`{key}`", _value(value), default, value.get("description", ""))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _default(value: object) -> str:
    return "" if value in (None, "", [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _value(described: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    if "enum" in described or "const" in described:
        allowed = described.get("enum", [described.get("const")])
        return ", ".join(f"`{json.dumps(one)}`" for one in allowed)
    if "anyOf" in described:
        kinds = [_value(one) for one in described["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    return _kind(described)


def _kind(described: Mapping[str, Any]) -> str:
    kind, form = described.get("type"), described.get("pattern", "") + described.get("format", "")
    if kind == "array":
        return f"list: {_value(described['items'])}"
    if kind == ["integer", "string"]:
        return "size"
    if kind == "string":
        return next((word for sign, word in _FORMS.items() if sign in form), "text")
    return _WORDS[str(kind)] + _bounds(described)


def _bounds(described: Mapping[str, Any]) -> str:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    said = [f"{word} {described[key]:g}" for key, word in words.items() if key in described]
    return f", {' '.join(said)}" if said else ""
