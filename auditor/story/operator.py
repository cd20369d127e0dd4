"""A letter to whoever runs the auditor: what is wrong, and what to do about it."""

from collections.abc import Sequence

from auditor.story.letter import House, Letter, print_letter
from auditor.story.words import plain


def write_operator_letter(headline: str, what: str, steps: Sequence[str], house: House) -> Letter:
    """Write it.

    Args:
        headline: one short sentence, which is also the subject.
        what: one or two sentences; nothing of a mail.
        steps: what to do, in order.
    """
    return print_letter(
        subject=headline,
        house=house,
        headline=plain(headline),
        sentence=plain(what, 600),
        advice=tuple(plain(step, 400) for step in steps),
    )
