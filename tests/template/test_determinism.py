"""The same sends in the same order give the same verdicts: in any batches, and over any restarts."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from auditor.template import candidates, matching, moves
from auditor.template.index import TemplateIndex
from auditor.template.values import Entry, Judgement, Kept, KeyedSend, Resting, Rules, TemplateRecord, Verdict
from auditor.vocabulary import Kind
from tests.template.invented import person, prose, send


class Keeper:
    """What the store keeps of judgements, and no more: the other side of `load`."""

    def __init__(self) -> None:
        self.index = TemplateIndex(Rules(), self.recall)
        self.sends: list[KeyedSend] = []
        self.verdicts: dict[int, Verdict] = {}
        self.records: dict[str, TemplateRecord] = {}
        self.entries: dict[int, Entry] = {}
        self.phrases: list[tuple[int, bytes]] = []
        self.shared: bytes | None = None

    def judge(self, sends: list[KeyedSend]) -> None:
        judgement: Judgement = self.index.judge(sends)
        self.sends += sends
        for old, alive in judgement.aliases.items():
            self.records.pop(old, None)
            for number, verdict in self.verdicts.items():
                if verdict.template == old:
                    self.verdicts[number] = replace(verdict, template=alive)
        self.verdicts |= {verdict.send_id: verdict for verdict in judgement.verdicts + judgement.changed}
        self.records |= {record.id: record for record in judgement.templates}
        self.entries |= {entry.at: entry for entry in judgement.entries}
        self.phrases.append((len(self.sends), judgement.phrases))
        self.shared = judgement.shared_state or self.shared

    def recall(self, numbers: Sequence[int]) -> dict[int, Kept]:
        kept = {number: self.sends[number - 1] for number in numbers if number <= len(self.sends)}
        return {
            number: Kept(one, self.records.get(self.verdicts[one.id].template or ""))
            for number, one in kept.items()
        }

    def restart(self) -> None:
        numbers = {one.id: number for number, one in enumerate(self.sends, 1)}
        resting = Resting(
            judged=len(self.sends),
            latest=max((one.sent_at for one in self.sends), default=0.0),
            shared_state=self.shared,
            names={record.id: numbers[record.founded_by] for record in self.records.values()},
            entries=[[entry for _, entry in sorted(self.entries.items(), reverse=True)]],
            phrases=self.phrases,
        )
        self.index = TemplateIndex.load(Rules(), resting, self.recall)


def company(seed: int, count: int) -> list[KeyedSend]:
    """A mixed stream: campaigns with variants and hand edits, two pitches that share a part, follow-ups, own
    texts, short notes."""
    draw = random.Random(seed)
    shared, *ends = (prose(90_000 + seed * 3 + n, words=40 + 8 * bool(n)).split("\n") for n in range(3))
    pitches = [prose(1000 + seed * 50 + n, words=draw.choice([20, 45, 80])).split("\n") for n in range(12)]
    sends = []
    for number in range(1, count + 1):
        to = [person(draw.randrange(40)) for _ in range(draw.choice([1, 1, 1, 2, 6]))]
        lines = list(draw.choice(pitches))
        roll = draw.random()
        if roll < 0.25:
            lines = prose(number * 7 + seed, words=draw.choice([6, 30, 60])).split("\n")
        elif roll < 0.45:
            lines.insert(1, prose(number * 11 + seed, words=20).replace("\n", " "))
        elif roll < 0.6:
            del lines[draw.randrange(len(lines))]
        elif roll < 0.8:
            lines = [*shared, *draw.choice(ends)]
        lines.append(
            draw.choice(["kind regards from all of us", "best", "a line that closes every mail we send"])
        )
        sends.append(
            send(
                number,
                "\n".join(["hi ‹name›", *lines]),
                to=to,
                day=number / 7 + draw.choice([0, 0, 0, -100]),
                kind=draw.choice([Kind.NEW, Kind.NEW, Kind.FOLLOW_UP, Kind.REPLY]),
                sender=f"rep{draw.randrange(3)}@our.example",
            )
        )
    return sends


@pytest.fixture(autouse=True)
def _frequent_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "EPOCH", 64)
    monkeypatch.setattr(moves, "EARLY", (16, 32))
    monkeypatch.setattr(candidates, "BUCKETS", 1 << 12)  # so that buckets overflow
    monkeypatch.setattr(matching, "AT_HAND", 4)  # so that much rests
    monkeypatch.setattr(matching, "SINGLES", 8)


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1000),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=12),
    restarts=st.sets(st.integers(0, 11), max_size=6),
)
@example(seed=317, cuts=[21, 60], restarts={1})  # a template comes apart whose members are still to be told
@example(seed=1, cuts=[1], restarts={0})
def test_batches_and_restarts_change_nothing(seed: int, cuts: list[int], restarts: set[int]) -> None:
    sends = company(seed, 200)
    whole = Keeper()
    whole.judge(sends)
    parts = Keeper()
    start, turn = 0, 0
    while start < len(sends):
        size = cuts[turn % len(cuts)]
        parts.judge(sends[start : start + size])
        start += size
        if turn % 12 in restarts:
            parts.restart()
        turn += 1
    assert parts.verdicts == whole.verdicts
    assert parts.entries == whole.entries
    assert {record.id: record for record in parts.records.values()} == whole.records
