"""Merge failures: fields that a sending tool should have filled and did not. Precision before recall."""

import re
from collections.abc import Iterable

_NAME = r"[A-Za-z][A-Za-z0-9_. |:'\"-]{0,40}"
_FIELD_WORD = (
    r"(?:first|last|full|sur|given|family|fore|contact|company|account|recipient|lead|prospect|client|customer|organi[sz]ation|your|sender|my|job)?"
    r"[ _.-]?(?:name|company|organi[sz]ation|title|firstname|lastname|surname|city|industry|vorname|nachname|anrede|firma|"
    r"prénom|prenom|nom|société|nombre|apellido|empresa|nome|cognome|azienda|voornaam|achternaam|bedrijf|fname|lname|"
    r"icebreaker|ice breaker|first line|opening line|personali[sz]ation|pain point|job title|role|position|meeting link|calendar link)"
)
_UNFILLED = re.compile(
    rf"\{{\{{\s*{_NAME}\s*\}}\}}"  # {{ first_name }}
    r"|\*\|[A-Z][A-Z0-9_:]{1,40}\|\*"  # *|FNAME|*
    rf"|\{{{_FIELD_WORD}\}}"  # {first_name}
    rf"|\$\{{\s*{_NAME}\s*\}}"  # ${{name}}
    r"|%[A-Z][A-Z0-9_]{2,40}%"  # %FIRSTNAME%
    rf"|%%{_NAME}%%"
    rf"|<<\s*{_NAME}\s*>>|«\s*{_FIELD_WORD}\s*»"
    r"|\{!\s*[A-Za-z_]{2,40}\.[A-Za-z_]{2,40}\s*\}"  # {!Contact.FirstName}
    r"|\[\[\s*[A-Za-z][A-Za-z0-9_]{1,40}\s*\]\]"
    rf"|<%=?\s*{_NAME}\s*%>",
)
_BRACKETS = re.compile(
    rf"(?i:\[(?:insert |your |the |prospect'?s? |their )?{_FIELD_WORD}\])|(?i:<(?:first|last|full|company)[ _]?name>)"
)
_FIELD_TAG = re.compile(rf"(?i:\{{{_FIELD_WORD}\}})")
_GREETINGS = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten tag|liebe[r]?|lieber herr|liebe frau|"
    r"sehr geehrte[r]?(?: herr| frau)?|bonjour|cher|chère|hola|estimad[oa]|ciao|gentile|buongiorno|olá|prezad[oa]|beste|geachte|hej|hei|cześć|witaj)"
)
_EMPTY_GREETING = re.compile(
    rf"{_GREETINGS}(?:\s*\s,|\s+(?:null|none|undefined|nan|n/a|\(?unknown\)?|first ?name|firstname|fname|\[\]|\{{\}})\s*[,!:.-]?\s*\Z|\s+(?:null|undefined|None)\b)",
    re.IGNORECASE,
)


def has_failure(lines: Iterable[str], subject: str = "") -> bool:
    """Whether a field stands unfilled in the authored `lines` (greeting included) or in the subject."""
    greeted = 0
    for line in (subject, *lines):
        if _is_unfilled(line):
            return True
        if greeted < 4 and line:
            greeted += 1
            if len(line) < 80 and _EMPTY_GREETING.match(line.strip()):
                return True
    return False


def _is_unfilled(line: str) -> bool:
    if "{" in line and (_FIELD_TAG.search(line) or _UNFILLED.search(line)):
        return True
    if ("%" in line or "*|" in line or "<" in line or "«" in line or "[[" in line) and _UNFILLED.search(line):
        return True
    return ("[" in line or "<" in line) and bool(_BRACKETS.search(line))
