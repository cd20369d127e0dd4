"""Reading in a process beside this one: a second processor for long backlogs and archives.

One question at a time goes through a pipe, a few hundred messages in each: memory stays bounded, and when the
process dies nothing but that question is lost, which is asked again.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence

from auditor import log
from auditor.people import People
from auditor.reader.served import Answer, Failed, Setup
from auditor.reader.work import Manner, Raw

WORTH_A_PROCESS = 700
"""Messages of a backlog that are read here: to start a process takes about as long."""

PAUSE_SECONDS = 30.0
"""A backlog of which nothing was read for so long is over; the process may end."""

_PIPE_BYTES = 1 << 20
"""A question or an answer fits: neither end waits for the other, nor wakes up for every piece of it."""

_PROGRAM = "from auditor.reader.served import main; main()"
_TIMES_STARTED = 2  # for one question: what ends the process twice is read here
_END_SECONDS = 5.0
_GONE = (BrokenPipeError, ConnectionResetError, EOFError, pickle.UnpicklingError)

_logger = log.logger("auditor")


class Readers:
    """A reader here, and one in a process beside once there is enough to read. Used by one thread."""

    def __init__(
        self, people: People, key: bytes, *, read_internal: bool = False, worth: int = WORTH_A_PROCESS
    ) -> None:
        self._setup = Setup(people, key, read_internal)
        self._here = self._setup.reader()
        self._worth = worth if _processors() > 1 and sys.executable else None
        self._in_bulk = 0  # messages of the backlog that is being read
        self._last = 0.0  # monotonic seconds: some of it were read
        self._beside: _Beside | None = None

    @property
    def people(self) -> People:
        """Who sends for us, and who is outside."""
        return self._setup.people

    def know(self, people: People, *, read_internal: bool) -> None:
        """Read by these from the next message on."""
        self._setup = Setup(people, self._setup.key, read_internal)
        self._here.people, self._here.read_internal = people, read_internal
        self.rest()

    @property
    def process_id(self) -> int | None:
        """Of the process beside; None while there is none."""
        return self._beside.process.pid if self._beside else None

    def read(self, raws: Sequence[Raw], manner: Manner) -> Answer:
        """See `Reader.read`. What a watched mailbox brings as it comes is always read here."""
        if manner.live or not raws or self._worth is None:
            return self._here.read(raws, manner)
        self._count(0 if manner.headers_only else len(raws))
        if self._in_bulk + manner.left <= self._worth:
            return self._here.read(raws, manner)
        answer = self._read_beside(raws, manner)
        return self._here.read(raws, manner) if answer is None else answer

    def _count(self, messages: int) -> None:
        """A few messages now and then are no backlog, however many they are in a month."""
        now = time.monotonic()
        if now - self._last > PAUSE_SECONDS:
            self._in_bulk = 0
        self._in_bulk += messages
        self._last = now

    def rest(self) -> None:
        """There is nothing to read for the time being: let the process beside end."""
        self._in_bulk = 0
        if self._beside is not None:
            self._beside.end()
            self._beside = None

    def _read_beside(self, raws: Sequence[Raw], manner: Manner) -> Answer | None:
        """The answer of the process beside; None when it cannot give one."""
        for _ in range(_TIMES_STARTED):
            try:
                self._beside = self._beside or _Beside(self._setup)
                answer = self._beside.ask(raws, manner)
            except _GONE:
                _logger.warning("reading_process_ended", status=self._beside.end() if self._beside else None)
                self._beside = None
            except OSError as error:
                _logger.warning("reading_process_refused", problem=error.strerror)
                self._worth = None
                return None
            else:
                return None if isinstance(answer, Failed) else answer
        self._in_bulk = 0  # read here for a while, before it is tried again
        return None


class _Beside:
    """The process, and the pipes to it."""

    def __init__(self, setup: Setup) -> None:
        """Start it.

        Raises:
            OSError: no process can be started.
        """
        # The same modules from the same places, whatever the working directory; a group of its own, so that
        # Ctrl-C reaches the process that asks alone.
        self.process = subprocess.Popen(  # noqa: S603  # this interpreter, and a module of ours
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            process_group=0,
            bufsize=_PIPE_BYTES,
            pipesize=_PIPE_BYTES,
        )
        assert self.process.stdin is not None  # noqa: S101  # both are pipes
        assert self.process.stdout is not None  # noqa: S101
        self._questions, self._answers = self.process.stdin, self.process.stdout
        self._tell(setup)

    def ask(self, raws: Sequence[Raw], manner: Manner) -> Answer | Failed:
        """Have some messages read.

        Raises:
            BrokenPipeError, ConnectionResetError, EOFError, UnpicklingError: it is there no more.
        """
        self._tell((raws, manner))
        answer: Answer | Failed = pickle.load(self._answers)  # noqa: S301  # both ends are ours
        return answer

    def end(self) -> int:
        """Let it end, and return its exit status; it ends by itself when nothing can come any more."""
        with contextlib.suppress(BrokenPipeError):
            self._questions.close()
        try:
            status = self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self._answers.close()
        return status

    def _tell(self, what: object) -> None:
        pickle.dump(what, self._questions, pickle.HIGHEST_PROTOCOL)
        self._questions.flush()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
