"""One account, read once from its beginning to its end: the audit without a store."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import date

from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox import needed
from auditor.mailbox.access.account import Account
from auditor.mailbox.found import Archived
from auditor.mailbox.protocol.criteria import received_since
from auditor.mailbox.sent import sent_folder
from auditor.mailbox.session import Session

_BATCH = 50
_TRIES = 4
_FIRST_PAUSE = 1.0  # seconds; doubled from one try to the next


async def scan_account(
    account: Account,
    folder: str | None = None,
    since: date | None = None,
    *,
    limit: int = 262_144,
    seconds: float = 60.0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> AsyncGenerator[Archived, None]:
    """Yield the messages of the Sent folder, or of `folder`, received on `since` or later.

    Messages are cut at `limit` bytes; `seconds` is the deadline of every command; `progress` is told the
    messages done and their total. A lost connection is made again and goes on where it was.

    Raises:
        MailboxError: a person must change something (login, folder, certificate).
        ConnectionLost: the server stayed away.
    """
    uidvalidity: int | None = None
    read_up_to = done = failures = 0
    while True:
        try:
            async with await Session.connect(account, seconds=seconds) as session:
                sent = sent_folder(await session.list_folders(), folder)
                examined = await session.examine(sent.folder)
                if uidvalidity not in {None, examined.uidvalidity}:
                    raise MailboxError(
                        f"{account}: the server numbered the messages anew meanwhile: start again"
                    )
                uidvalidity = examined.uidvalidity
                source = f"imaps://{account.username}@{account.host}:{account.port}/{sent.folder.name}"
                matching = await session.search(received_since(since) if since else "ALL")
                uids = [uid for uid in matching if uid > read_up_to]
                total = done + len(uids)
                for start in range(0, len(uids), _BATCH):
                    batch = uids[start : start + _BATCH]
                    # Any account may be a journal: what is an envelope report is opened.
                    headers = await needed.headers(session, batch, journal=True)
                    texts = await needed.texts(session, headers, limit)
                    for found in headers:
                        if found.uid in texts:
                            yield Archived(source, texts[found.uid], found.received_at)
                    read_up_to, failures = batch[-1], 0
                    done += len(batch)
                    progress(done, total)
                return
        except ConnectionLost:
            failures += 1
            if failures >= _TRIES:
                raise
        await asyncio.sleep(_FIRST_PAUSE * 2 ** (failures - 1))
