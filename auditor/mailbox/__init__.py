"""Where mail comes from: watched IMAP mailboxes and archives. Everything here only reads."""
