"""What may stand in the log, and what never."""

import ast
import io
import json
import logging
import os
import re
from pathlib import Path

import pytest

from auditor import log, repeats
from auditor.errors import StoreError


@pytest.fixture
def written():
    stream = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("auditor")
    before = root.handlers[:], root.level, ours.level
    yield stream
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.captureWarnings(False)


def test_an_event_is_one_object_with_its_fields(written):
    log.configure("json", "info", written)
    log.logger("auditor.mailbox").info("mailbox_watching", mailbox="m07", backlog=3)
    event = json.loads(written.getvalue())
    assert list(event)[:3] == ["timestamp", "level", "event"]
    assert (event["event"], event["mailbox"], event["backlog"]) == ("mailbox_watching", "m07", 3)


def test_secrets_and_addresses_do_not_pass(written):
    log.configure("json", "debug", written)
    fields = {
        "password": "pw1",
        "access_token": "pw1",
        "subject": "pw1",
        "text": "pw1",
        "who": "jan@pw1.example",
    }
    log.logger("auditor.x").warning(
        "seen", **fields, nested={"secret": "pw1", "to": ["<x@pw1.example>"]}, raw=b"pw1"
    )
    assert "pw1" not in written.getvalue()
    assert json.loads(written.getvalue())["nested"]["to"] == ["<[address]>"]


def test_libraries_speak_from_warning_on_and_never_of_a_login(written):
    log.configure("json", "debug", written)
    library = logging.getLogger("aioimaplib.aioimaplib")
    library.debug("Sending : KCPD1 LOGIN jan pw1")
    library.info("more")
    logging.getLogger("asyncio").debug("slow")
    assert written.getvalue() == ""
    library.warning("KCPD1 LOGIN jan %s", "pw1")
    assert json.loads(written.getvalue())["event"] == "KCPD1 LOGIN [removed]"


@pytest.mark.parametrize("form", ["json", "console"])
def test_one_event_stays_one_line_and_brings_no_colours(written, form):
    log.configure(form, "info", written)
    log.logger("auditor.x").info("seen", reason="a\nlevel=error \x1b[31mred\u2028x")
    logging.getLogger("elsewhere").warning("first\nsecond\x1b[2J")
    assert len(written.getvalue().splitlines()) == 2
    assert "\x1b" not in written.getvalue()


def test_an_endless_value_is_cut(written):
    log.configure("json", "info", written)
    log.logger("auditor.x").info("seen", reason="x" * 1_000_000)
    assert len(written.getvalue()) < 5_000


def test_a_reload_changes_the_level(written):
    log.configure("json", "warning", written)
    logger = log.logger("auditor.x")
    logger.info("unheard")
    log.configure("json", "info", written)
    logger.info("heard")
    assert json.loads(written.getvalue())["event"] == "heard"


def test_an_error_has_its_traceback(written):
    log.configure("json", "info", written)
    try:
        raise ValueError("nothing of a mail")
    except ValueError:
        log.logger("auditor.x").exception("failed")
    assert "ValueError" in json.loads(written.getvalue())["exception"]


CANARY = "quokkasaurus"


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"invalid literal for int(): '{CANARY}'"),
        KeyError(CANARY),
        UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY),
        FileNotFoundError(2, "No such file", f"/mail/{CANARY}"),
        AssertionError(f"{CANARY} is no date"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_words_of_an_error_that_is_not_ours_stay_out(written, error):
    log.configure("json", "debug", written)
    try:
        try:
            raise error
        except Exception as inner:
            raise RuntimeError(CANARY) from inner
    except RuntimeError:
        log.logger("auditor.x").exception("failed")
        logging.getLogger("library").exception("failed")
    assert CANARY not in written.getvalue().lower()
    for event in lines(written):
        assert type(error).__name__ in event["exception"]
        assert "RuntimeError" in event["exception"]
        assert "test_log.py" in event["exception"]


def test_our_own_errors_are_told_in_full(written):
    log.configure("json", "info", written)
    try:
        raise StoreError("auditor.db: the store is damaged; restore a backup")
    except StoreError:
        log.logger("auditor.x").exception("failed")
    assert "StoreError: auditor.db: the store is damaged" in lines(written)[0]["exception"]


@pytest.mark.parametrize(
    "secret",
    [
        f"Authorization: Bearer {CANARY}.{CANARY}",
        f"Basic {CANARY}Zm9vOmJhcg==",
        f"https://x.example/cb?state=1&code={CANARY}&x=1",
        f"imaps://ann:{CANARY}@imap.example.com/",
        f"a1 AUTHENTICATE PLAIN {CANARY}",
        f"eyJhbGciOiJub25lIn0.eyJ4Ijoi{CANARY}.{CANARY}",
        f"user <{CANARY}@x.example>",
    ],
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_within_free_text_do_not_pass(written, form, secret):
    log.configure(form, "info", written)
    log.logger("auditor.x").warning("login_failed", reason=secret, problem=[secret], more={secret: secret})
    logging.getLogger("library").warning("it said: %s", secret)
    assert CANARY not in written.getvalue()


HOSTILE = (
    "ok\r\nlevel=error event=stopped\x1b[31m\x1b]0;title\x07 "
    "\u202etxt.exe\u2066 \u200b\x85\u2028\ud800 {0} %s %(x)s"
)


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_a_server_says_can_neither_begin_a_line_nor_turn_or_colour_one(written, form):
    log.configure(form, "info", written)
    log.logger("auditor.x").error("refused", reason=HOSTILE, problem=(HOSTILE,), mailbox=HOSTILE)
    logging.getLogger("library").error("said %s", HOSTILE)
    text = written.getvalue()
    assert len(text.splitlines()) == 2
    text.encode("utf-8")
    assert not set(text) & set("\x1b\x07\x85\u202e\u2066\u200b\u2028\r")


def test_long_words_of_a_server_are_cut(written):
    log.configure("json", "info", written)
    log.logger("auditor.x").info("seen", reason="word " * 10_000)
    assert len(lines(written)[0]["reason"]) < 1_020


def test_what_repeats_is_counted(written, monkeypatch):
    log.configure("json", "info", written)
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    monkeypatch.setattr("time.time_ns", lambda: int(now * 1e9))
    ours = log.logger("auditor.x")
    for mailbox in (7, 8):
        for _ in range(repeats.AT_ONCE + 412):
            ours.warning("refused", mailbox=mailbox)
    for n in range(repeats.AT_ONCE + 3):
        logging.getLogger("library").warning("number %s", n)
    assert len(lines(written)) == 3 * repeats.AT_ONCE
    now += repeats.SECONDS + 1
    ours.info("stopped")
    told = [event for event in lines(written) if event["event"] == "repeated"]
    assert [(event["of"], event["times"], event["level"]) for event in told] == [
        ("refused", 412, "warning"),
        ("refused", 412, "warning"),
        ("number %s", 3, "warning"),
    ]
    assert lines(written)[-1]["event"] == "stopped"
    ours.warning("refused", mailbox=7)
    assert lines(written)[-1]["event"] == "refused"


def test_the_journal_gets_priorities(tmp_path, written, monkeypatch):
    with (tmp_path / "journal").open("w+", encoding="utf-8") as stream:
        found = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        log.configure("console", "debug", stream)
        ours = log.logger("auditor.x")
        ours.debug("one")
        ours.info("two")
        ours.warning("three")
        try:
            raise ValueError
        except ValueError:
            ours.exception("four")
        stream.seek(0)
        text = stream.read().splitlines()
    assert [line[:3] for line in text[:4]] == ["<7>", "<6>", "<4>", "<3>"]
    assert all(line.startswith("<3>") for line in text[3:])
    assert len(text) > 5


def test_elsewhere_there_are_none(written, monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    log.configure("json", "info", written)
    log.logger("auditor.x").info("one")
    assert written.getvalue().startswith("{")


def test_a_library_that_set_itself_up_is_pinned(written, capsys):
    library = logging.getLogger("talkative.library")
    library.setLevel(logging.DEBUG)
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    log.configure("json", "debug", written)
    library.debug(CANARY)
    library.info(CANARY)
    assert written.getvalue() == ""
    library.warning("heard")
    assert lines(written)[0]["event"] == "heard"
    assert capsys.readouterr().err == ""


def _events_in_the_source():
    """Names that loggers of ours are called with; nothing but a constant is allowed."""
    for path in sorted(Path(log.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Attribute(ast.Name("_logger"), method), arguments) if method in LEVELS:
                    names = [part.value for part in ast.walk(arguments[0]) if isinstance(part, ast.Constant)]
                    assert names, f"{path}:{node.lineno}: name the event"
                    yield from names
    yield "repeated"  # of this module
    yield "request_failed"  # of publish/listening.py, which renames what aiohttp says


LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def test_every_event_is_documented():
    document = (Path(__file__).parents[1] / "systemd" / "LOGS.md").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^\| `([a-z_]+)` \|", document)
    assert sorted(set(_events_in_the_source())) == sorted(listed)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in listed)
