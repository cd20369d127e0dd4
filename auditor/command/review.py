"""`auditor review`: a person reads random mails and says what they are, before hearing what we say.

Kept is how often both agreed, never which mail it was and never a word of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.prompt import Prompt
from rich.text import Text

from auditor.command import client
from auditor.config import Config
from auditor.errors import AuditorError
from auditor.question.explain import Telling
from auditor.question.reviewing import DrawSends, OurClasses, SeeSend
from auditor.request.review import KeepReview
from auditor.store.reading.results import moment
from auditor.story.words import count, plain
from auditor.vocabulary import Class

_ANSWERS = {"m": Class.MASS, "t": Class.TAILORED, "p": Class.PERSONAL}
_SKIP, _QUIT = "s", "q"
_QUESTION = "[b]m[/b]ass, [b]t[/b]ailored, [b]p[/b]ersonal, [b]s[/b]kip or [b]q[/b]uit"
_LINES_SHOWN = 60
_LINE_WIDTH = 1_000
_WHAT_IS_MEANT = """\
You will see {count} mails that were drawn at random, one at a time. Say of each what it is:

  mass       the same text as to many others, apart from a few words such as a name
  tailored   a text for many, with a passage that was written for this one recipient
  personal   written for this recipient

What the auditor says you hear at the end. Kept is how often you agreed; who looked at which mail is noted.
"""


@dataclass(slots=True)
class Answers:
    """What the person said so far, by the number of the send."""

    said: dict[int, Class] = field(default_factory=dict)

    def beside(self, ours: Mapping[str, str]) -> dict[Class, dict[Class, int]]:
        """Our class -> what the person said -> how often."""
        counts: dict[Class, dict[Class, int]] = {}
        for send, theirs in self.said.items():
            if str(send) in ours:
                row = counts.setdefault(Class(ours[str(send)]), {})
                row[theirs] = row.get(theirs, 0) + 1
        return counts


def review(config: Config, sample: int, console: Console, telling: Telling) -> None:
    """Ask about `sample` mails, and keep how often the person agreed.

    Raises:
        AuditorError: there is nothing to ask about, or the daemon cannot answer.
    """
    drawn: list[int] = client.ask(config, DrawSends(sample))
    if not drawn:
        raise AuditorError("no mail of the last 90 days to people outside is there to be reviewed")
    console.print(_WHAT_IS_MEANT.format(count=min(sample, len(drawn))), markup=False, highlight=False)
    answers = _ask_about(config, drawn, sample, console, telling)
    if not answers.said:
        console.print("Nothing was answered, so nothing is kept.")
        return
    counts = answers.beside(client.ask(config, OurClasses(list(answers.said))))
    console.print()
    for line in _told(counts):
        console.print(line, highlight=False)
    console.print(client.change(config, KeepReview(counts)), highlight=False)


def _ask_about(
    config: Config, drawn: Sequence[int], sample: int, console: Console, telling: Telling
) -> Answers:
    answers = Answers()
    for send in drawn:
        if len(answers.said) == sample:
            break
        try:
            seen = client.ask(config, SeeSend(send))
        except AuditorError as error:
            console.print(f"One is passed over: {error}.", style="dim", markup=False, highlight=False)
            continue
        _show(console, seen, len(answers.said) + 1, sample, telling)
        try:
            said = Prompt.ask(
                _QUESTION, choices=[*_ANSWERS, _SKIP, _QUIT], show_choices=False, console=console
            )
        except EOFError:
            break
        if said == _QUIT:
            break
        if said in _ANSWERS:
            answers.said[send] = _ANSWERS[said]
    return answers


def _show(console: Console, seen: Mapping[str, Any], number: int, sample: int, telling: Telling) -> None:
    """The mail as it is read; nothing in it can move the cursor or colour the terminal."""
    people = count(seen["recipients"], "person", "people")
    hidden = f", {seen['bcc']:,} of them in Bcc" if seen["bcc"] else ""
    console.rule(f"{number} of {sample}", align="left")
    console.print(
        f"Sent {telling.moment(moment(seen['sent_at']))} to {people}{hidden}", style="dim", highlight=False
    )
    console.print(Text(f"Subject: {plain(seen['subject'])}\n", style="bold"))
    lines = [plain(line, _LINE_WIDTH) for line in seen["lines"]]
    for line in lines[:_LINES_SHOWN]:
        console.print(Text(line))
    if len(lines) > _LINES_SHOWN:
        console.print(Text(f"… and {len(lines) - _LINES_SHOWN} lines more", style="dim"))
    console.print()


def _told(counts: Mapping[Class, Mapping[Class, int]]) -> list[str]:
    """Where the person and the auditor disagree, class by class."""
    lines = []
    for ours in _ANSWERS.values():
        row = counts.get(ours, {})
        asked = sum(row.values())
        if not asked:
            continue
        others = ", ".join(
            f"{row[said]} {said}" for said in _ANSWERS.values() if said in row and said != ours
        )
        lines.append(
            f"The auditor calls {asked} of them {ours}: you too in {row.get(ours, 0)}"
            + (f", but {others}." if others else ".")
        )
    return lines
