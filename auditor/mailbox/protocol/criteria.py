"""What a SEARCH asks for (RFC 3501 section 6.4.4)."""

from datetime import date, timedelta

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def received_since(day: date) -> str:
    """Search criterion: received on `day` or later, in any time zone the server may count in."""
    day -= timedelta(days=1)
    return f"SINCE {_day(day)}"


def sent_since(day: date) -> str:
    """Search criterion: received on `day` or later, and not dated before it.

    What a migration filed anew has the migration's day as INTERNALDATE; its Date tells when it was sent.
    Where there is no Date that can be read, some servers take it for a day long ago: such mail is wanted.
    """
    day -= timedelta(days=1)
    return f"SINCE {_day(day)} OR NOT SENTSINCE 1-Jan-1990 NOT SENTBEFORE {_day(day)}"


def _day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
