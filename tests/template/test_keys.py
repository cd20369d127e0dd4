"""The key decides ids and nothing else: the same mail under another key has the same verdicts.

What is in doubt under one key is so under another: texts at the very edge of likeness, and which of a group's
recipients counts. Such mail is not in here; an archive's audit repeats because its key is the archive's own.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.pseudonyms import RESERVED
from auditor.template import moves
from auditor.template.index import TemplateIndex
from auditor.template.values import KeyedSend, Rules, Verdict
from auditor.vocabulary import Kind
from tests.template.invented import person, prose, send

KEYS = 4


def keyed(key: int, value: bytes, length: int = 16) -> bytes:
    return hashlib.blake2b(value, digest_size=length, key=key.to_bytes(8, "big")).digest()


def under(key: int, send: KeyedSend) -> KeyedSend:
    """The send as another key had made it; recipients in the order in which the store gives them."""

    def number(before: int) -> int:
        found = int.from_bytes(keyed(key, before.to_bytes(4, "big"), 4), "big")
        return before if before < RESERVED else max(RESERVED, found)

    whom = sorted(
        (keyed(key, one), keyed(key, organisation))
        for one, organisation in zip(send.recipients, send.organisations, strict=True)
    )
    return replace(
        send,
        identity=keyed(key, send.identity),
        sender=number(send.sender),
        recipients=tuple(one for one, _ in whom),
        organisations=tuple(organisation for _, organisation in whom),
        words=tuple(map(number, send.words)),
    )


def mail(seed: int, count: int) -> list[KeyedSend]:
    """Campaigns, copies with a passage of their own or without a line, follow-ups, own texts."""
    draw = random.Random(seed)
    pitches = [prose(1000 + seed * 50 + n, words=64).split("\n") for n in range(10)]
    sends = []
    for number in range(1, count + 1):
        lines = list(draw.choice(pitches))
        roll = draw.random()
        if roll < 0.2:
            lines = prose(number * 7 + seed, words=60).split("\n")
        elif roll < 0.4:
            lines.insert(draw.randrange(len(lines)), prose(number * 11 + seed, words=20).replace("\n", " "))
        elif roll < 0.6:
            del lines[draw.randrange(len(lines))]
        sends.append(
            send(
                number,
                "\n".join(["hi ‹name›", *lines]),
                to=[person(draw.randrange(40))],
                day=number / 7,
                kind=draw.choice([Kind.NEW, Kind.NEW, Kind.FOLLOW_UP, Kind.REPLY]),
                sender=f"rep{draw.randrange(3)}@our.example",
            )
        )
    return sends


def verdicts(sends: Sequence[KeyedSend]) -> list[tuple[object, ...]]:
    """What is concluded of each send, a template being the number of its first send."""
    judgement = TemplateIndex(Rules()).judge(sends)
    found: dict[int, Verdict] = {one.send_id: one for one in (*judgement.verdicts, *judgement.changed)}
    first: dict[str | None, int] = {None: 0}
    return [
        (first.setdefault(one.template, number), one.class_, one.share, one.generated_field, one.reason)
        for number, one in sorted(found.items())
    ]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000))
def test_another_key_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "EPOCH", 64)
    monkeypatch.setattr(moves, "EARLY", (16, 32))
    sends = mail(seed, 200)
    expected = verdicts(sends)
    for key in range(1, KEYS):
        assert verdicts([under(key, one) for one in sends]) == expected
