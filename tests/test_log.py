"""What may stand in the log, and what never."""

import io
import json
import logging

import pytest

from auditor import log


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
