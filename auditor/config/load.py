"""Read the file, and say everything that is wrong with it at once."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from auditor.config.renamed import RENAMED, Renamed, renew
from auditor.config.sections import Config
from auditor.errors import ConfigError


def load(path: Path) -> Config:
    """Read the configuration at `path`; relative paths in it are relative to its folder.

    Raises:
        ConfigError: one line for every fault, with file, line, key and what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin every file with a mark
    except PermissionError:
        raise ConfigError(f"{path}: you may not read the configuration; root and its group may") from None
    except OSError as error:
        hint = ". Write one with: auditor config example" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{path}: cannot read the configuration: {error.strerror}{hint}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the configuration is not UTF-8; save it as UTF-8") from None
    return parse(text, path)


def parse(text: str, path: Path, renamed: Sequence[Renamed] = RENAMED) -> Config:
    """Like `load`, for a text that is already at hand; `path` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, a thousand brackets
        raise ConfigError(f"{path}: not a configuration: a number or a list in it has no end") from None
    outdated = renew(table, renamed)
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(path, text, detail) for detail in error.errors())) from None
    absolute: Config = _absolute(config, path.resolve().parent)
    absolute.note_outdated(f"{path}:{_line(text, keys)}: {_dotted(keys)} {said}" for keys, said in outdated)
    return absolute


def _fault(path: Path, text: str, detail: Any) -> str:
    """One line for one fault of pydantic's list."""
    keys = [key for key in detail["loc"] if not (isinstance(key, str) and key.startswith("function-"))]
    name = _dotted(keys)
    where = f"{path}:{_line(text, keys)}" if _line(text, keys) else f"{path}"
    match detail["type"]:
        case "extra_forbidden":
            known = _keys_at(keys[:-1])
            near = difflib.get_close_matches(str(keys[-1]), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"allowed here: {', '.join(known)}"
            return f"{where}: {name}: unknown key; {hint}"
        case "missing":
            return f"{where}: {name}: missing; this key is required"
        case "value_error":
            return f"{where}: {name or 'configuration'}: {detail['msg'].removeprefix('Value error, ')}"
    return f"{where}: {name}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _dotted(keys: list[Any]) -> str:
    """`mailboxes[2].host`; people count from one."""
    name = ""
    for key in keys:
        name += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if name else str(key)
    return name


def _line(text: str, keys: list[Any]) -> int | None:
    """The line of the table or key, as well as a look at the text can tell."""
    lines = text.splitlines()
    table, nth = (str(keys[0]), 1) if keys else ("", 1)
    if len(keys) > 1 and isinstance(keys[1], int):
        nth = keys[1] + 1
    header = re.compile(rf"\s*\[\[?\s*{re.escape(table)}\s*\]?\]")
    start = next((n for n, line in enumerate(lines) if header.match(line) and (nth := nth - 1) == 0), None)
    if start is None:
        return None
    key = re.compile(rf"\s*{re.escape(str(keys[-1]))}\s*=")
    for n in range(start + 1, len(lines)):
        if re.match(r"\s*\[", lines[n]):
            break
        if key.match(lines[n]):
            return n + 1
    return start + 1


def _keys_at(keys: list[Any]) -> list[str]:
    """The keys that the section at this place allows."""
    model: type[BaseModel] = Config
    for key in keys:
        if isinstance(key, int):
            continue
        annotation = model.model_fields[key].annotation
        candidates = [annotation, *get_args(annotation)]
        model = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return sorted(model.model_fields)


def _absolute(section: Any, folder: Path) -> Any:
    """The same section with every path made absolute."""
    if isinstance(section, Path):
        return folder / section.expanduser()
    if isinstance(section, tuple):
        return tuple(_absolute(item, folder) for item in section)
    if isinstance(section, BaseModel):
        fields = {name: _absolute(getattr(section, name), folder) for name in type(section).model_fields}
        return section.model_copy(update=fields)
    return section
