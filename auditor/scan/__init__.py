"""A one-shot audit of archives or of one account: no configuration, nothing kept."""
