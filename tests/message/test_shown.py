"""A message as a reader sees it."""

from auditor.message.shown import shown
from tests.mail import mail


def test_subject_and_lines_with_their_quotes():
    raw = mail("Thanks!\n\n> Shall we meet?\n> > At three?\n", subject="Über Rampen")
    seen = shown(raw)
    assert seen.subject == "Über Rampen"
    assert [line for line in seen.lines if line] == ["Thanks!", "> Shall we meet?", "> > At three?"]


def test_html_is_shown_as_text_and_hidden_text_is_not():
    raw = (
        mail("x")
        .replace(b"text/plain", b"text/html")
        .replace(b"\r\n\r\nx", b"\r\n\r\n<p>Good morning</p><p style='display:none'>pixel</p>")
    )
    assert [line for line in shown(raw).lines if line] == ["Good morning"]
