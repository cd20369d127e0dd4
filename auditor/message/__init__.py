"""From bytes to what a reader sees: headers, kind by form, and the authored text. Pure and stateless."""

from auditor.message.reading import outgoing, read, read_headers

__all__ = ["outgoing", "read", "read_headers"]
