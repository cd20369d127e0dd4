"""What every letter is: a subject, a text and an HTML form of the same words, and pictures; its printing.

What letters say stands in `story.spike`, `story.operator` and their like. A person is named only where the
values that arrive here carry a name; a team as the people file allows it to be shown.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from auditor.story.picture import Picture
from auditor.story.words import capitalised, count, plain

WIDTH = 72
"""Columns of the text part: mail readers show them without a second wrap (RFC 3676 section 4.1)."""

_SUBJECT = 150

_forms = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "forms"),
    autoescape=select_autoescape(["html"], default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture within a letter. Its HTML names it `cid:NAME` (RFC 2392); `caption` says what is drawn.

    In the text part `bars` stands for it, one character a column, and `said` below.
    """

    name: str
    picture: Picture
    caption: str
    bars: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready for the post; `gist` is its one sentence, for a chat or a list of letters."""

    subject: str
    text: str
    html: str
    gist: str = ""
    link: str | None = None  # to the page
    pictures: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of our people are watched, of how many; people outside the people file are not counted."""

    watched: int
    people: int

    @property
    def words(self) -> str:
        """The sentence that belongs to every picture."""
        seen = f"{self.watched:,} of {count(self.people, 'person', 'people')}"
        whom = f"based on {seen}; " if self.people else ""
        return capitalised(f"{whom}mail that platforms send without filing it in Sent is not included")


@dataclass(frozen=True, slots=True)
class House:
    """What every letter of this organisation shares; `public_url` is how people reach the page."""

    organisation: str
    timezone: str = "UTC"
    public_url: str | None = None
    wording_recipients: int = 5
    names_people: bool = False
    coverage: Coverage | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a letter's little table."""

    label: str
    text: str
    link: str | None = None


def print_letter(
    *,
    subject: str,
    house: House,
    headline: str,
    sentence: str,
    rows: Sequence[Row] = (),
    advice: Sequence[str] = (),
    pictures: Sequence[Inline] = (),
    link: str | None = None,
) -> Letter:
    """Print a letter of one sentence, a table and what to do. What it is given is plain text."""
    return print_form(
        "letter", subject, house, headline, sentence, {"rows": rows, "advice": advice}, pictures, link
    )


def print_form(
    form: str,
    subject: str,
    house: House,
    headline: str,
    sentence: str,
    more: Mapping[str, Any],
    pictures: Sequence[Inline] = (),
    link: str | None = None,
) -> Letter:
    """Fill `forms/FORM.txt` and `.html`; both stand in the frame that all letters share."""
    people = (
        "People are named, as privacy.name_senders says" if house.names_people else "People are not named"
    )
    filled = {
        "organisation": plain(house.organisation, 80),
        "headline": headline,
        "sentence": sentence,
        "pictures": pictures,
        "home": page_link(house, "/"),
        "people": people,
        "coverage": (house.coverage or Coverage(0, 0)).words,
        **more,
    }
    text = _forms.get_template(f"{form}.txt").render(filled, wrap=_wrap, width=WIDTH)
    html = _forms.get_template(f"{form}.html").render(filled)
    return Letter(
        plain(subject, _SUBJECT), text, html, sentence, link or page_link(house, "/"), tuple(pictures)
    )


def page_link(house: House, path: str) -> str | None:
    """A link to the page; None without a public address, or with one that is not http."""
    if not house.public_url or urlsplit(house.public_url).scheme not in {"http", "https"}:
        return None
    return house.public_url.rstrip("/") + path


def _wrap(text: str, indent: str = "", hang: str | None = None) -> str:
    """Lines of at most `WIDTH` columns; a long link stays whole. `hang` indents what follows the first."""
    fill = partial(textwrap.fill, width=WIDTH, break_long_words=False, break_on_hyphens=False)
    following = indent if hang is None else hang
    return "\n".join(
        fill(line, initial_indent=indent, subsequent_indent=following) for line in text.split("\n")
    )
