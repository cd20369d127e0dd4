"""A large mailbox in bounded memory."""

from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from tests.components.dovecot import Dovecot
from tests.mail import campaign, letters
from tests.service.daemon import Daemon

MESSAGES = 20_000
LIMIT_MB = 400
LATELY = datetime.now(UTC) - timedelta(days=60)


def test_twenty_thousand_messages(tmp_path: Path, dovecot: Dovecot) -> None:
    """Half of them campaigns, half written by hand."""
    campaigns = chain.from_iterable(
        campaign(250, sender=f"rep{n}@northvans.example", start=LATELY) for n in range(MESSAGES // 500)
    )
    by_hand = letters(MESSAGES // 2, start=LATELY)
    for some in iter(lambda: list(islice(zip(campaigns, by_hand, strict=True), 500)), []):
        dovecot.deliver("ann", *chain.from_iterable(some))
    daemon = Daemon(tmp_path, dovecot)
    try:
        daemon.start()
        daemon.until_judged(MESSAGES, seconds=150)
        assert daemon.query("SELECT count(*), count(DISTINCT identity) FROM send") == [(MESSAGES, MESSAGES)]
        assert daemon.peak_memory_mb() < LIMIT_MB
        print(f"{MESSAGES} messages, peak {daemon.peak_memory_mb():.0f} MB")
    finally:
        daemon.close()
