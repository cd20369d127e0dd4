"""Merge failures: fields that a sending tool should have filled and did not. Precision before recall.

Each pattern is the placeholder syntax of a kind of tool; braces of program code are told apart by what
stands before them and by needing a field's name inside. Whether a greeting names somebody else is read in
`misnamed`.
"""

import re
from collections.abc import Iterable

from auditor.message import phrases

MAX_LINE_CHARS = 5_000

_TEXT = r"[A-Za-z][A-Za-z0-9_. |:=,()'\"’“”?/&+-]{0,80}"
_WHOSE = r"(?:(?:insert|enter|your|the|their|prospect'?s?|recipient'?s?|lead'?s?|contact'?s?) )?"
_PREFIX = (
    r"(?:(?:first|last|full|sur|given|family|fore|middle|nick|contact|company|account|recipient|lead|prospect"
    r"|client|customer|user|subscriber|organi[sz]ation|your|sender|my|job|brand|product|influencer)[ _.-]?)?"
)
_WORDS = (
    r"name|company|organi[sz]ation|title|city|industry|brand|position|department|salutation|website|competitor"
    r"|vorname|nachname|anrede|firma|firmenname|unternehmen|branche|stadt|prénom|prenom|nom|société|societe"
    r"|entreprise|ville|nombre|apellidos?|empresa|cargo|ciudad|nome|cognome|azienda|città|voornaam|achternaam"
    r"|bedrijf|fname|lname|ice ?breaker|first line|opening line|personali[sz]ation|pain ?point"
    r"|mutual connection|meeting link|calendar link|booking link|case study|job role"
)
_FIELD = rf"{_WHOSE}{_PREFIX}(?:{_WORDS})"
_SURE = (  # names of fields that nobody writes for another reason
    r"(?:first|last|full|sur|fore|company|contact|account|recipient|customer|client|prospect|lead)[_ .-]?name"
    r"|fname|lname|vorname|nachname|prénom|prenom|voornaam|achternaam|cognome"
)
# What to write instead: "|default:'there'", ", fallback=there".
_FILTER = r"(?:[ ]?[|,:?=][^\n{}\[\]<>%]{0,60})?"
_BRACES = re.compile(
    rf"\{{\{{\{{?[#/^&>%!~]?\s*{_TEXT}\s{{0,3}}[~%]?\}}?\}}\}}"  # {{ first_name }}
    r"|\{\{\s{0,3}\}\}"
    r"|\{%-?\s*(?:if|elsif|else|endif|unless|endunless|for|endfor|assign|case)\b[^%{}]{0,100}%\}"
    # {first_name}, but not %{name} of a build file
    rf"|(?<![%$\\#@\w])\{{(?i:{_FIELD})(?:\|[^\n{{}}]{{0,60}})?\}}"
    rf"|\$\{{\s*(?:[A-Za-z]{{2,20}}\.)?(?i:{_FIELD})\s*\}}"  # ${{name}}
    r"|\{!\s*[A-Za-z_]{2,40}[.:][A-Za-z_ ]{2,40};?\s*\}"  # {!Contact.FirstName}
    r"|\{!\s*(?:first|last|full|sur)_?name[a-z_]{0,12}\s*\}"
    r"|(?<![\w$\\{])\{(?:[A-Za-z][A-Za-z'’ ]{0,30}\|){1,5}[A-Za-z][A-Za-z'’ ]{0,30}\}(?!\})",  # {Hi|Hello}
    re.IGNORECASE,
)
_PERCENT = re.compile(
    rf"(?<![%\w])%(?:[A-Z][A-Z0-9]*_?NAME|COMPANY|TITLE|CITY|EMAIL)%|%%=?(?i:v\(@)?(?i:{_FIELD})\)?=?%%"
    rf"|<%=?\s*{_TEXT}\s{{0,3}}%>|\[%-?\s*{_TEXT}\s{{0,3}}-?%\]|(?<![%\w])%(?i:recipient[._][a-z_]{{2,20}}|{_SURE})%"
)
_STARS = re.compile(r"\*\|[A-Z][A-Z0-9_:]{1,40}\|\*|\*\|\s{0,2}\|\*")  # *|FNAME|*
_ANGLES = re.compile(
    rf"(?i:<<\s*{_FIELD}{_FILTER}\s*>>|<(?:first|last|full|company|contact)[ _-]?name>|«\s*{_FIELD}\s*»"
    r"|‹\s*(?:first|last|full|company)[ _-]?name\s*›)"  # <<Name>>
)
_SQUARES = re.compile(
    rf"(?i:(?<!\w)\[\[?\+?\s*(?!the |their ){_FIELD}{_FILTER}\s*\]\]?"  # [Company]
    r"|\$\[[A-Z_]{2,40}(?:\|[^\]]{0,40})?\]\$"
    r"|\[(?:insert|enter|fill in|customi[sz]e|personali[sz]e)\b[^\]\n]{1,80}\]"
    r"|\[(?:add|your) [a-z][^\]\n]{1,60}\]"
    r"|(?:\bat|\bwith|\bfor|\bbei|\bchez|\ben|\bpresso) \[\s{0,3}\](?!\())"
)
_SIGNS = re.compile(
    rf"(?i:(?<![#\w])##?(?:{_SURE})##?(?![#\w])|(?<!\w)__(?:{_SURE})__(?!\w)|(?<![~\w])~(?:contact\.)?(?:{_SURE})~"
    rf"|(?<![$\w])\$(?:{_SURE})\$(?!\w)|@@(?:{_SURE})@@|(?<![-\w])--?(?:{_SURE})--?(?![-\w]))"
    r"|(?<![|\w])\|(?:FIRST|LAST|FULL|COMPANY)_?NAME\|(?![|\w])"
)
_PATTERNS = (
    ("{", _BRACES), ("%", _PERCENT), ("*|", _STARS), ("<", _ANGLES), ("«", _ANGLES), ("‹", _ANGLES),
    ("[", _SQUARES), ("#", _SIGNS), ("__", _SIGNS), ("~", _SIGNS), ("$", _SIGNS), ("@@", _SIGNS),
    ("-", _SIGNS), ("|", _SIGNS),
)  # fmt: skip
# One set of characters in front: whatever else a text is made of is passed over at once.
_MARKS = re.compile(
    r"[{<«‹\[*%#_~$@|-](?:(?<=[{<«‹\[])|(?<=\*)\||(?<=%).+%"
    rf"|(?<=[#_~$@|-])(?i:(?:contact\.)?(?:{_SURE})[#_~$@|-]))"
)

_GREETING = "|".join(re.escape(greeting) for greeting in sorted(phrases.GREETINGS, key=len, reverse=True))
_BEGINNINGS = frozenset(greeting[:2] for greeting in phrases.GREETINGS)
_TITLE = r"(?: (?:mr|mrs|ms|dr|herrn?|frau|monsieur|madame|señor|señora|signor|signora|sig)\.?)?"
_NOBODY = (
    rf"null|none|undefined|nan|n/a|\(?unknown\)?|(?:{_SURE})|name|x{{3,6}}|\[[^\]\w]{{0,3}}\]|\{{[^}}\w]{{0,3}}\}}"
    r"|<[^>\w]{0,3}>|#n/a|#ref!|#value!|\[?object object\]?|true|false"
)
_EMPTY_GREETING = re.compile(
    rf"(?:{_GREETING}){_TITLE}(?: {{1,3}},(?!\w)"
    rf"| +[\[({{<*_#$%~]{{0,2}}(?:{_NOBODY})[\])}}>*_#$%~]{{0,2}}(?: (?:null|undefined))?\s*[,!:.-]?\s*\Z"
    r"| +(?:null|undefined)\b"
    rf"| +(?:{_SURE})\s*[,!]"
    r"| +\{[\w' -]{1,30}\}| +\[\[?[\w' -]{1,30}\]\]?\s*[,!]| +<<?[\w' -]{1,30}>>?\s*[,!])",
    re.IGNORECASE,
)
_TITLE_ALONE = re.compile(
    rf"(?:{_GREETING}) (?:mr|mrs|ms|herrn?|frau|monsieur|madame|señor|señora|signor|signora)\.? ?,",
    re.IGNORECASE,
)
_MANNERLY = re.compile(r"(?:monsieur|madame|señor|señora|signor|signora|herr|frau)\.?,", re.IGNORECASE)

_TELLING = (
    "null", "undefined", " nan", "lorem ipsum", "placeholder", "your text", "your message", "your content",
    "insert ", "object object", "asdf",
)  # fmt: skip
"""In lower case: without one of these nothing of what follows is there."""
_NULL = re.compile(
    r"(?:\b(?:at|for|with|from|of|join|team|bei|für|von|mit|chez|pour|avec|para|con|per|da)"
    r" (?:null|undefined|NaN|\[object Object\])(?=[,.!?']|\s*\Z| (?:and|is|team|has|to|I|we|und|et|y|e)\b))"
    r"|\[object Object\]"
)
_CODE = re.compile(
    r"[=;]|[(){}].*[(){}]|->|::|\b(?:pointers?|values?|types?|exceptions?|columns?|returns?|variables?|strings?"
    r"|json|sql|api|errors?|objects?|fields?|functions?|methods?|bytes?|references?|tests?|checks?|hypothesis)\b",
    re.IGNORECASE,
)
_TEST_TEXT = re.compile(
    r"lorem ipsum dolor|\[?(?:your|insert) (?:text|message|content|copy|intro) (?:goes )?here\b"
    r"|\bplaceholder (?:text|copy)\b|\A\s*asdf(?:asdf|gh\w*)?\s*\Z",
    re.IGNORECASE,
)
_TEST_SUBJECT = re.compile(
    r"\s*(?:\[?(?:test|testing|test ?e?-?mail|testmail|asdf\w*|prueba|essai|prova)\]?[\s\d.!]*"
    r"|\[test\] .*|test ?- ?please ignore.*)",
    re.IGNORECASE,
)
_GREETINGS_LOOKED_AT = 4


def has_failure(lines: Iterable[str], subject: str = "") -> bool:
    """Whether a field stands unfilled in the authored `lines` (greeting included) or in the subject."""
    texts = [line[:MAX_LINE_CHARS] for line in (subject, *lines)]
    whole = "\n".join(texts)
    if _MARKS.search(whole) and any(_has_field(text) for text in texts):
        return True
    if _tells(whole) and any(_is_unwritten(text) for text in texts if _tells(text)):
        return True
    if _TEST_SUBJECT.fullmatch(subject):
        return True
    begins = [text.strip() for text in texts if text.strip()][: _GREETINGS_LOOKED_AT + 1]
    return any(_greets_nobody(text) for text in begins if len(text) < 80)


def _has_field(text: str) -> bool:
    return any(mark in text and pattern.search(text) for mark, pattern in _PATTERNS)


def _tells(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in _TELLING)


def _is_unwritten(text: str) -> bool:
    """Whether something stands there that nobody means: a value that is none, or the text of a draft."""
    if _TEST_TEXT.search(text):
        return True
    return bool(_NULL.search(text)) and not _CODE.search(text.replace("[object Object]", ""))


def _greets_nobody(text: str) -> bool:
    if text[:2].lower() not in _BEGINNINGS:
        return False  # most lines are no greeting, and this is quickly seen
    if _EMPTY_GREETING.match(text):
        return True
    # "Cher Monsieur," is how one writes; "Dear Mr ," is not.
    alone = _TITLE_ALONE.match(text)
    return alone is not None and not _MANNERLY.search(alone[0])
