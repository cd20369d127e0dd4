"""Every regular expression of the package, on text made from its own structure to be as slow as can be.

Found by importing every module and, for those written within a call, in the source. Each is used here as it
is used there: one that is only ever matched at a place is matched, any other is searched for everywhere.
"""

import ast
import importlib
import pkgutil
import re
import re._constants as sre
import re._parser as sre_parse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import auditor

PACKAGE = Path(auditor.__file__).parent
SECONDS = 2.0
"""Processor time for 1,000,000 characters; what is linear takes under half of it on a slow core."""

LONGEST = {
    # pattern: characters that it is ever given at once, and who sees to it
    "message.quote._OPENS": 400,  # _may_attribute
    "message.quote._OPENS_WRAPPED": 400,
    "message.quote._CLOSES": 160,  # _ends_with_verb
    "message.merge._BRACES": 5_000,  # has_failure; so for all of them
    "message.merge._EMPTY_GREETING": 80,
}

WRITTEN_ANEW = {"message.html._TAGS", "message.html._COMMENT", "message.html._RAW_ELEMENT"}
"""These are given what the HTML parser writes, which closes every tag and comment; a megabyte of markup of
each kind is in tests/message/test_hostile.py."""

ANYTHING = ("a", " ", "0", ".", "-", "@", "<", ">", ":", "\n", "\\", '"', "(", "=", "_", "é", "漢")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One expression, and how the package uses it."""

    name: str
    compiled: re.Pattern
    anchored: bool  # only matched at a given place


def _modules() -> Iterator[tuple[str, Path]]:
    for found in pkgutil.walk_packages(auditor.__path__, "auditor."):
        if not found.name.endswith("__main__"):
            name = found.name.removeprefix("auditor.")
            path = PACKAGE.joinpath(*name.split("."))
            yield name, path.with_suffix(".py") if not found.ispkg else path / "__init__.py"


@cache
def _trees() -> dict[str, ast.Module]:
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in _modules()}


def _patterns() -> Iterator[Pattern]:
    seen = set()
    for name, tree in _trees().items():
        module = importlib.import_module(f"auditor.{name}")
        for variable, value in vars(module).items():
            if isinstance(value, re.Pattern) and id(value) not in seen:
                seen.add(id(value))
                yield Pattern(f"{name}.{variable}", value, _methods(name, variable) <= {"match", "fullmatch"})
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    ast.Attribute(ast.Name("re"), method), [ast.Constant(str() | bytes() as text), *_]
                ) if method not in {"compile", "escape"}:
                    anchored = method in {"match", "fullmatch"}
                    yield Pattern(f"{name}:{node.lineno}", re.compile(text), anchored)


def _methods(module: str, variable: str) -> set[str]:
    """What is called on a pattern: in its own module, and in others where it is not private."""
    return {
        node.func.attr
        for name, tree in _trees().items()
        if name == module or not variable.startswith("_")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value).rpartition(".")[2] == variable
    }


# ---- text that nearly matches


def _sample(items) -> str:
    """Text that the items match, as short as they allow; repeated ones once where they may be absent."""
    return "".join(_of(kind, value) for kind, value in items)


def _of(kind, value) -> str:  # noqa: PLR0911  # one answer for each kind there is
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.NOT_LITERAL:
        return "a" if value != ord("a") else "b"
    if kind is sre.ANY:
        return "a"
    if kind is sre.IN:
        return _member(value)
    if kind is sre.BRANCH:
        return _sample(value[1][0])
    if kind is sre.SUBPATTERN:
        return _sample(value[3])
    if kind is sre.ATOMIC_GROUP:
        return _sample(value)
    if kind in _REPEATS:
        return _sample(value[2]) * max(1, value[0])
    if kind is sre.GROUPREF_EXISTS:
        return _sample(value[1])
    return ""  # looks around, places, references


_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)


def _member(members) -> str:
    for candidate in (
        *"a 0.-@<>:;,/\\\"'()[]{}=_\t\n\réЖ漢\u05d0",
        *map(chr, range(32, 127)),
        "\x00",
        "\u2028",
    ):
        if re.fullmatch(_class(members), candidate, re.DOTALL):
            return candidate
    kind, value = members[0]
    return chr(value[0] if kind is sre.RANGE else value) if kind in {sre.RANGE, sre.LITERAL} else "a"


def _class(members) -> str:
    """A character class, written again."""
    written = ""
    for kind, value in members:
        if kind is sre.NEGATE:
            written += "^"
        elif kind is sre.LITERAL:
            written += re.escape(chr(value))
        elif kind is sre.RANGE:
            written += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        elif kind is sre.CATEGORY:
            written += _CATEGORIES[value]
    return f"[{written}]"


_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _beginnings(items, before: str = "") -> Iterator[tuple[str, str]]:
    """For everything that repeats, wherever it stands: what leads there, and what is repeated."""
    for kind, value in items:
        if kind in _REPEATS:
            once = _sample(value[2])
            if value[1] > 8 and once:
                yield before, once
            yield from _beginnings(value[2], before)
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from _beginnings(branch, before)
        elif kind is sre.SUBPATTERN:
            yield from _beginnings(value[3], before)
        elif kind is sre.ATOMIC_GROUP:
            yield from _beginnings(value, before)
        elif kind in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from _beginnings(value[1], before)
        before += _of(kind, value)


def _adversaries(pattern: re.Pattern) -> dict[str, Callable[[int], str]]:
    """Ways to fill so many characters."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags & ~(re.UNICODE if isinstance(pattern.pattern, bytes) else 0)
    items = sre_parse.parse(text, flags)
    whole = _sample(items)
    fillings: dict[str, Callable[[int], str]] = {}

    def fill(first: str, again: str) -> None:
        if again:
            fillings.setdefault(f"{first!r} {again!r}…", lambda size: _filled(first, again, "\0", size))

    for first, again in dict.fromkeys(_beginnings(items)):
        fill(first, again)
        fill("", first + again)
        fill("", again + " ")
        fill(first, again + "\n")
        fill("", first + again * 50)
    for nearly in (whole, whole[:-1], whole[: len(whole) // 2 + 1], whole[:1]):
        fill("", nearly)
        fill("", nearly + "\n")
    for one in ANYTHING:
        fill("", one)
        fill(whole[:-1], one)
    return fillings


def _filled(first: str, again: str, last: str, size: int) -> str:
    room = max(1, size - len(first) - len(last))
    return (first + (again * (room // len(again) + 1))[:room] + last)[: max(size, len(first) + 1)]


# ---- measuring


def _used(pattern: Pattern, text: str) -> float:
    """Processor seconds of one use."""
    data = text.encode("utf-8") if isinstance(pattern.compiled.pattern, bytes) else text
    began = time.thread_time()
    if pattern.anchored:
        pattern.compiled.match(data)
    else:
        for _ in pattern.compiled.finditer(data):
            pass
    return time.thread_time() - began


SMALL = (12, 16, 20, 24, 28, 32, 40, 50, 64, 100, 200, 400, 1_000, 4_000)
LARGE = (16_000, 128_000, 1_000_000)


def _slowest(pattern: Pattern) -> tuple[str, int, float] | None:
    """The filling, size and time with which it breaks the limit; None when it holds.

    Sizes grow, so that what would take for ever is seen when it takes a moment.
    """
    longest = LONGEST.get(pattern.name, LARGE[-1])
    took: dict[str, float] = {}
    fillings = _adversaries(pattern.compiled)
    for name, filled in fillings.items():
        for size in (size for size in SMALL if size <= longest):
            took[name] = _used(pattern, filled(size))
            if took[name] > 0.1:
                return name, size, took[name]
    if longest < LARGE[-1]:
        # So many pieces of this length make up a long text.
        worst = max(_used(pattern, filled(longest)) for filled in fillings.values())
        total = worst * LARGE[-1] / longest
        return ("", longest, total) if total > SECONDS else None
    for name in sorted(took, key=took.__getitem__, reverse=True)[:2]:
        for size in LARGE:
            seconds = _used(pattern, fillings[name](size))
            if seconds > max(0.1, SECONDS * size / LARGE[-1]):
                return name, size, seconds
    return None


PATTERNS = list(_patterns())
MEASURED = [pattern for pattern in PATTERNS if pattern.name not in WRITTEN_ANEW]


def test_every_pattern_is_found():
    assert len(PATTERNS) > 100
    assert set(LONGEST) | WRITTEN_ANEW <= {pattern.name for pattern in PATTERNS}


@pytest.mark.parametrize("pattern", MEASURED, ids=lambda pattern: pattern.name)
def test_no_text_keeps_a_pattern_busy(pattern):
    found = _slowest(pattern)
    assert found is None, f"{found[1]:,} characters of {found[0][:200]} take {found[2]:.2f} s"


@pytest.mark.parametrize(
    "bad", [r"(a+)+b", r"(?:a|a)*c", r"\s+x", r"\w+@\w+\.", r"(\d+,?)*;", r"<.*?>.*?</b>"]
)
def test_the_measure_knows_a_slow_pattern(bad):
    assert _slowest(Pattern("bad", re.compile(bad), anchored=False)) is not None


@pytest.mark.parametrize("good", [r"a+b?", r"\d{1,3}x", r"<[^<>]{0,40}>", r"(?<!\s)\s++x"])
def test_the_measure_lets_a_linear_pattern_pass(good):
    assert _slowest(Pattern("good", re.compile(good), anchored=False)) is None
