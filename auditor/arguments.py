"""Arguments as they travel between a command and the daemon: JSON, and typed dataclasses at both ends."""

import dataclasses
import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from auditor.errors import UsageError

T = TypeVar("T")


def written(value: Any) -> str:
    """The arguments of `value`, a dataclass, as JSON."""
    return json.dumps(dataclasses.asdict(value), ensure_ascii=False)


def read(kind: type[T], text: str) -> T:
    """The dataclass `kind` with the arguments in `text`.

    Raises:
        UsageError: an argument is missing, unknown, or of another type.
    """
    try:
        return TypeAdapter(kind).validate_json(text, extra="forbid", strict=True)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(key) for key in detail["loc"]) or kind.__name__
        raise UsageError(f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}") from None
