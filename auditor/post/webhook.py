"""Telling a chat or a program by one HTTP request (aiohttp's client).

The address of a webhook is its password: it stands in no message, and is never followed elsewhere.
"""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp

from auditor.errors import DeliveryDelayed, DeliveryError, DeliveryUnknown, ServerUnusable
from auditor.store.outbox import Waiting

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook; its address never shows in its representation, and is empty where it cannot be read."""

    name: str
    form: Literal["slack", "teams", "json"]
    url: str = field(repr=False)
    ca_file: Path | None = None


async def call(hook: Hook, letter: Waiting) -> None:
    """Tell it of a letter.

    Raises:
        DeliveryDelayed: not now; `DeliveryUnknown` when it may have been told.
        ServerUnusable: its address or certificate has to be changed; the letter waits.
        DeliveryError: it refuses this letter for good.
    """
    if not hook.url:
        raise ServerUnusable(f"webhook {hook.name}: cannot read its address; correct its file, then reload")
    body = json.dumps(payload(hook.form, letter), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": letter.message_id}
    context = await asyncio.to_thread(_context, hook)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
            session.post(
                hook.url, data=body, headers=headers, ssl=context, allow_redirects=False
            ) as response,
        ):
            status = response.status
    except aiohttp.InvalidURL:
        raise ServerUnusable(f"webhook {hook.name}: its address is none; correct its file") from None
    except aiohttp.ClientConnectorCertificateError:
        raise ServerUnusable(f"webhook {hook.name}: certificate not accepted; check its ca_file") from None
    except aiohttp.ClientConnectorError:
        raise DeliveryDelayed(f"webhook {hook.name}: cannot be reached; trying again") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise DeliveryUnknown(f"webhook {hook.name}: {type(error).__name__}; telling it again") from None
    _judge(hook, status)


def _judge(hook: Hook, status: int) -> None:
    if 200 <= status < 300:
        return
    line = f"webhook {hook.name}: answered HTTP {status}"
    if status in {408, 425, 429} or status >= 500:
        raise DeliveryDelayed(f"{line}; trying again")
    if status in {400, 413, 422}:
        raise DeliveryError(f"{line}: it refuses this letter; check its form")
    raise ServerUnusable(f"{line}; check its address")


def _context(hook: Hook) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=hook.ca_file)
    except OSError:
        raise ServerUnusable(f"webhook {hook.name}: cannot read its ca_file; check the path") from None


def payload(form: str, letter: Waiting) -> dict[str, Any]:
    """What a webhook is told: Slack's mrkdwn, an Adaptive Card for Teams, or every field."""
    match form:
        case "slack":
            link = f"\n<{letter.link}|All figures>" if letter.link else ""
            return {"text": f"*{_slack(letter.subject)}*\n{_slack(letter.gist)}{link}"}
        case "teams":
            return {
                "type": "message",
                "attachments": [
                    {"contentType": "application/vnd.microsoft.card.adaptive", "content": _card(letter)}
                ],
            }
    return {
        "version": 1,
        "id": letter.message_id,
        "incident": letter.incident_id,
        "occasion": letter.occasion,
        "subject": letter.subject,
        "sentence": letter.gist,
        "text": letter.text,
        "link": letter.link,
        "written_at": letter.created_at,
    }


def _slack(text: str) -> str:
    """Escaped as Slack asks: these three begin links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card(letter: Waiting) -> dict[str, Any]:
    """Runs of text, not blocks: a TextBlock would read what it shows as Markdown."""
    lines = [(letter.subject, "bolder"), (letter.gist, "default")]
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, "weight": weight}]}
            for text, weight in lines
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "All figures", "url": letter.link}]
        if letter.link
        else [],
    }
