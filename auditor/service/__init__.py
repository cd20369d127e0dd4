"""The daemon: its parts, their wiring, and how it starts, stops and reloads."""
