"""What the commands do that are more than a call: ask the daemon or the store, and show the answer."""
