"""A message as a reader sees it, for the few eyes that may look at it once more. Nothing of it is kept."""

from dataclasses import dataclass

from auditor.message import fields as header
from auditor.message import html, journal, mime, plain, unicode


@dataclass(frozen=True, slots=True)
class Shown:
    """Subject and visible lines, quotes included; as they are written, so hostile characters too."""

    subject: str
    lines: tuple[str, ...]


def shown(raw: bytes, *, in_report: bool = False) -> Shown:
    """What a reader of the message sees; of an envelope report (`in_report`) the message inside."""
    fields = header.fields(header.split(raw)[0])
    if in_report and journal.MARK in fields:
        raw = journal.opened(raw) or raw
    block, body = header.split(raw)
    fields = header.fields(block)
    content = mime.content(fields, body)
    lines = (
        html.visible_lines(content.text)
        if content.html
        else plain.visible_lines(content.text, content.flowed, content.del_sp)
    )
    subject = unicode.plain(header.decoded(fields.get("subject", [""])[0]))
    return Shown(subject, tuple("> " * line.depth + line.text for line in lines))
