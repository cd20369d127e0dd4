"""What the sender wrote, and what was there before: quotes, forwarded parts, and who is quoted.

A quote needs an attribution line, a header block, or a true answer around it (RFC 5322 section 3.6.4);
`>` alone proves nothing in a message that answers nothing. Where a message that answers nothing shows
little but its quote, the quote is what its reader reads, and it stays.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.message import phrases
from auditor.message.lines import Line, Mark
from auditor.message.mask import same_person
from auditor.message.values import Headers
from auditor.people import People
from auditor.vocabulary import Shape

MAX_OWN_LINES = 4_000
ENOUGH_WORDS = 15  # as much as makes a message more than brief
ENOUGH_OF_AN_ANSWER = 5
_LONGEST_ATTRIBUTION = 400


def _any_of(phrases: Iterable[str]) -> str:
    """A pattern for any of `phrases`, longer ones first."""
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


# "On Mon, 3 May 2027 at 10:00, Ann Lee <ann@example.org> wrote:" in many languages: how it begins and ends.
_OPENS = re.compile(
    r"\W{0,3}(?:On|At|In|Am|Le|El|Il|Em|A|O|Op|W|Dnia|Den|D\.|Dne|Dňa|På|Pe|La|Στις|Vào|Pada|La|ma|ti|ke|to|pe|su"
    r"|\d{1,4}[-./年. ]|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So|lun|mar|mer|jeu|ven|sam|dim)\b"
    r"|(?:пн|вт|ср|чт|пт|сб|вс)\b|בתאריך|ב-|في|در|เมื่อ|[^\W\d]{2,5}\.? \d{1,2}\.|[^\s<>]{1,40}[ @(<])",
    re.IGNORECASE,
)
_OPENS_WRAPPED = re.compile(
    r"(?:On|At|Am|Le|El|Il|Em|A|O|Op|W|Dnia|Den|D\.|Dne|På|Pe|La|Στις|Vào|Pada|בתאריך|ב-|في|\d)[\s\d]",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    rf"(?:{_any_of(phrases.ATTRIBUTION_VERBS)}|(?:{_any_of(phrases.ATTRIBUTION_VERBS_BEFORE_NAMES)})\s.{{1,120}})\Z",
    re.IGNORECASE,
)
_LAST_WORDS = frozenset(phrase.rpartition(" ")[2] for phrase in phrases.ATTRIBUTION_VERBS)
_DATED = re.compile(r"\d{1,4}\s*[-./:年月日. ]|\d{4}|<[^<>@\s]{1,64}@|[\w.+-]{1,64}@")
# "-----Original Message-----", "---------- Forwarded message ---------", "Begin forwarded message:"
_DASHES = r"[-_=* ]{2,60}+\s*+"
_SEPARATOR = re.compile(
    rf"(?:{_DASHES}(?:{_any_of(phrases.ORIGINALS)})\s*+[-_=* :：]{{0,60}}\Z)"
    rf"|(?P<forwarded>(?:{_DASHES})?(?:{_any_of(phrases.FORWARDED)})"
    r"\s{0,20}(?:[-_=* ]{2,60}+|[:：])\s*+\Z"
    rf"|{_DASHES}(?:{_any_of(phrases.FORWARDED)})\Z|{_DASHES}forwarded by [^-]{{1,100}}[- ]{{0,60}}\Z)",
    re.IGNORECASE,
)
# One line of the header block that Outlook and others put above what they answer or forward.
_FIELD = re.compile(
    rf"[*_\s]{{0,4}}(?P<name>{_any_of(phrases.FROM_FIELDS | phrases.DATE_AND_SUBJECT_FIELDS)}"
    rf"|{_any_of(phrases.OTHER_FIELDS)})[*_\s]{{0,4}}[:：]",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"([\w.+'-]{1,64}+)@([\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8})")
_MARKED = (Mark.QUOTED, Mark.REPLIED)


@dataclass(frozen=True, slots=True)
class Parts:
    """The lines of a mail by who wrote them."""

    own: tuple[Line, ...]
    quoted: bool
    forwarded: bool
    quotes_other: bool


def separate(lines: Sequence[Line], headers: Headers, people: People) -> Parts:
    """Cut quotes and forwarded parts from `lines`; says whether someone outside is quoted."""
    lines = lines[:MAX_OWN_LINES]
    telling = [mark in _MARKED or _may_begin(text) for text, mark, _ in lines]
    if True not in telling:
        return Parts(tuple(lines), False, False, False)
    answers = bool(headers.references)
    woven = not answers and _is_woven(lines)
    own: list[Line] = []
    cut: list[Line] = []
    forwarded = False
    proven = woven
    at = 0
    while at < len(lines):
        line = lines[at]
        if not telling[at]:
            own.append(line)
            at += 1
            continue
        if line.mark is Mark.REPLIED and _has_text(lines, at + 1):
            cut += lines[at:]
            proven = True
            break
        if line.mark is Mark.QUOTED:
            (cut if answers or proven or headers.shape is Shape.FORWARD else own).append(line)
            at += 1
            continue
        if separator := _separator(line.text):
            forwarded |= bool(separator["forwarded"])
            if _is_header_block(lines, at + 1) or _quote_follows(lines, at + 1) or answers:
                cut += lines[at:]
                proven = True
                break
        if (length := _attribution(lines, at)) and (answers or _quote_follows(lines, at + length)):
            proven = True
            cut += lines[at : at + length]
            at += length
            if not _quote_follows(lines, at):  # the answered text stands without marks to the end
                cut += lines[at:]
                break
            continue
        if _is_header_block(lines, at):
            cut += lines[at:]
            proven = True
            break
        own.append(line)
        at += 1
    if not answers and headers.shape is not Shape.FORWARD and cut and not _enough(own, cut, woven):
        return Parts(tuple(line for line in lines if line.mark is not Mark.REPLIED), False, False, False)
    shown_forwarded = forwarded or (headers.shape is Shape.FORWARD and bool(cut))
    return Parts(tuple(own), bool(cut), shown_forwarded, _quotes_other(cut, headers, people))


def _may_begin(text: str) -> bool:
    if not text:
        return False
    return _begins(text) if len(text) <= _LONGEST_ATTRIBUTION else _begins_long(text)


@lru_cache(maxsize=8_192)  # the same lines stand in thousands of mails
def _begins(text: str) -> bool:
    """Whether a quote may begin with this line; most lines are done with here."""
    return _begins_long(text) or _may_attribute(text)


def _begins_long(text: str) -> bool:
    return _field(text) is not None or _separator(text) is not None


def _may_attribute(text: str) -> bool:
    return (
        4 <= len(text) <= _LONGEST_ATTRIBUTION
        and (_may_close(text) or bool(_OPENS_WRAPPED.match(text)))
        and bool(_OPENS.match(text))
    )


def _separator(text: str) -> re.Match[str] | None:
    return _SEPARATOR.match(text) if text and (text[0] in "-_=*" or text[-1] in ":：-") else None


def _has_text(lines: Sequence[Line], at: int) -> bool:
    return any(line.text for line in lines[at : at + 20])


def _quote_follows(lines: Sequence[Line], at: int) -> bool:
    for line in lines[at : at + 4]:
        if line.mark in {Mark.QUOTED, Mark.REPLIED}:
            return True
        if line.text:
            return False
    return False


def _attribution(lines: Sequence[Line], at: int) -> int:
    """How many lines (1 to 3) from `at` on form an attribution; 0 for none."""
    text = lines[at].text
    if not _may_attribute(text):
        return 0
    for end in range(at + 1, at + 4):
        if _may_close(text) and (text[-1] in ":：" or _closes(text)):
            found = _closes(text) or _addressed(text, lines, end) or _introduces(text, lines, end)
            return end - at if found else 0
        following = lines[end] if end < len(lines) else None
        if following is None or following.mark is Mark.QUOTED or not following.text:
            break
        text = f"{text} {following.text}"
        if len(text) > _LONGEST_ATTRIBUTION:
            break
    return 0


def _ends_with_verb(text: str) -> bool:
    """Whether it ends as an attribution does, with or without its colon."""
    end = text[-160:].rstrip()
    return bool(_CLOSES.search(end[:-1].rstrip() if end[-1:] in {":", "："} else end))


def _closes(text: str) -> bool:
    return _ends_with_verb(text) and bool(_DATED.search(text))


def _addressed(text: str, lines: Sequence[Line], end: int) -> bool:
    """A date and an address before a colon: enough when the address closes the line or a quote follows."""
    if not (_DATED.search(text) and _ADDRESS.search(text)):
        return False
    return text.rstrip(" :：").endswith(">") or _quote_follows(lines, end)


def _introduces(text: str, lines: Sequence[Line], end: int) -> bool:
    """A verb or an address before a colon, without a date: enough when quote marks follow."""
    return (
        end < len(lines)
        and any(line.mark is Mark.QUOTED for line in lines[end : end + 2])
        and (_ends_with_verb(text) or bool(_ADDRESS.search(text)))
    )


def _may_close(text: str) -> bool:
    return text[-1] in ":：" or text[-14:].rpartition(" ")[2].lower() in _LAST_WORDS or text[-1] > "\u0400"


def _field(text: str) -> re.Match[str] | None:
    return _FIELD.match(text) if ":" in text[:40] or "：" in text[:40] else None


def _is_header_block(lines: Sequence[Line], at: int) -> bool:
    """From:, and Sent: or Subject: within the next lines, each at the beginning of a line."""
    names: list[str] = []
    blank = 0
    for line in lines[at : at + 9]:
        if not line.text:
            blank += 1
            if blank > 2:
                break
            continue
        field = _field(line.text)
        if not field:
            if not names:
                return False
            continue
        names.append(field["name"].lower())
    return (
        len(names) >= 3
        and bool(phrases.FROM_FIELDS.intersection(names[:3]))
        and bool(phrases.DATE_AND_SUBJECT_FIELDS.intersection(names))
    )


def _is_woven(lines: Sequence[Line]) -> bool:
    """Whether answers stand between the parts of a quote, or a quote holds another one.

    Both are what an answer looks like whose program left In-Reply-To out; one run of marked lines is not.
    """
    answered = 0
    before = Mark.OWN
    for line in lines:
        if line.mark is Mark.QUOTED and line.depth > 1 and line.text:
            return True
        if not line.text or line.mark is before:
            continue
        answered += before is Mark.QUOTED and line.mark is Mark.OWN
        before = line.mark
    return answered >= 2


def _enough(own: Sequence[Line], cut: Sequence[Line], woven: bool) -> bool:
    """Whether a message that answers nothing says something itself, and not just enough to hide a quote."""
    written = sum(len(line.text.split()) for line in own)
    if woven:
        return written >= ENOUGH_OF_AN_ANSWER
    quoted = sum(len(line.text.split()) for line in cut)
    return written >= quoted or (written >= ENOUGH_WORDS and written * 2 >= quoted)


def _quotes_other(cut: Sequence[Line], headers: Headers, people: People) -> bool:
    """Whether an attribution or a From: line of what was cut names someone outside."""
    for at, line in enumerate(cut[:2_000]):
        if not _may_begin(line.text):
            continue
        field = _field(line.text)
        if field and field["name"].lower() in phrases.FROM_FIELDS:
            named = line.text
        elif length := _attribution(cut, at) if line.mark is not Mark.QUOTED else int(_is_inner(line)):
            named = " ".join(part.text for part in cut[at : at + length])
        else:
            continue
        found = _ADDRESS.findall(named)
        if found:
            if not all(people.is_ours(f"{local}@{domain}".lower()) for local, domain in found):
                return True
        elif not same_person(named, headers.sender):
            return True
    return False


def _is_inner(line: Line) -> bool:
    text = line.text
    return (
        4 <= len(text) <= _LONGEST_ATTRIBUTION
        and _may_close(text)
        and bool(_OPENS.match(text))
        and _closes(text)
    )
