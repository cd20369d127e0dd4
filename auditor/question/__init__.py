"""What commands ask of the store: read by the running daemon, or by the command where none runs."""
