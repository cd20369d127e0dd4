"""From HTML to the lines a reader sees; the only home of selectolax.

Hidden text, styles, scripts, titles and comments go; blocks become lines; what mail programs build
around quotes and signatures becomes marks. Marks travel inside the tree as control characters, which no
text of the mail can hold: they are taken out first. Nothing is ever removed from the tree, only marked:
a node that outlives its removed parent would point into freed memory.
"""

import re
from enum import Enum
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from auditor.message.lines import Line, Mark

MAX_DEPTH = 400  # of elements: the parser's time grows with the square of the depth
MAX_TEXT_CHARS = 200_000

_NEXT = "\x1f"
_QUOTE, _UNQUOTE = "\x11", "\x12"
_SIGN, _UNSIGN = "\x13", "\x14"
_HIDE, _UNHIDE = "\x15", "\x16"
_KEEP, _UNKEEP = "\x17", "\x18"  # line breaks in the source are line breaks on the screen
_REPLIED = "\x19"
_GMAIL_QUOTE = "gmail"  # a quote unless answers stand between the blockquotes inside
_OPENING = {_QUOTE: 0, _SIGN: 1, _KEEP: 2}
_CLOSING = {_UNQUOTE: 0, _UNSIGN: 1, _UNKEEP: 2}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:[xX]0*(?:1[0-9a-fA-F]|[0-8e-fE-F])|0*(?:[0-8]|1[4-9]|2[0-9]|3[01]))(?![0-9a-fA-F]);?"
)
_MARKS = tuple(map(chr, range(0x11, 0x20)))
_PIECES = re.compile(r"([\x11-\x14\x17-\x19])")
_HIDDEN_PIECES = re.compile(r"([\x15\x16])")
# Other combinators let the sheet of one mail cost the square of its length.
_SIMPLE_SELECTOR = re.compile(r"[\w.#, -]{1,100}\Z")
_OPENED = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_TAG = re.compile(r"<[^<>]*>")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())

_INLINE_TAG = re.compile(
    r"<!--.*?-->|</?(?:a|abbr|acronym|b|bdi|bdo|big|center|cite|code|del|dfn|em|font|i|img|ins|kbd|label|mark"
    r"|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr|\w{1,9}:\w{1,30})(?=[ >])"
    r"[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>",
    re.DOTALL,
)
# As the parser writes it: attributes in double quotes.
_ANY_TAG = re.compile(r"<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>")

_UNSEEN = (
    "style script title noscript template svg object iframe select textarea math audio video noembed noframes"
    " xmp plaintext"
).split()
_UNSEEN_SELECTOR = f"{', '.join(_UNSEEN)}, [hidden]"
_UNSEEN_HINTS = ("hidden", *(f"<{tag}" for tag in _UNSEEN))
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
_NAMED = (*_QUOTING, *_SIGNING, *_ANSWERING, "gmail_quote", "blockquote")
_OUTLOOK_BORDER = re.compile(r"border:\s*none;\s*border-top:\s*solid\s+#[0-9a-f]{6}", re.IGNORECASE)

# What a reader cannot see. Each alternative is anchored at a property's name: linear.
_HIDDEN = re.compile(
    r"(?:^|[;{\s])(?:"
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0*\s*(?:[;!}]|$)|mso-hide\s*:\s*all"
    r"|(?:max-)?(?:height|width)\s*:\s*0(?:px|pt|em|%)?\s*(?:[;!}]|$)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top|right|margin-left|margin-top)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%|color\s*:\s*transparent"
    r"|transform\s*:\s*scale\(\s*0\s*\)"
    r")",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?:^|[;{\s])font(?:-size)?\s*:[^;]{0,40}?(\d+(?:\.\d+)?)(px|pt|em|rem|%)?", re.IGNORECASE
)
_TINY = {"": 3.0, "px": 3.0, "pt": 2.0, "em": 0.2, "rem": 0.2, "%": 20.0}
_WHITE = re.compile(
    r"(?:^|[;{\s])color\s*:\s*(?:#fff(?:fff)?\b|#fe?fe?fe?\b|white\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"(?:^|[;{\s])background(?:-color|-image)?\s*:\s*([^;]+)", re.IGNORECASE)
_LIGHT = re.compile(
    r"\s*(?:#fff(?:fff)?\b|white\b|none\b|transparent\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)", re.IGNORECASE
)
_SUSPECT = re.compile(
    r"none|hidden|collapse|opacity|mso-hide|:\s*0|-\d{3}|clip|transparent|white|fff|fefefe|255|font|scale",
    re.IGNORECASE,
)


class _Look(Enum):
    """What a style attribute does to the text inside."""

    SEEN = "seen"
    UNSEEN = "unseen"
    WHITE = "white"  # unseen on white
    TINY = "tiny"  # unseen unless something inside sets a size of its own


def visible_lines(html: str) -> list[Line]:
    """What a reader of `html` sees, line by line; never raises, in time linear in the length."""
    if any(mark in html for mark in _MARKS):
        html = _CONTROL.sub(" ", html)
    if "&#" in html:
        html = _CONTROL_REFERENCE.sub(" ", html)
    if _too_deep(html):
        return [Line(text) for text in _TAG.sub("\n", html).splitlines() if text.strip()]
    tree = LexborHTMLParser(html)
    lower = html.lower()
    hidden = _hiding_selectors(tree) if "<style" in lower else []
    _hide(tree, lower, hidden)
    _mark(tree, lower)
    body = tree.body
    return _lines(body.html or "") if body is not None else []


def _too_deep(html: str) -> bool:
    if html.count("<") <= MAX_DEPTH:
        return False
    depth = 0
    for match in _OPENED.finditer(html):
        if match[2].lower() in _VOID:
            continue
        depth += -1 if match[1] else 1
        if depth > MAX_DEPTH:
            return True
    return False


def _hiding_selectors(tree: LexborHTMLParser) -> list[str]:
    """Selectors of style sheet rules that hide; rules inside @media are for other screens."""
    found: list[str] = []
    for style in tree.css("style")[:20]:
        depth, selector = 0, ""
        for piece in re.split(r"([{}])", style.text()[:200_000]):
            if piece == "{":
                depth += 1
            elif piece == "}":
                depth = max(0, depth - 1)
            elif depth == 0:
                selector = piece.rpartition("*/")[2].strip().removeprefix("<!--").strip()
            elif (
                depth == 1 and len(selector) < 200 and not selector.startswith("@") and _HIDDEN.search(piece)
            ):
                found.append(selector)
    return [selector for selector in found[:50] if _SIMPLE_SELECTOR.match(selector)]


def _hide(tree: LexborHTMLParser, lower: str, selectors: list[str]) -> None:
    hidden = tree.css(_UNSEEN_SELECTOR) if any(hint in lower for hint in _UNSEEN_HINTS) else []
    for selector in selectors:
        try:
            hidden += tree.css(selector)
        except SelectolaxError:
            continue
    for node in tree.css("[style]"):
        look = _look(node.attributes.get("style") or "")
        if look is _Look.UNSEEN or (look is _Look.WHITE and not _on_colour(node)):
            hidden.append(node)
        elif look is _Look.TINY:
            hidden += _tiny(node)
    if "<font" in lower:
        for node in tree.css("font[color]"):
            colour = (node.attributes.get("color") or "").lower()
            if colour in {"#ffffff", "#fff", "white"} and not _on_colour(node):
                hidden.append(node)
    for node in hidden:
        _surround(node, _HIDE, _UNHIDE)


@lru_cache(maxsize=5_000)  # a mail program writes the same few styles into every mail
def _look(style: str) -> _Look:
    if not _SUSPECT.search(style):
        return _Look.SEEN
    if _HIDDEN.search(style):
        return _Look.UNSEEN
    if _WHITE.search(style):
        return _Look.WHITE
    size = _SIZE.search(style)
    tiny = size is not None and float(size[1]) < _TINY.get((size[2] or "").lower(), 3.0)
    return _Look.TINY if tiny else _Look.SEEN


def _tiny(node: LexborNode) -> list[LexborNode]:
    """Newsletters set size 0 on a wrapper and a real size inside: only what inherits size 0 is unseen."""
    sized = [inner for inner in node.css("[style*=font]") if inner.mem_id != node.mem_id]
    if not sized:
        return [node]
    return [
        child
        for child in node.iter(include_text=True)
        if child.is_text_node
        or ("font" not in (child.attributes.get("style") or "") and not child.css("[style*=font]"))
    ]


def _on_colour(node: LexborNode) -> bool:
    """Whether some background that is not white lies behind `node`."""
    at: LexborNode | None = node
    for _ in range(40):
        if at is None:
            return False
        attributes = at.attributes if at.is_element_node else {}
        style = attributes.get("style") or ""
        background = _BACKGROUND.search(style)
        if background and not _LIGHT.match(background[1]):
            return True
        colour = attributes.get("bgcolor") or ""
        if (colour and not _LIGHT.match(colour)) or attributes.get("background"):
            return True
        at = at.parent
    return False


def _mark(tree: LexborHTMLParser, lower: str) -> None:
    """Mark what mail programs build. Words in `lower`, the source, are found faster than elements."""
    if any(name in lower for name in _NAMED):
        for node in tree.css("[class], [id], blockquote"):
            attributes = node.attributes
            mark = _meaning(f"{node.tag} {attributes.get('class') or ''} {attributes.get('id') or ''}")
            if mark == _QUOTE or (mark == _GMAIL_QUOTE and node.css_first("blockquote") is None):
                _surround(node, _QUOTE, _UNQUOTE)
            elif mark == _SIGN:
                _surround(node, _SIGN, _UNSIGN)
            elif mark == _REPLIED:
                _surround(node, _REPLIED, "")
    if "<pre" in lower or "pre-wrap" in lower or "pre-line" in lower:
        for node in tree.css("pre, [style*=pre-wrap], [style*=pre-line]"):
            _surround(node, _KEEP, _UNKEEP)
    if "border-top" in lower:
        for node in tree.css("div[style*=border-top]"):
            if _OUTLOOK_BORDER.search(node.attributes.get("style") or ""):
                _surround(node, _REPLIED, "")


@lru_cache(maxsize=5_000)
def _meaning(names: str) -> str:
    """The mark for an element's tag, classes and id, separated by spaces."""
    found = set(names.lower().split())
    if "blockquote" in found or found & _QUOTING:
        return _QUOTE
    if "gmail_quote" in found:
        return _GMAIL_QUOTE
    if found & _SIGNING:
        return _SIGN
    return _REPLIED if found & _ANSWERING else ""


def _surround(node: LexborNode, before: str, after: str) -> None:
    if node.tag not in {"body", "html", "head"}:
        node.insert_before(before)
        if after:
            node.insert_after(after)


def _lines(written: str) -> list[Line]:
    """The lines of a body as the parser writes it, marks among its text."""
    if _HIDE in written:
        written = _without_hidden(written)
    text = _ANY_TAG.sub(_NEXT, _INLINE_TAG.sub("", written))
    if "&" in text:
        text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = text[:MAX_TEXT_CHARS]
    if not any(mark in text for mark in _OPENING) and _REPLIED not in text:
        return [Line(shown) for piece in text.split(_NEXT) if (shown := " ".join(piece.split()))]
    return _marked_lines(text)


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


def _marked_lines(text: str) -> list[Line]:
    found: list[Line] = []
    open_marks = [0, 0, 0]  # quotes, signatures, kept breaks
    for at, piece in enumerate(_PIECES.split(text)):
        if at % 2 == 0:
            quoted, signed, kept = open_marks
            mark = Mark.QUOTED if quoted else Mark.SIGNATURE if signed else Mark.OWN
            lines = piece.replace("\n", _NEXT) if kept else piece
            found += [
                Line(shown, mark, quoted) for line in lines.split(_NEXT) if (shown := " ".join(line.split()))
            ]
        elif piece in _OPENING:
            open_marks[_OPENING[piece]] += 1
        elif piece in _CLOSING:
            open_marks[_CLOSING[piece]] -= 1
        else:
            found.append(Line("", Mark.REPLIED, open_marks[0]))
    return found
