"""Who hands the letters over, made from the configuration: mail server, access tokens, webhooks."""

from dataclasses import dataclass

from auditor.config import Config
from auditor.config.post import Webhook
from auditor.errors import ConnectionLost, MailboxError, ServerAway, ServerUnusable
from auditor.mailbox.access.credentials import read_secret
from auditor.mailbox.access.token import Token
from auditor.mailbox.access.tokens import Tokens
from auditor.post.house import house_of
from auditor.post.outbox import Postman
from auditor.post.smtp import Server
from auditor.post.webhook import Hook
from auditor.store.leases import Transactions


def postman_of(config: Config, store: Transactions, tokens: Tokens) -> Postman:
    """Who empties the outbox of `store`, as the configuration says; secrets are read now.

    Raises:
        MailboxError: the mail server's password cannot be read.
    """
    hooks = [Hook(one.name, one.form, _address(one), one.ca_file) for one in config.webhooks]
    smtp = config.smtp
    server = server_of(config, tokens)
    return Postman(store.run, server, smtp.sender, smtp.letters_per_minute, house_of(config), hooks)


def _address(webhook: Webhook) -> str:
    """The address of a webhook; empty where it cannot be read, which must keep no mail back."""
    try:
        return read_secret(webhook.url_file, webhook.url_credential, "url")
    except MailboxError:
        return ""


def server_of(config: Config, tokens: Tokens) -> Server:
    """The mail server that takes the letters; its password is read now.

    Raises:
        MailboxError: the password cannot be read.
    """
    smtp = config.smtp
    password, bearer = None, None
    if smtp.password_file is not None or smtp.credential is not None:
        password = read_secret(smtp.password_file, smtp.credential)
    if smtp.login is not None:
        bearer = SmtpTokens(tokens, smtp.login, smtp.username or "")
    return Server(smtp.host, smtp.port, smtp.security, smtp.ca_file, smtp.username, password, bearer)


@dataclass(slots=True)
class SmtpTokens:
    """Access tokens for the mail server, from the same place as the mailboxes' (`smtp.Bearer`)."""

    tokens: Tokens
    login: str
    username: str
    shown: Token | None = None

    async def get(self) -> str:
        """See `Bearer.get`."""
        try:
            self.shown = await self.tokens.get(self.login, self.username)
        except ConnectionLost as error:
            raise ServerAway(str(error)) from None
        except MailboxError as error:
            raise ServerUnusable(str(error)) from None
        return self.shown.text

    def refused(self, token: str) -> bool:
        """See `Bearer.refused`."""
        if self.shown is None or self.shown.text != token:
            return True
        return self.tokens.refused(self.login, self.username, self.shown, "smtp_refused")
