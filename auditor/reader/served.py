"""The process beside: reads what it is asked to read, until nobody can ask any more.

Its standard input and output are its two ends; how it reads comes first, through the same pipe, so that the
key stands in no argument, variable or file. When the other end goes, however that happens, so does this one.
"""

import gc
import pickle
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from auditor.message.values import Skipped
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.reader.work import Manner, Raw, Read, Reader, Wanted

Question = tuple[Sequence[Raw], Manner]
Answer = list[Read | Skipped | Wanted]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a reader needs before the first message. `key` is the pseudonym key."""

    people: People
    key: bytes
    read_internal: bool

    def reader(self) -> Reader:
        """A reader as this describes it."""
        return Reader(self.people, Pseudonyms(self.key), read_internal=self.read_internal)

    def __repr__(self) -> str:
        return "Setup()"  # holds a key


@dataclass(frozen=True, slots=True)
class Failed:
    """Reading raised; of what kind the error was. Its text may hold some of the mail and stays here."""

    kind: str


def main() -> None:
    """Serve standard input until it ends. Signals are for the process that asks."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # What start-up made stays, and nothing that reading makes refers to itself: there is no rubbish to find.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except (EOFError, BrokenPipeError):
        return


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer every question, the first being a `Setup`.

    Raises:
        EOFError, BrokenPipeError: nobody asks any more.
    """
    reader = pickle.load(questions).reader()  # noqa: S301  # both ends are ours
    while True:
        answer = _answer(reader, pickle.load(questions))  # noqa: S301
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _answer(reader: Reader, question: Question) -> Answer | Failed:
    try:
        return reader.read(*question)
    except Exception as error:  # noqa: BLE001  # told to the other end, which decides
        return Failed(type(error).__name__)
