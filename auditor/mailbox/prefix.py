"""Does the beginning of a message already hold its text? Then its attachments need not be fetched."""

import re

_PART = re.compile(rb"\n--[^\r\n]{1,200}+\r?\n((?:[^\n]|\n(?!--)){0,4096}?)\r?\n\r?\n")
_TYPE = re.compile(rb"^content-type:\s*([a-z]+)/", re.IGNORECASE | re.MULTILINE)
_ATTACHED = re.compile(rb"^content-disposition:\s*attachment", re.IGNORECASE | re.MULTILINE)


def shows_its_text(beginning: bytes) -> bool:
    """Whether a part that is no text begins after a part that is (RFC 2046 section 5.1).

    Mail programs put the text first. A message whose attachment comes first is fetched up to its limit.
    """
    text_seen = False
    for part in _PART.finditer(beginning):
        headers = part[1]
        kind = _TYPE.search(headers)
        family = kind[1].lower() if kind else b"text"
        if family == b"multipart":
            continue
        if family == b"text" and not _ATTACHED.search(headers):
            text_seen = True
        elif text_seen:
            return True
    return False
