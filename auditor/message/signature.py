"""What stands below every mail of a sender: sign-off, signature, disclaimer, footer.

Recognised by form alone; what a sender always writes is learned later, from many mails. A cut is capped:
prose below a signature mark stays, because a reader reads it and a pitch may hide there.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from auditor.message import phrases
from auditor.message.lines import Line, Mark
from auditor.message.quote import ENOUGH_WORDS
from auditor.message.values import Address

MAX_BLOCK_LINES = 15
MAX_BLOCK_WORDS = 60  # more words than that below a mark are not a signature alone
PROSE_WORDS = 12  # a line of more words than that is a sentence, not a contact line
MAX_PROSE_WORDS = 40  # of such sentences together: a motto or two
MAX_CONTACT_WORDS = 25
MIN_WORDS_ABOVE = 40  # as much stands above a mark before what is below can be padding
MAX_PADDING_WORDS = 100
MAX_SEARCHED_LINES = 40
SCREENFUL = 30  # blank lines
MAX_FOOTER_WORDS = 60
MAX_DISCLAIMER_WORDS = 400

_DELIMITER = re.compile(r"-- ?\Z|[_=—–-]{3,80}\Z|__\Z|—\Z|–\Z")
_DELIMITERS = frozenset("-_=—–")
_NAME_PARTS = re.compile(r"[^\W\d_]+")
_TRIM = " \t,.!;:~，。、،！–—-*_❤♥🙂😊👋🙏✨"
MAX_SENT_FROM_WORDS = 14
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s().x/-]{5,}\d|[\w.+-]{1,64}@[\w-]{1,63}\.|https?://|www\.|linkedin|twitter|facebook|instagram"
    r"|\b(?:tel|phone|mobile|mob|fax|cell|direct|office|telefon|mobil|tél|móvil)\b\s*[.:]?"
    r"|\s[|•·]\s|\b(?:inc|ltd|llc|gmbh|corp|s\.a\.|b\.v\.)\b",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"p\.?\s?(?:p\.?\s?)?s\b[.:\s]|ps\s*[-–—:]|nb[:.]\s|n\.b\.", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.!?。！？]\s*\Z")


def without_signature(lines: Sequence[Line], sender: Address) -> list[str]:
    """The texts of `lines` that are the message itself, in order, blank lines kept."""
    lines = _on_the_screen(lines)
    texts = [line.text for line in lines]
    names = _names(sender)
    end = _strip_footers(lines, len(texts))
    start = _signature_start(lines, end, names)
    kept = texts[:start]
    if start < end:
        kept += _prose_below(texts[start:end], _words(texts[:start]))
    kept += [text for text in texts[end:] if _is_postscript(text)]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept or _thanks_alone(texts, names)


def _on_the_screen(lines: Sequence[Line]) -> Sequence[Line]:
    """Without what stands a screenful of blank lines below a message: nobody scrolls there.

    What is more than brief stands above it; otherwise a reader looks for the message, and finds it.
    """
    if len(lines) <= SCREENFUL:
        return lines
    blank = words = 0
    for at, line in enumerate(lines):
        if line.text.strip():
            blank = 0
            words += _length(line.text)
            continue
        blank += 1
        if blank >= SCREENFUL and words >= ENOUGH_WORDS:
            return lines[: at - blank + 1]
    return lines


@lru_cache(maxsize=5_000)
def _names(sender: Address) -> frozenset[str]:
    return frozenset(
        part.lower() for part in _NAME_PARTS.findall(f"{sender.name} {sender.address.rpartition('@')[0]}")
    )


def _thanks_alone(texts: Sequence[str], names: frozenset[str]) -> list[str]:
    """A mail that says "Thank you!" and nothing else says that."""
    first = next((text for text in texts if text), "")
    return [first] if first.endswith(("!", ".", "！", "。")) and _is_sign_off(first, names) else []


def _strip_footers(lines: Sequence[Line], end: int) -> int:
    """The end of the text once trailing disclaimers, footers and mobile marks are gone."""
    at = end
    while at > 0:
        text = lines[at - 1].text
        if not text or text.isspace() or is_footer(text) or _DELIMITER.match(text):
            at -= 1
        else:
            break
    return at


@lru_cache(maxsize=2_000)
def is_footer(text: str) -> bool:
    """Whether one paragraph is a disclaimer, a footer or a mobile mark by its wording."""
    words = _length(text)
    if words > MAX_DISCLAIMER_WORDS:
        return False
    lower = text[:6_000].lower().replace("’", "'")
    if words <= MAX_SENT_FROM_WORDS and _is_sent_from(lower):
        return True
    if words <= MAX_FOOTER_WORDS and any(phrase in lower for phrase in phrases.FOOTERS):
        return words <= 30 or bool(_CONTACT.search(text))
    return sum(phrase in lower for phrase in phrases.DISCLAIMERS) >= (2 if words < 60 else 3)


def _is_sent_from(lower: str) -> bool:
    """A line such as "Sent from my iPhone"; a sentence that goes on is none."""
    return lower.lstrip("-_ ").startswith(phrases.SENT_FROM) and not lower.endswith(("?", "!"))


def _signature_start(lines: Sequence[Line], end: int, names: frozenset[str]) -> int:
    """Where sign-off or signature begins: by the mail program's mark, a sign-off, or the sender's name."""
    places = range(max(0, end - MAX_SEARCHED_LINES), end)
    for at in places:
        text, mark, _ = lines[at]
        marked = mark is Mark.SIGNATURE
        if marked or (
            text[:1] in _DELIMITERS
            and _DELIMITER.match(text)
            and _is_signature_block(lines, at + 1, end, _words([line.text for line in lines[:at]]))
        ):
            return _with_sign_off(lines, at, names)
    signed = [
        at for at in places if _is_sign_off(lines[at].text, names) and _is_signature_block(lines, at + 1, end)
    ]
    if signed:  # "Thanks!" above "Best regards," is still the message
        return next((at for at in signed if not _CLAUSE_END.search(lines[at].text)), signed[-1])
    for at in places:
        if at and _is_own_name(lines[at].text, names) and _is_signature_block(lines, at + 1, end):
            return _with_sign_off(lines, at, names)
    return end


def _with_sign_off(lines: Sequence[Line], at: int, names: frozenset[str]) -> int:
    """Move up over the name and the sign-off that stand above a signature."""
    start = at
    for _ in range(4):
        above = start - 1
        while above >= 0 and not lines[above].text.strip():
            above -= 1
        if above < 0:
            break
        text = lines[above].text
        if _is_sign_off(text, names):
            return above
        if not (above and _is_own_name(text, names)) and not _DELIMITER.match(text):
            break
        start = above
    return start


def _is_sign_off(text: str, names: frozenset[str]) -> bool:
    if not text or len(text) > 60:
        return False
    whose = _sign_off(text)
    return whose is not None and (not whose or _is_own_name(whose, names))


@lru_cache(maxsize=4_096)
def _sign_off(text: str) -> str | None:
    """What must be the sender's own name for `text` to be a sign-off: empty for nothing, None for none."""
    plain = text.lower().replace("’", "'").replace(" & ", " and ").strip(_TRIM)
    if plain in phrases.SIGN_OFFS:
        return ""
    head, comma, tail = plain.partition(",")
    if comma and head.strip(_TRIM) in phrases.SIGN_OFFS:
        tail = tail.strip(_TRIM)
        return "" if tail in phrases.SIGN_OFFS else tail or None
    for dash in (" - ", " – ", " — "):
        head, found, tail = plain.partition(dash)
        if found and tail and head.strip(_TRIM) in phrases.SIGN_OFFS:
            return tail
    return None


def _is_own_name(text: str, names: frozenset[str]) -> bool:
    if len(text) > 50 or not text:
        return False
    parts = _name_parts(text)
    return (
        0 < len(parts) <= 4
        and any(part in names for part in parts)
        and all(part in names or len(part) == 1 for part in parts)
    )


@lru_cache(maxsize=4_096)
def _name_parts(text: str) -> tuple[str, ...]:
    return tuple(_NAME_PARTS.findall(text.lower()))


def _is_signature_block(lines: Sequence[Line], at: int, end: int, above: int = 0) -> bool:
    """Whether what stands from `at` to `end` is short lines of contact rather than a message.

    `above` is how many words stand above a mark that says so: see `_reads_as_message`.
    """
    if end - at > MAX_BLOCK_LINES * 2:
        return False
    texts = [line.text for line in lines[at:end] if line.text.strip()]
    return len(texts) <= MAX_BLOCK_LINES and not _reads_as_message(texts, above)


def _reads_as_message(texts: Sequence[str], above: int = 0) -> bool:
    """Whether a block holds more words, or more sentences, than a signature does.

    Below a mark, what is shorter than the message above it is taken for padding up to a higher cap: a
    pitch that hides below the mark has little above it.
    """
    words = prose = 0
    for text in texts:
        count = _words_of_message(text)
        words += count
        if count >= PROSE_WORDS:
            prose += count
    if above >= MIN_WORDS_ABOVE and words < above:
        return words > MAX_PADDING_WORDS
    return words > MAX_BLOCK_WORDS or prose > MAX_PROSE_WORDS


def _words(texts: Sequence[str]) -> int:
    return sum(_length(text) for text in texts if text)


def _length(text: str) -> int:
    """About how many words a line has; two characters are one where no spaces are written."""
    spaced = text.count(" ") + 1
    return spaced if text.isascii() else spaced + len(_DENSE.findall(text)) // 2


@lru_cache(maxsize=4_096)
def _words_of_message(text: str) -> int:
    """The words of a line; none for footers, postscripts and lines of contact."""
    count = _length(text)
    if is_footer(text) or _is_postscript(text) or (count < MAX_CONTACT_WORDS and _CONTACT.search(text)):
        return 0
    return count


def _prose_below(texts: Sequence[str], above: int) -> list[str]:
    """Of a marked signature, what is none: postscripts, and everything that reads as a message."""
    if not texts:
        return []
    message = _reads_as_message(texts, above)
    return [
        text
        for text in texts
        if _is_postscript(text) or (message and _length(text) > 5 and not is_footer(text))
    ]


def _is_postscript(text: str) -> bool:
    return bool(_POSTSCRIPT.match(text)) and not is_footer(text) and _length(text) > 2
