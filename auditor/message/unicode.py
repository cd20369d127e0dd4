"""One spelling for what looks alike: NFKC, nothing invisible, no letters borrowed from another script.

A reader sees the same word whether it holds a Cyrillic `а`, a soft hyphen or a zero-width joiner; so does
whoever compares. Words that are written wholly in Cyrillic or Greek stay as they are (Unicode Technical
Standard 39 section 5: mixed-script detection).
"""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BORROWED = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u0531-\u0587\u13a0-\u13ff\ua4d0-\ua4ff\u0250-\u02af\u1d00-\u1d2b]"
)
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")

# Letters of other scripts that a reader takes for Latin ones (Unicode confusables.txt).
_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd ԛq ԝw һh ӏl ь6 гr пn вb мm нh тt кk зз "
    "АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS ԌG ԚQ ԜW ҺH ӀI ЗЗ Ѵv ѵv ԍg ү y "
    "αa ιi κk νv οo ρp τt υu χx γy ηn ωw εe σo ϲc ϳj "
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "
    "օo սu հh ոn ցg ѡw ɑa ɡg ɩi ɪi ʀr ʟl ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz"
)
_LOOKS_LIKE = {
    ord(pair[0]): pair[1]
    for pair in _PAIRS.split()
    if len(pair) == 2 and pair[1].isascii() and pair[1].isalpha()
}
_MOSTLY_LATIN = 3  # Latin letters for each borrowed one, in a line whose odd words are taken for Latin too


def plain(text: str) -> str:
    """`text` in NFKC, without invisible characters, borrowed letters mapped in otherwise Latin words."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFKC", text):
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if _BORROWED.search(text):
        text = _WORD.sub(_latin_if_mixed, text)
    return text


def read_as_latin(line: str) -> str:
    """A mostly Latin `line` with those of its words in Latin letters that can be read so as a whole.

    For authored text alone: the short words of attribution lines (Russian "От:") can be read so too.
    """
    if line.isascii():
        return line
    borrowed = len(_BORROWED.findall(line))
    if not borrowed or len(_LATIN.findall(line)) <= borrowed * _MOSTLY_LATIN:
        return line
    return _WORD.sub(_latin_if_alike, line)


def _latin_if_mixed(match: re.Match[str]) -> str:
    """The word in Latin letters when it has some already."""
    word = match[0]
    if word.isascii() or not _BORROWED.search(word) or not _LATIN.search(word):
        return word
    return word.translate(_LOOKS_LIKE)


def _latin_if_alike(match: re.Match[str]) -> str:
    """The word in Latin letters when it can be read as Latin as a whole."""
    word = _latin_if_mixed(match)
    if word.isascii():
        return word
    latin = word.translate(_LOOKS_LIKE)
    return latin if latin.isascii() else word
