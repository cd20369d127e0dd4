"""The database itself: its schema, the two that can keep it, bringing it up to this version, copies of it."""
