"""Merge failures: fields that a sending tool should have filled and did not. Precision before recall.

Each pattern is the placeholder syntax of a kind of tool; braces of program code are told apart by what
stands before them and by needing a field's name inside.
"""

import re
from collections.abc import Iterable

from auditor.message import phrases

MAX_LINE_CHARS = 5_000

_TEXT = r"[A-Za-z][A-Za-z0-9_. |:'\"-]{0,40}"
_FIELD = (
    r"(?:(?:insert|your|the|their|prospect'?s?) )?"
    r"(?:(?:first|last|full|sur|given|family|fore|contact|company|account|recipient|lead|prospect|client|customer"
    r"|organi[sz]ation|your|sender|my|job|brand|product|influencer)[ _.-]?)?"
    r"(?:name|company|organi[sz]ation|title|city|industry|brand|vorname|nachname|anrede|firma|prénom|prenom"
    r"|nom|société|nombre|apellido|empresa|nome|cognome|azienda|voornaam|achternaam|bedrijf|fname|lname"
    r"|ice ?breaker|first line|opening line|personali[sz]ation|pain point|mutual connection|meeting link"
    r"|calendar link)"
)
_BRACES = re.compile(
    rf"\{{\{{[{{#%]?\s*{_TEXT}\s*\}}\}}"  # {{ first_name }}
    rf"|(?<![%$\\#@\w])\{{(?i:{_FIELD})\}}"  # {first_name}, but not %{{name}} of a build file
    rf"|\$\{{\s*(?i:{_FIELD})\s*\}}"  # ${{name}}
    r"|\{!\s*[A-Za-z_]{2,40}\.[A-Za-z_]{2,40}\s*\}"  # {!Contact.FirstName}
)
_PERCENT = re.compile(
    rf"(?<![%\w])%(?:[A-Z][A-Z0-9]*_?NAME|COMPANY|TITLE|CITY|EMAIL)%|%%(?i:{_FIELD})%%|<%=?\s*{_TEXT}\s*%>"
)
_STARS = re.compile(r"\*\|[A-Z][A-Z0-9_:]{1,40}\|\*")  # *|FNAME|*
_ANGLES = re.compile(
    rf"(?i:<<\s*{_FIELD}\s*>>|<(?:first|last|full|company)[ _-]?name>|«\s*{_FIELD}\s*»)"  # <<Name>>
)
_SQUARES = re.compile(rf"(?i:\[\[?\s*{_FIELD}\s*\]\]?)")  # [Company]
_MARKS = re.compile(r"[{%*<«\[]")
_PATTERNS = (("{", _BRACES), ("%", _PERCENT), ("*|", _STARS), ("<", _ANGLES), ("«", _ANGLES), ("[", _SQUARES))

_GREETING = "|".join(re.escape(greeting) for greeting in sorted(phrases.GREETINGS, key=len, reverse=True))
_EMPTY_GREETING = re.compile(
    rf"(?:{_GREETING})(?: {{1,3}},"
    r"| +(?:null|none|undefined|nan|n/a|\(?unknown\)?|first ?name|first_name|fname|\[\]|\{\})"
    r"\s*+[,!:.-]?\s*+\Z"
    r"| +(?:null|undefined)\b)",
    re.IGNORECASE,
)


def has_failure(lines: Iterable[str], subject: str = "") -> bool:
    """Whether a field stands unfilled in the authored `lines` (greeting included) or in the subject."""
    greetings = 0
    lines = (subject, *lines)
    marked = bool(_MARKS.search("\n".join(lines)))
    for line in lines:
        text = line[:MAX_LINE_CHARS]
        if marked and any(mark in text and pattern.search(text) for mark, pattern in _PATTERNS):
            return True
        if greetings >= 4 and not marked:
            break
        if greetings < 4 and text:
            greetings += 1
            if len(text) < 80 and _EMPTY_GREETING.match(text.strip()):
                return True
    return False
