"""Where the configuration says that the store is."""

from auditor.config.keeping import Store as Settings
from auditor.errors import MailboxError, StoreError
from auditor.mailbox.access.credentials import read_secret
from auditor.store.database.postgresql import Postgresql
from auditor.store.engine import Place


def place_of(settings: Settings) -> Place:
    """The store's file, or its database with the password read.

    Raises:
        StoreError: the password cannot be read.
    """
    if settings.url is None:
        return settings.path
    password = None
    if settings.password_file is not None or settings.credential is not None:
        try:
            password = read_secret(settings.password_file, settings.credential)
        except MailboxError as error:
            raise StoreError(f"store: {error}") from None
    return Postgresql(settings.url, settings.path, password)
