"""IMAP as it is spoken on the wire: connections, commands, answers, their grammar."""
