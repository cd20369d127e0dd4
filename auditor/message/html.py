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
_OPENING = {_QUOTE: 0, _SIGN: 1, _HIDE: 2, _KEEP: 3}
_CLOSING = {_UNQUOTE: 0, _UNSIGN: 1, _UNHIDE: 2, _UNKEEP: 3}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:[xX]0*(?:1[0-9a-fA-F]|[0-8e-fE-F])|0*(?:[0-8]|1[4-9]|2[0-9]|3[01]))(?![0-9a-fA-F]);?"
)
_PIECES = re.compile(r"([\x11-\x19\x1f])")
# Other combinators let the sheet of one mail cost the square of its length.
_SIMPLE_SELECTOR = re.compile(r"[\w.#, -]{1,100}\Z")
_OPENED = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_TAG = re.compile(r"<[^<>]*>")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())

_UNSEEN = (
    "style, script, title, noscript, template, svg, object, iframe, select, textarea, math, audio, video,"
    " [hidden]"
)
_INLINE = (
    "a abbr acronym b bdi bdo big center cite code del dfn em font i img ins kbd label mark o\\:p q s samp"
    " small span strike strong sub sup time tt u var wbr st1\\:place st1\\:city"
).split()
_QUOTES = (
    "blockquote, div.gmail_quote, div.moz-cite-prefix, div.moz-forward-container, div.yahoo_quoted,"
    " div.protonmail_quote, div.tutanota_quote, div.zmail_extra, div.gmail_extra, #isForwardContent,"
    " #mail-editor-reference-message-container, div.front-quote"
)
_REPLIES = (
    "#divRplyFwdMsg, #appendonsend, #stopSpelling, #x_divRplyFwdMsg, #ms-outlook-mobile-body-separator-line"
)
_SIGNATURES = (
    "div.gmail_signature, .moz-signature, #Signature, #signature, div.signature, table.signature,"
    " #ms-outlook-mobile-signature, #AppleMailSignature, div.protonmail_signature_block,"
    " div.tutanota_signature, div.yahoo-signature, .x_signature, #x_Signature"
)
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
    if _CONTROL.search(html):
        html = _CONTROL.sub(" ", html)
    if "&#" in html:
        html = _CONTROL_REFERENCE.sub(" ", html)
    if _too_deep(html):
        return [Line(text) for text in _TAG.sub("\n", html).splitlines() if text.strip()]
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return []
    hidden = _hiding_selectors(tree) if "<style" in html or "<STYLE" in html else []
    _hide(tree, hidden)
    _mark(tree)
    tree.unwrap_tags(_INLINE)
    body = tree.body
    if body is None:
        return []
    body.merge_text_nodes()
    return _lines(body.text(separator=_NEXT)[:MAX_TEXT_CHARS])


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


def _hide(tree: LexborHTMLParser, selectors: list[str]) -> None:
    hidden = tree.css(_UNSEEN)
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
    for node in tree.css("font[color]"):
        colour = (node.attributes.get("color") or "").lower()
        if colour in {"#ffffff", "#fff", "white"} and not _on_colour(node):
            hidden.append(node)
    for node in hidden:
        if node.tag not in {"body", "html", "head"}:
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


def _mark(tree: LexborHTMLParser) -> None:
    for node in tree.css(_QUOTES):
        _surround(node, _QUOTE, _UNQUOTE)
    for node in tree.css(_SIGNATURES):
        _surround(node, _SIGN, _UNSIGN)
    for node in tree.css("pre, [style*=pre-wrap], [style*=pre-line]"):
        _surround(node, _KEEP, _UNKEEP)
    for node in tree.css(_REPLIES):
        node.insert_before(_NEXT + _REPLIED + _NEXT)
    for node in tree.css("div[style*=border-top]"):
        if _OUTLOOK_BORDER.search(node.attributes.get("style") or ""):
            node.insert_before(_NEXT + _REPLIED + _NEXT)


def _surround(node: LexborNode, before: str, after: str) -> None:
    node.insert_before(_NEXT + before + _NEXT)
    node.insert_after(_NEXT + after + _NEXT)


def _lines(text: str) -> list[Line]:
    found: list[Line] = []
    open_marks = [0, 0, 0, 0]  # quotes, signatures, hidden, kept breaks
    for at, piece in enumerate(_PIECES.split(text)):
        if at % 2:
            if piece in _OPENING:
                open_marks[_OPENING[piece]] += 1
            elif piece in _CLOSING:
                open_marks[_CLOSING[piece]] -= 1
            elif piece == _REPLIED:
                found.append(Line("", Mark.REPLIED, open_marks[0]))
        elif piece and not open_marks[2]:
            quoted, signed, _, kept = open_marks
            mark = Mark.QUOTED if quoted else Mark.SIGNATURE if signed else Mark.OWN
            for line in piece.split("\n") if kept else (piece,):
                if shown := " ".join(line.split()):
                    found.append(Line(shown, mark, quoted))
    return found
