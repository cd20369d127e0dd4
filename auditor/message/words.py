"""Lower-case words, line by line, with masks where something belongs to one recipient alone.

Scripts that write no spaces are cut into characters (Han, Kana) or syllables (Thai, Lao, Khmer, Burmese):
coarser than a dictionary, but the same text always gives the same words.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from auditor.message.mask import NOBODY, Names, is_everyday
from auditor.vocabulary import Mask

MAX_WORDS = 20_000
SHORT_WORDS = 15
SHORT_CHARACTERS = 30  # in scripts without spaces
_REMEMBERED_LINES = 4_096  # of at most so many characters: some 15 MB
_REMEMBERED_CHARS = 600

_NAME, _NUMBER, _LINK, _ADDRESS = str(Mask.NAME), str(Mask.NUMBER), str(Mask.LINK), str(Mask.ADDRESS)
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff"  # vowel signs that `\w` leaves out
_DENSE = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SYLLABIC = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_OPEN = (
    r"(?:https?://|www\.)[^\s<>\"]+"
    r"|[\w.+'-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}"
    r"|[a-zA-Z0-9-]{1,63}+(?:\.[a-z]{2,10}){1,3}/[^\s<>\"]*"
    r"|[$€£¥₹₩]?\d(?:[\d.,:/'’-]*\d)?(?:st|nd|rd|th|k|m|x|am|pm|%)?\b"
)
_SPACED = re.compile(rf"{_OPEN}|[\w{_MARKS}]+(?:['’][\w{_MARKS}]+)*")
_UNSPACED = re.compile(
    rf"{_OPEN}|[{_DENSE}]|[{_SYLLABIC}](?:[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u102b-\u103e\u17b6-\u17d3])*"
    rf"|(?:(?![{_DENSE}{_SYLLABIC}])[\w{_MARKS}])+(?:['’][\w{_MARKS}]+)*"
)
_HAS_UNSPACED = re.compile(f"[{_DENSE}{_SYLLABIC}]")
_MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar"
    " apr jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober dezember janvier"
    " février mars avril juin juillet août septembre octobre novembre décembre enero febrero marzo abril"
    " mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio"
    " giugno luglio settembre ottobre dicembre".split()
)
_LEGAL_FORMS = frozenset("ag bv co corp gmbh group inc llc llp ltd nv oy plc sa sarl spa srl".split())


class _Cut(NamedTuple):
    """One line cut into tokens, and its words as they are where nobody's name stands in it."""

    tokens: tuple[str, ...]
    words: tuple[str, ...]
    bare: frozenset[str]  # every token in lower case, and what stands before its apostrophe


def words(lines: Iterable[str], names: Names) -> tuple[tuple[str, ...], ...]:
    """The words of each line that has any; names and numbers masked, neighbouring equal masks united."""
    beginnings = names.beginnings()
    found: list[tuple[str, ...]] = []
    left = MAX_WORDS
    for line in lines:
        if not line:
            continue
        cut = _cut(line) if len(line) <= _REMEMBERED_CHARS else _cut.__wrapped__(line)
        if cut.bare.isdisjoint(names.words) and cut.bare.isdisjoint(beginnings):
            shown = cut.words[:left]
        else:
            shown = _masked(cut.tokens, names, beginnings)[:left]
        if shown:
            found.append(shown)
            left -= len(shown)
            if left <= 0:
                break
    return tuple(found)


@lru_cache(maxsize=_REMEMBERED_LINES)
def _cut(line: str) -> _Cut:
    """The same lines stand in thousands of mails; what depends on names alone is done again for each."""
    tokens = _tokens(line)
    lowered = tuple(map(str.lower, tokens))
    bare = frozenset(lowered)
    if "".join(tokens).isalpha() and bare.isdisjoint(_MONTHS):
        return _Cut(tokens, lowered, bare)
    if "'" in line or "’" in line:
        bare |= {_before_apostrophe(word) for word in lowered if not word.isalpha()}
    return _Cut(tokens, _masked(tokens, NOBODY, frozenset()), bare)


def _tokens(line: str) -> tuple[str, ...]:
    """No token holds a space, and most of what stands between two is a word of letters and nothing else."""
    if not line.isascii() and _HAS_UNSPACED.search(line):
        return tuple(_UNSPACED.findall(line))
    found: list[str] = []
    for piece in line.split():
        if piece.isalpha():
            found.append(piece)
        else:
            found += _SPACED.findall(piece)
    return tuple(found)


def _before_apostrophe(word: str) -> str:
    return word.partition("'")[0].partition("’")[0]


def is_short(lines: tuple[tuple[str, ...], ...]) -> bool:
    """Whether there are too few words, or characters without spaces, to tell mass from personal."""
    count = sum(len(line) for line in lines)
    if count >= SHORT_CHARACTERS:
        return False
    if count < SHORT_WORDS:
        return True
    dense = sum(1 for line in lines for word in line if _HAS_UNSPACED.match(word))
    return dense * 2 > count


def _masked(tokens: tuple[str, ...], names: Names, beginnings: frozenset[str]) -> tuple[str, ...]:
    found: list[str] = []
    ours = names.words
    skip = 0
    for at, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        word = token.lower()
        alphabetic = token.isalpha()
        if alphabetic and word not in ours and word not in beginnings and word not in _MONTHS:
            found.append(word)  # as most are
            continue
        if word in ours and (token != word or not is_everyday(word)):
            mask = _NAME
        elif not alphabetic and (other := _other_mask(token, word, names)):
            mask = other
        elif (
            beginnings
            and (word if alphabetic else _before_apostrophe(word)) in beginnings
            and (length := _organisation(tokens, at, names))
        ):
            skip = length - 1
            mask = _NAME
        elif word in _MONTHS and (
            found[-1:] == [_NUMBER] or (tokens[at + 1 : at + 2] and tokens[at + 1][0].isdigit())
        ):
            mask = _NUMBER
        else:
            found.append(word.replace("’", "'"))
            continue
        if not found or found[-1] != mask:
            found.append(mask)
    return tuple(found)


def _other_mask(token: str, word: str, names: Names) -> str:
    first = token[0]
    if first.isdigit() or (first in "$€£¥₹₩" and len(token) > 1):
        return _NUMBER
    if "@" in token:
        return _ADDRESS
    if "/" in token or word.startswith("www."):
        return _LINK
    bare = _before_apostrophe(word)
    if bare != word and bare in names.words and (token[0] != word[0] or not is_everyday(bare)):
        return _NAME
    return ""


def _organisation(tokens: tuple[str, ...], at: int, names: Names) -> int:
    """How many tokens from `at` on spell a recipient's organisation, or how its name begins; 0 for none."""
    joined = ""
    best = 0
    capital = tokens[at][0].isupper()
    for length, token in enumerate(tokens[at : at + 5], 1):
        joined += _before_apostrophe(token.lower())
        for name in names.organisations:
            if joined == name or (
                name.startswith(joined)
                and capital
                and len(joined) >= 4
                and (token[0].isupper() or length == 1)
            ):
                best = length
        if not any(name.startswith(joined) for name in names.organisations):
            break
    return _with_rest_of_name(tokens, at + best) - at if best else 0


def _with_rest_of_name(tokens: tuple[str, ...], end: int) -> int:
    """Where a firm's name ends that its domain shortens: "Lund and Brenner", "Bluelake Ltd"."""
    if tokens[end : end + 1] and tokens[end].lower() in _LEGAL_FORMS:
        end += 1
    first = end + 1 if tokens[end : end + 1] and tokens[end][0].isupper() else end  # "Lund, Holt and Brenner"
    if (
        tokens[first : first + 1] == ("and",)
        and tokens[first + 1 : first + 2]
        and tokens[first + 1][0].isupper()
    ):
        return first + 2
    return end
