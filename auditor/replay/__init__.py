"""What the alerts would have done: recorded sends driven past the daemon's own detector and decision."""
