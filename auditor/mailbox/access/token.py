"""One access token."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Token:
    """An access token (RFC 6749 section 1.4); its text never shows in its representation."""

    text: str = field(repr=False)
    expires_at: float  # epoch seconds
