"""The key decides ids and nothing else: the same mail under another key has the same verdicts."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.pseudonyms import RESERVED
from auditor.template import moves
from auditor.template.index import TemplateIndex
from auditor.template.values import KeyedSend, Rules, Verdict
from tests.template.test_determinism import company

KEYS = 4


def keyed(key: int, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16, key=key.to_bytes(8, "big")).digest()


def under(key: int, send: KeyedSend) -> KeyedSend:
    """The send as another key had made it; recipients in the order in which the store gives them."""

    def word(number: int) -> int:
        found = int.from_bytes(keyed(key, number.to_bytes(4, "big"))[:4], "big")
        return number if number < RESERVED else max(RESERVED, found)

    whom = sorted(
        (keyed(key, one), keyed(key, organisation))
        for one, organisation in zip(send.recipients, send.organisations, strict=True)
    )
    return replace(
        send,
        identity=keyed(key, send.identity),
        recipients=tuple(one for one, _ in whom),
        organisations=tuple(organisation for _, organisation in whom),
        words=tuple(map(word, send.words)),
    )


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
    sends = company(seed, 200)
    expected = verdicts(sends)
    for key in range(1, KEYS):
        assert verdicts([under(key, one) for one in sends]) == expected
