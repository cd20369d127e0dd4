"""Logging in to a configured mailbox, whatever proves who we are."""

import asyncio

from auditor.config.sections import Mailbox
from auditor.errors import LoginRefused
from auditor.mailbox.access.account import account_of, account_with
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.session import Session
from auditor.pace import Pace


async def log_in(mailbox: Mailbox, tokens: Tokens, *, seconds: float, pace: Pace | None = None) -> Session:
    """Connect and log in. A password is read anew; a token that is refused is fetched anew, once.

    Args:
        seconds: the deadline of each step.

    Raises:
        MailboxError: a person must act: a wrong secret, a missing right, with the next step.
        ConnectionLost: the mail server or the token endpoint cannot be reached.
    """
    if mailbox.login is None:
        account = await asyncio.to_thread(account_of, mailbox)
        return await Session.connect(account, seconds=seconds, pace=pace)
    login = tokens.login(mailbox.login)
    token = await tokens.get(login.name, mailbox.username)
    try:
        return await Session.connect(account_with(mailbox, login, token.text), seconds=seconds, pace=pace)
    except LoginRefused as error:
        if not tokens.refused(login.name, mailbox.username, token, error.reason):
            raise
    token = await tokens.get(login.name, mailbox.username)
    try:
        return await Session.connect(account_with(mailbox, login, token.text), seconds=seconds, pace=pace)
    except LoginRefused as error:
        tokens.refused(login.name, mailbox.username, token, error.reason)
        raise
