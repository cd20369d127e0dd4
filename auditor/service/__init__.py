"""The daemon: its parts, their wiring, and how it starts, stops and reloads."""

from auditor.service.daemon import run, serve

__all__ = ["run", "serve"]
