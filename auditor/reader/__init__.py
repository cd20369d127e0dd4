"""From raw messages to keyed sends, a few hundred at a time, in this process or beside it."""
