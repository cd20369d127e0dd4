"""Campaigns made to look unlike each other: a reader sees one pitch, so the audit must too.

Each trick has a pitch and a sender of its own, so that no other campaign helps to find it. All go through
one scan with the command as a person calls it.
"""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from tests.mail import START, by_hand, letters
from tests.scan.test_scan import as_mbox, scan

COPIES = 20
REACHED = 0.9  # of a trick's mails

Trick = Callable[[str, random.Random], tuple[str, str]]  # pitch -> subtype and text

_LATIN_TO_OTHERS = str.maketrans("aeopcxyis", "аеорсхуіѕ")
_FULL_WIDTH = {ord(letter): ord(letter) + 0xFEE0 for letter in "abcdefghijklmnopqrstuvwxyz"}
_MATHEMATICAL = {ord(letter): 0x1D41A + n for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}


def noise(dice: random.Random, sentences: int = 5) -> str:
    return by_hand(dice.randrange(10**9), sentences)


def paragraphs(text: str) -> str:
    return "".join(f"<p>{line}</p>" for line in text.splitlines())


def hidden(opening: str, closing: str, *, before: bool = False) -> Trick:
    """Words of its own in every mail, in an element that shows nothing."""

    def play(pitch: str, dice: random.Random) -> tuple[str, str]:
        padding = opening + noise(dice) + closing
        inner = padding + paragraphs(pitch) if before else paragraphs(pitch) + padding
        return "html", f"<html><body>{inner}</body></html>"

    return play


def between_letters(piece: Callable[[random.Random], str], subtype: str) -> Trick:
    """Something that no eye sees within the words, elsewhere in every mail."""

    def play(pitch: str, dice: random.Random) -> tuple[str, str]:
        text = "".join(
            letter + (piece(dice) if letter.isalpha() and dice.random() < 0.15 else "") for letter in pitch
        )
        return subtype, paragraphs(text) if subtype == "html" else text

    return play


def letters_changed(table: dict[int, int], often: float) -> Trick:
    """Letters that look alike, other ones in every mail."""

    def play(pitch: str, dice: random.Random) -> tuple[str, str]:
        return "plain", "".join(
            letter.translate(table) if dice.random() < often else letter for letter in pitch
        )

    return play


def plain(write: Callable[[str, random.Random], str]) -> Trick:
    return lambda pitch, dice: ("plain", write(pitch, dice))


def invisible(dice: random.Random) -> str:
    return dice.choice("\u200b\u200c\u200d\u2060\u00ad\ufeff\u180e\u034f")


TRICKS: dict[str, Trick] = {
    "display": hidden("<div style='display:none'>", "</div>"),
    "display, before": hidden("<div style='display : none !important;color:red'>", "</div>", before=True),
    "preheader": hidden(
        "<div style='max-height:0;overflow:hidden;font-size:1px;color:#fefefe'>", "</div>", before=True
    ),
    "visibility": hidden("<p style='visibility:hidden'>", "</p>"),
    "opacity": hidden("<p style='opacity:0.01'>", "</p>"),
    "tiny": hidden("<p style='font-size:1px'>", "</p>"),
    "tiny, another font inside": hidden(
        "<div style='font-size:0'><span style='font-family:Arial'>", "</span></div>"
    ),
    "off the screen": hidden("<div style='position:absolute;left:-9999px'>", "</div>"),
    "moved away": hidden("<div style='transform:translateX(-9999px)'>", "</div>"),
    "one pixel": hidden("<div style='height:1px;overflow:hidden'>", "</div>"),
    "clipped": hidden("<div style='position:absolute;clip:rect(0 0 0 0)'>", "</div>"),
    "white on white": hidden("<p style='color:#ffffff'>", "</p>"),
    "nearly white": hidden("<p style='color:#f8f9fa'>", "</p>"),
    "white by name": hidden("<font color='white'>", "</font>"),
    "blue on blue": hidden(
        "<div style='background-color:#003366'><p style='color:rgb(0,51,102)'>", "</p></div>"
    ),
    "white on white in a dark frame": hidden(
        "<table bgcolor='#222222'><tr><td style='background:#fff;color:#fff'>", "</td></tr></table>"
    ),
    "transparent": hidden("<p style='color:rgba(0,0,0,0)'>", "</p>"),
    "style sheet": hidden("<style>.q1{display:none}</style><p class='q1'>", "</p>"),
    "attribute": hidden("<p hidden>", "</p>"),
    "comment": hidden("<!-- ", " -->"),
    "hidden letters": between_letters(
        lambda dice: f"<span style='display:none'>{dice.choice('abcxyz')}</span>", "html"
    ),
    "empty elements": between_letters(lambda _dice: "<b></b>", "html"),
    "zero width": between_letters(invisible, "plain"),
    "zero width as references": between_letters(
        lambda dice: dice.choice(["&#8203;", "&shy;", "&zwnj;", "&#x2060;", "<wbr>"]), "html"
    ),
    "Cyrillic letters": letters_changed(_LATIN_TO_OTHERS, 0.5),
    "all Cyrillic letters": letters_changed(_LATIN_TO_OTHERS, 1.0),
    "full width": letters_changed(_FULL_WIDTH, 0.4),
    "mathematical": letters_changed(_MATHEMATICAL, 0.4),
    "padding below the signature": plain(
        lambda pitch, dice: (
            f"{pitch}\nKind regards,\nAnn Brook\n\n-- \nAnn Brook\nNorthvans\n\n{noise(dice, 5)}"
        )
    ),
    "padding far below": plain(
        lambda pitch, dice: f"{pitch}\nKind regards,\nAnn Brook\n" + "\n" * 60 + noise(dice, 4)
    ),
    "a quote that nobody wrote": plain(
        lambda pitch, dice: (
            f"{pitch}\nKind regards\nAnn\n\nOn Mon, 7 Sep 2026 at 09:1{dice.randrange(10)},"
            f" Kim <kim@other{dice.randrange(999)}.example> wrote:\n"
            + "".join(f"> {line}\n" for line in noise(dice).splitlines())
        )
    ),
    "the pitch in a quote": plain(
        lambda pitch, dice: (
            "Hi,\nplease see below.\n\nOn Mon, 7 Sep 2026, Ann wrote:\n"
            + "".join(f"> {line}\n" for line in pitch.splitlines())
        )
    ),
    "the pitch in a quote, without attribution": plain(
        lambda pitch, dice: (
            "Hi, please see below.\n\n" + "".join(f"> {line}\n" for line in pitch.splitlines())
        )
    ),
    "the pitch below the mark": plain(lambda pitch, dice: f"Hello!\n\n-- \n{pitch}"),
    "the pitch below name and mark": plain(
        lambda pitch, dice: f"Hello there.\n\nAnn Brook\n-- \nAnn Brook\nNorthvans\n\n{pitch}"
    ),
    "the pitch in a signature element": lambda pitch, dice: (
        "html",
        f"<p>Hello.</p><div class='gmail_signature'>{paragraphs(pitch)}</div>",
    ),
}


def letter(name: str, number: int, trick: Trick, copy: int, answered: bool) -> bytes:
    dice = random.Random(f"{name} {copy}")
    pitch = by_hand(70_000 + number, 8)
    message = EmailMessage()
    message["From"] = f"Ann Brook <ann.brook{number}@northvans.example>"
    message["To"] = f"kim@buyer{number}x{copy}.example"
    message["Subject"] = "Re: your note" if answered else "Your note"
    message["Date"] = format_datetime(START + timedelta(hours=3 * copy, minutes=number))
    message["Message-ID"] = f"<e{number}.{copy}@northvans.example>"
    if answered:
        message["In-Reply-To"] = f"<{dice.randrange(10**9)}@mail{dice.randrange(99)}.example>"
        message["References"] = message["In-Reply-To"]
    subtype, text = trick(pitch, dice)
    message.set_content(text, subtype=subtype)
    return message.as_bytes()


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The class of every copy, by trick; a made-up In-Reply-To is a further one."""
    tricks = {
        **TRICKS,
        "an answer to nothing": plain(lambda pitch, dice: pitch),
        "an answer to nothing, with a quote": TRICKS["a quote that nobody wrote"],
    }
    names = list(tricks)
    folder = tmp_path_factory.mktemp("evasion")
    mails = [
        letter(name, number, tricks[name], copy, name.startswith("an answer"))
        for copy in range(COPIES)
        for number, name in enumerate(names)
    ]
    (folder / "sent.mbox").write_bytes(as_mbox([*mails, *letters(100)]))
    ended = scan(folder / "sent.mbox", "--format", "jsonl", "--output", folder / "verdicts.jsonl")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, list[str]] = {name: [] for name in [*names, "by hand"]}
    for line in (folder / "verdicts.jsonl").read_text().splitlines():
        verdict = json.loads(line)
        head = verdict["message_id"].lstrip("<").partition("@")[0]
        name = names[int(head[1:].partition(".")[0])] if head.startswith("e") else "by hand"
        found[name].append(verdict["class"])
    return found


@pytest.mark.parametrize("name", [*TRICKS, "an answer to nothing", "an answer to nothing, with a quote"])
def test_still_mass(classes: dict[str, list[str]], name: str) -> None:
    assert len(classes[name]) == COPIES
    assert classes[name].count("mass") >= REACHED * COPIES


def test_by_hand_is_still_by_hand(classes: dict[str, list[str]]) -> None:
    assert classes["by hand"] == ["personal"] * 100
