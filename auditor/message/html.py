"""From HTML to the lines a reader sees; the only home of selectolax.

The parser writes the tree again in one form, whatever was in the mail; one pass over that finds hidden
text, blocks (they become lines), and what mail programs build around quotes and signatures (it becomes
marks). What an element does is told by its opening tag alone, and tags repeat: they are read once.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from auditor.message import style as looks
from auditor.message.lines import Line, Mark
from auditor.message.plain import unquoted
from auditor.message.style import Colour, Style

MAX_DEPTH = 400  # of elements: the parser's time grows with the square of the depth
MAX_TEXT_CHARS = 200_000
MAX_TAG_CHARS = 5_000  # of one tag, its quoted values left out

_LONG = 50_000  # characters; in fewer no tag can have too many attributes
_WRITTEN_TAG = re.compile(r"""(<[a-zA-Z][^\s<>"'/]{0,100}+)(?:[^>"']++|"[^"]*+"?|'[^']*+'?)*+>?""")
_QUOTED = re.compile(r""""[^"]*+"?|'[^']*+'?""")

_HIDE, _UNHIDE = "\x15", "\x16"  # around what a style sheet hides; no text of the mail can hold them
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:[xX]0*(?:1[0-9a-fA-F]|[0-8e-fE-F])|0*(?:[0-8]|1[4-9]|2[0-9]|3[01]))(?![0-9a-fA-F]);?"
)
_HIDDEN_PIECES = re.compile(r"([\x15\x16])")
# Other combinators let the sheet of one mail cost the square of its length.
_SIMPLE_SELECTOR = re.compile(r"[\w.#, -]{1,100}\Z")
_OPENED = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
# As the parser writes it: attributes in double quotes, comments and elements of raw text always closed.
_TAGS = re.compile(r"(<[^>\"]*+(?:\"[^\"]*+\"[^>\"]*+)*+>)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RAW = ("script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext")
_RAW_ELEMENT = re.compile(rf"<({'|'.join(_RAW)})(?=[ >]).*?</\1>", re.DOTALL)
_RAW_TAG = re.compile("<(?:s[ct]|x|if|no|p)(?:ript|yle|mp|rame|embed|frames|laintext)")
_SHEET = re.compile(r"<style.*?(?:</style[\s/>]|\Z)", re.IGNORECASE | re.DOTALL)
_SHEET_REMEMBERED = 10_000  # characters of a style sheet that is remembered
_DRAWING = re.compile(r"<(?:svg|math)", re.IGNORECASE)
_BRACES = re.compile(r"([{}])")
_NAME = re.compile(r"</?([^ >]+)")
_ATTRIBUTE = re.compile(r" ([^ =>\"]+)(?:=\"([^\"]*)\")?")
_TELLING = ("style=", "class=", "id=", " hidden", "color=", " background=")

_VOID = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track"
    " wbr".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big center cite code del dfn em font i img ins kbd label mark q s samp small"
    " span strike strong sub sup time tt u var wbr".split()
)
_UNSEEN = frozenset(
    "style script title noscript template svg object iframe select textarea math audio video noembed noframes"
    " xmp plaintext".split()
)
_UNSTYLED = frozenset({"body", "html", "head"})
# Classes and ids, in lower case, that mail programs give to quotes, signatures and the end of an answer.
_QUOTING = frozenset(
    "gmail_attr moz-cite-prefix moz-forward-container yahoo_quoted protonmail_quote tutanota_quote"
    " zmail_extra front-quote isforwardcontent mail-editor-reference-message-container".split()
)
_SIGNING = frozenset(
    "gmail_signature moz-signature signature x_signature ms-outlook-mobile-signature applemailsignature"
    " protonmail_signature_block tutanota_signature yahoo-signature".split()
)
_ANSWERING = frozenset(
    "divrplyfwdmsg x_divrplyfwdmsg appendonsend stopspelling ms-outlook-mobile-body-separator-line".split()
)
_LOOKED_AHEAD = 20  # quotes of Gmail's in one mail that are looked through for answers in between


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity: quickly looked up
class _Change:
    """What an element does to the text inside that a line break or nothing would not tell."""

    style: Style
    quote: bool = False
    gmail: bool = False  # a quote unless answers stand between the blockquotes inside
    sign: bool = False
    replied: bool = False
    kept: bool = False


class _Tag(NamedTuple):
    """One tag: by how much it moves the depth, whether it ends a line, and what it does."""

    step: int
    breaks: bool
    change: _Change | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What holds for the text where we are."""

    hidden: bool = False
    unseen: bool = False  # hidden, or written so that no eye finds it
    clear: bool = False
    colour: Colour = looks.BLACK
    background: Colour | str = looks.WHITE
    tiny: bool = False
    quoted: int = 0
    signed: bool = False
    apart: tuple[int, Mark, bool] = (0, Mark.OWN, False)  # depth of the quote, mark, line breaks kept


_SEEN = _State()


def visible_lines(html: str) -> list[Line]:
    """What a reader of `html` sees, line by line; never raises, in time linear in the length."""
    if _HIDE in html or _UNHIDE in html:
        html = _CONTROL.sub(" ", html)
    if "&#" in html:
        html = _CONTROL_REFERENCE.sub(" ", html)
    if len(html) > _LONG:
        html = _WRITTEN_TAG.sub(_with_few_attributes, html)
    if _too_deep(html):
        return [Line(text) for text in _ANY_TAG.sub("\n", html).splitlines() if text.strip()]
    tree = LexborHTMLParser(html)
    if ("<style" in html or "<STYLE" in html or "<Style" in html) and _may_hide(html):
        for selector in _hiding_selectors(tree):
            _hide(tree, selector)
    body = tree.body
    written = (body.html or "") if body is not None else ""
    if _HIDE in written:
        written = _without_hidden(written)
    if _RAW_TAG.search(written):
        written = _RAW_ELEMENT.sub("", written)
    if "<!--" in written:
        written = _COMMENT.sub("", written)
    return _Reader(_TAGS.split(written)).lines()


def _with_few_attributes(tag: re.Match[str]) -> str:
    """A tag as it is written; the parser's time grows with the square of a tag's attributes."""
    if len(tag[0]) <= MAX_TAG_CHARS or len(_QUOTED.sub("", tag[0])) <= MAX_TAG_CHARS:
        return tag[0]
    return f"{tag[1]}>"


def _too_deep(html: str) -> bool:
    """Whether elements lie too deep in one another; a closing tag that closes nothing changes nothing."""
    if html.count("<") <= MAX_DEPTH:
        return False
    depth = 0
    opened: dict[str, int] = {}
    for closing, written in _OPENED.findall(html):
        name = written.lower()
        if closing:
            if opened.get(name):
                opened[name] -= 1
                depth -= 1
        elif name not in _VOID:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            if depth > MAX_DEPTH:
                return True
    return False


def _may_hide(html: str) -> bool:
    """Whether any style sheet may hide something: most hide nothing, and the tree need not be asked for them.

    A sheet begins and ends where the parser says; each lies within what is looked at here, but for those
    inside drawings, which may be written in other letters.
    """
    if _DRAWING.search(html):
        return True
    return any(
        _sheet_may_hide(sheet[0])
        if len(sheet[0]) < _SHEET_REMEMBERED
        else _sheet_may_hide.__wrapped__(sheet[0])
        for sheet in _SHEET.finditer(html)
    )


@lru_cache(maxsize=200)
def _sheet_may_hide(sheet: str) -> bool:
    return any(looks.hides(piece) for piece in _BRACES.split(sheet))


def _hiding_selectors(tree: LexborHTMLParser) -> list[str]:
    """Selectors of style sheet rules that hide; rules inside @media are for other screens."""
    sheets = [sheet.text()[:200_000] for sheet in tree.css("style")[:20]]
    found = [
        selector
        for sheet in sheets
        for selector in (_hiding(sheet) if len(sheet) < _SHEET_REMEMBERED else _hiding.__wrapped__(sheet))
    ]
    return [selector for selector in found[:50] if _SIMPLE_SELECTOR.match(selector)]


@lru_cache(maxsize=200)  # a mail program writes the same sheet into every mail
def _hiding(sheet: str) -> tuple[str, ...]:
    found: list[str] = []
    depth, selector = 0, ""
    for piece in _BRACES.split(sheet):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            selector = piece.rpartition("*/")[2].strip().removeprefix("<!--").strip()
        elif depth == 1 and len(selector) < 200 and not selector.startswith("@") and looks.hides(piece):
            found.append(selector)
    return tuple(found)


def _hide(tree: LexborHTMLParser, selector: str) -> None:
    """Put marks around what `selector` finds. Never removed: a node must not outlive its parent."""
    try:
        found: list[LexborNode] = tree.css(selector)
    except SelectolaxError:
        return
    for node in found:
        if node.tag not in _UNSTYLED:
            node.insert_before(_HIDE)
            node.insert_after(_UNHIDE)


def _without_hidden(written: str) -> str:
    kept: list[str] = []
    depth = 0
    for piece in _HIDDEN_PIECES.split(written):
        if piece == _HIDE:
            depth += 1
        elif piece == _UNHIDE:
            depth -= 1
        elif not depth:
            kept.append(piece)
    return "".join(kept)  # what is not displayed breaks no line either


@lru_cache(maxsize=10_000)
def _tag(written: str) -> _Tag:
    """What a tag does, as the parser writes it."""
    match = _NAME.match(written)
    name = match[1].lower() if match else ""
    void = name in _VOID
    breaks = name not in _INLINE and ":" not in name
    if written[1] == "/":
        return _Tag(0 if void else -1, breaks)
    return _Tag(0 if void else 1, breaks, None if void else _change(name, written))


def _change(name: str, written: str) -> _Change | None:
    """What an element does by its name and attributes; None for most."""
    attributes: dict[str, str] = {}
    if any(word in written for word in _TELLING):
        attributes = {
            found[1]: (found[2] or "").replace("&quot;", '"').replace("&nbsp;", " ").replace("&amp;", "&")
            for found in _ATTRIBUTE.finditer(written)
        }
    names = set(f"{name} {attributes.get('class', '')} {attributes.get('id', '')}".lower().split())
    value = attributes.get("style", "")
    style = looks.style(value) if value and len(value) < 5_000 else looks.NO_STYLE
    hidden = style.hidden or name in _UNSEEN or "hidden" in attributes
    style = style._replace(hidden=hidden and name not in _UNSTYLED)
    if name == "font" and "color" in attributes and style.colour is None:
        style = style._replace(colour=looks.colour(attributes["color"]))
    if style.background is None and ("bgcolor" in attributes or "background" in attributes):
        behind = "?" if attributes.get("background") else looks.background(attributes.get("bgcolor", ""))
        style = style._replace(background=behind)
    quote = "blockquote" in names or bool(names & _QUOTING)
    gmail = not quote and "gmail_quote" in names
    sign = not quote and not gmail and bool(names & _SIGNING)
    replied = not quote and not gmail and not sign and bool(names & _ANSWERING)
    replied |= name == "div" and style.replied
    kept = style.kept or name == "pre"
    if style == looks.NO_STYLE and not (quote or gmail or sign or replied or kept):
        return None
    return _Change(style, quote, gmail, sign, replied, kept)


class _Reader:
    """One pass over text and tags, in turn, as they stand in the body."""

    def __init__(self, pieces: list[str]) -> None:
        self._tags = pieces[1::2]
        self._texts = pieces[::2]
        self._ahead = _LOOKED_AHEAD

    def lines(self) -> list[Line]:
        """The lines that are seen. A line ends at a block, and where the mark changes."""
        found: list[Line] = []
        outer: list[tuple[int, _State]] = []  # the depth of each element that changed something, and before
        state = _SEEN
        line = self._texts[0]
        depth = length = 0
        tags = map(_tag, self._tags)
        for at, ((step, breaks, change), text) in enumerate(zip(tags, self._texts[1:], strict=True)):
            depth += step
            if change is None and (step >= 0 or not outer or depth >= outer[-1][0]):  # most tags
                if breaks and line and not state.unseen:
                    found += _ended(line, state)
                    line = ""
            else:
                if change is None:
                    inside = outer.pop()[1]
                else:
                    outer.append((depth, state))
                    inside = _inside(state, change, change.gmail and not self._answered(at, state))
                if line and ((breaks and not (state.unseen or inside.unseen)) or inside.apart != state.apart):
                    found += _ended(line, state)
                    line = ""
                if change is not None and change.replied and not state.unseen:
                    found += [*_ended(line, state), Line("", Mark.REPLIED, state.quoted)]
                    line = ""
                state = inside
            if text and not state.unseen and (line or text != "\n"):
                line += text
                length += len(text)
                if length > MAX_TEXT_CHARS:
                    break
        return found + _ended(line, state)

    def _answered(self, at: int, state: _State) -> bool:
        """Whether the element that the tag at `at` opens holds blockquotes, which are marked themselves."""
        if self._ahead <= 0 or state.quoted:
            return False
        self._ahead -= 1
        depth = 1
        for tag in self._tags[at + 1 :]:
            if tag.startswith("<blockquote"):
                return True
            depth += _tag(tag).step
            if depth <= 0:
                break
        return False


def _ended(line: str, state: _State) -> list[Line]:
    """The lines of a text that has ended: none when it is blank, several where its breaks are kept."""
    if "&" in line:
        line = line.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    quoted, mark, kept = state.apart
    if not kept and mark is Mark.OWN:
        shown = " ".join(line.split())
        if shown[:1] == ">":  # written as plain text is, and sent as HTML
            depth, shown = unquoted(shown)
            return [Line(shown, Mark.QUOTED, depth)] if depth else [Line(shown)]
        return [Line(shown)] if shown else []
    pieces = line.split("\n") if kept else (line,)
    return [Line(shown, mark, quoted) for piece in pieces if (shown := " ".join(piece.split()))]


@lru_cache(maxsize=5_000)
def _inside(state: _State, change: _Change, gmail_quote: bool) -> _State:
    """What holds inside an element that changes something."""
    style = change.style
    clear = state.clear if style.clear is None and style.colour is None else bool(style.clear)
    colour = style.colour or state.colour
    background = style.background or state.background
    tiny = state.tiny if style.tiny is None else style.tiny
    hidden = state.hidden or style.hidden
    alike = isinstance(background, tuple) and looks.same(colour, background)
    quoted = state.quoted + (change.quote or gmail_quote)
    signed = state.signed or change.sign
    mark = Mark.QUOTED if quoted else Mark.SIGNATURE if signed else Mark.OWN
    return _State(
        hidden=hidden,
        unseen=hidden or clear or tiny or alike,
        clear=clear,
        colour=colour,
        background=background,
        tiny=tiny,
        quoted=quoted,
        signed=signed,
        apart=(quoted, mark, state.apart[2] or change.kept),
    )
