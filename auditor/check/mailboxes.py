"""Each mailbox, looked at as the daemon would: log in, find the folder, open it read-only, count."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from auditor.check.findings import Finding, MailboxFacts
from auditor.check.journal import LOOKED_AT, remark
from auditor.config import Config
from auditor.config.logins import Login
from auditor.config.sections import Mailbox
from auditor.errors import AuditorError
from auditor.mailbox.access.account import Method
from auditor.mailbox.access.credentials import readable_by_others
from auditor.mailbox.access.power import power
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.entries import Entry
from auditor.mailbox.found import Cursor, Found
from auditor.mailbox.login import log_in
from auditor.mailbox.protocol.criteria import received_since
from auditor.mailbox.sent import Sent, sent_folder
from auditor.mailbox.session import Examined, Session
from auditor.message import fields
from auditor.pace import Paces
from auditor.people import People

_AT_ONCE = 20  # mailboxes looked at in parallel


class Mailboxes:
    """Looks at mailboxes, some at a time. `cursors` say how far the store has read, by mailbox key."""

    def __init__(self, config: Config, company: People, cursors: Mapping[str, Cursor]) -> None:
        self._config = config
        self._company = company
        self._cursors = cursors
        self._tokens = Tokens(config.logins)
        self._paces = Paces()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._now = datetime.now(UTC)

    async def look_at(self, entry: Entry) -> Finding:
        """Everything there is to say of one mailbox. Nothing in it is changed."""
        mailbox, what = entry.mailbox, name_of(entry.mailbox)
        if file := next(filter(readable_by_others, _secret_files(mailbox, self._config)), None):
            return Finding(what, ok=False, detail=f"everybody may read the password; run: chmod 600 {file}")
        seconds = self._config.imap.command_timeout.total_seconds()
        try:
            async with self._gate:
                pace = self._paces.of(mailbox.host, self._config.imap.pace(mailbox.preset))
                async with await log_in(mailbox, self._tokens, seconds=seconds, pace=pace) as session:
                    facts = await self._facts(entry, session)
        except AuditorError as error:
            return Finding(what, ok=False, detail=str(error))
        return Finding(what, ok=True, detail=_sentence(facts), mailbox=facts)

    async def _facts(self, entry: Entry, session: Session) -> MailboxFacts:
        mailbox = entry.mailbox
        folders = await session.list_folders()
        sent = sent_folder(folders, mailbox.folder_to_open)
        rights = await session.rights(sent.folder)
        examined = await session.examine(sent.folder)
        oldest, newest = await _span(session, examined)
        method = _method(mailbox, self._config)
        could = power(method, rights)
        latest = await _newest(session, examined)
        amiss = remark(mailbox.kind, examined.exists, latest, self._company, self._now)
        expires = self._tokens.expiries.get(mailbox.login or "")
        return MailboxFacts(
            username=mailbox.username,
            host=mailbox.host,
            port=mailbox.port,
            address=session.server,
            tls=session.tls_version,
            method=method,
            login=mailbox.login,
            kind=mailbox.kind,
            folder=sent.folder.name,
            found_how=_how(sent),
            messages=examined.exists,
            oldest=oldest,
            newest=newest,
            read_only=examined.read_only,
            idle=session.can_idle,
            beyond_reading=could.beyond,
            remark="\n".join(filter(None, (could.remark, amiss and f"{mailbox.username}: {amiss}"))),
            credential_expires=None if expires is None else datetime.fromtimestamp(expires, UTC),
            certificate_expires=session.certificate_expiry,
            backlog=await self._backlog(entry, session, examined),
        )

    async def _backlog(self, entry: Entry, session: Session, examined: Examined) -> int:
        """What the daemon would read first: what came after its cursor, or in the days of the backfill."""
        cursor = self._cursors.get(entry.key)
        if not examined.exists:
            return 0
        if cursor is not None and cursor.uidvalidity == examined.uidvalidity:
            return len(await session.search_after(cursor.high))
        since: date = self._now.date() - entry.mailbox.backfill
        return len(await session.search(received_since(since)))


def name_of(mailbox: Mailbox) -> str:
    """How findings call a mailbox."""
    return f"mailbox {mailbox.username} at {mailbox.host}"


def _how(sent: Sent) -> str:
    return sent.how.replace("_", " ")


def _method(mailbox: Mailbox, config: Config) -> Method:
    if mailbox.login is not None:
        return Method(next(login.provider for login in config.logins if login.name == mailbox.login))
    return Method.PASSWORD if mailbox.master_user is None else Method.MASTER


def _secret_files(mailbox: Mailbox, config: Config) -> list[Path]:
    logins: list[Login] = [login for login in config.logins if login.name == mailbox.login]
    files = [mailbox.password_file]
    for login in logins:
        files += [login.secret_file, login.key_file, login.refresh_token_file]
    return [file for file in files if file is not None]


async def _span(session: Session, examined: Examined) -> tuple[datetime | None, datetime | None]:
    """When the first and the last message of the folder were sent, by their Date or else their arrival."""
    if not examined.exists:
        return None, None
    found = await session.fetch_fields(await session.search("1,*"), ("date",))
    dates = [fields.date(fields.fields(one.header).get("date", [])) or one.received_at for one in found]
    return (min(dates), max(dates)) if dates else (None, None)


async def _newest(session: Session, examined: Examined) -> tuple[Found, ...]:
    first = max(1, examined.exists - LOOKED_AT + 1)
    return await session.fetch_headers(await session.search(f"{first}:*")) if examined.exists else ()


def _sentence(facts: MailboxFacts) -> str:
    news = "told of news at once" if facts.idle else "asked for news"
    return (
        f'"{facts.folder}" ({facts.found_how}), {facts.messages} messages, read-only proven, {news}; '
        f"{facts.backlog} to read; beyond reading it could: {facts.beyond_reading}"
    )
