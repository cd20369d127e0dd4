"""What a text may follow: the candidates that share entries with it, and how similar the best few are.

Templates that grew lately and the latest single texts are at hand. All others rest in the store and are
recalled when a text may follow them, so that memory does not grow with the number of messages; what comes
back is what was put there, so that no verdict depends on it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter

from auditor.template import moves
from auditor.template.candidates import Candidates, sample
from auditor.template.habits import Habits
from auditor.template.reach import DAY
from auditor.template.single import Single
from auditor.template.state import template_of
from auditor.template.template import Template
from auditor.template.values import Entry, Kept, KeyedSend, Recall, Rules
from auditor.template.vectors import Features, Weighting, Weights, Words, significant, texts_of

SIMILAR = 0.40
"""Cosine from which a text follows a template."""
SCORED = 6
"""Candidates that are scored exactly."""
LEAST_HITS = 3
"""Entries that a candidate shares at least, of `SAMPLE`; a quarter of a short text's."""
CARRIED = 0.7
"""Share of a template's wording that a text has from which it follows it, however much else it says."""
LARGER = 4
"""How many times as many members a template has at least that swallows another it is not similar to."""
MERGE = 0.46
"""Cosine of two templates' means from which they are one."""
NEAR = 0.86
"""Cosine from which no other candidate is looked at: two templates of which one text is so near are so near
to each other (cos 2x = 2 cos^2 x - 1 > `MERGE`) that the next move makes them one."""
ALIKE = 4
"""Decimals to which cosines are compared: of what is equally near, the oldest is taken. The last ones are
rounding errors, which depend on the order of hashes, and so on the key."""
AT_HAND = 512
"""Templates at hand that have not grown lately, above which they are put to rest."""
SINGLES = 4096
"""Single texts at hand, above which the older half is put to rest."""


class Known:
    """All that a text may follow: templates and single texts, by their judged numbers."""

    def __init__(self, rules: Rules, recall: Recall | None = None) -> None:
        """`recall` gives back what rests; without it everything stays at hand."""
        self._rules = rules
        self._recall = recall
        self.weighting = Weighting()
        self.habits = Habits()
        self.moved = 0
        """The judged number at which frequencies, merges and habits last moved."""
        self.forgotten_before = float("-inf")
        """Single texts sent before this, and judged before the last move, are not followed any more."""
        self.candidates = Candidates()
        self.entries: dict[int, Entry] = {}
        """What was entered since the judgement began, by when."""
        self.templates: dict[int, Template] = {}
        self.singles: dict[int, Single] = {}
        self._numbers: dict[str, int] = {}  # of all templates that live

    # ---- what is kept

    def words(self, sends: Iterable[tuple[int, KeyedSend]]) -> list[Words]:
        """The words of sends as they are compared, each given with its judged number."""
        return significant([self.habits.cut(one.sender, one.words, judged) for judged, one in sends])

    def add_single(self, number: int, single: Single) -> None:
        """Keep a text that follows nothing yet: the next one may follow it."""
        self.singles[number] = single
        self._enter(number, number, sample(single.text.features))

    def add_template(self, template: Template) -> None:
        """Keep a new template, whose founder stands in the index already."""
        self.templates[template.number] = template
        self._numbers[template.id] = template.number

    def enter_variant(self, template: Template, features: Features, judged: int) -> None:
        """Let a template be found by a member's features too."""
        entry = sample(features)
        template.entries.append((judged, entry))
        self._enter(judged, template.number, entry)

    def unite(self, older: Template, younger: Template) -> None:
        """Make one template of two; the older one lives."""
        for at, entry in younger.entries:
            self.candidates.rename(younger.number, older.number, entry)
            self.entries[at] = Entry(at, older.number, entry.tobytes())
        older.absorb(younger)
        del self.templates[younger.number], self._numbers[younger.id]

    def forget(self, latest: float) -> None:
        """Follow no single text any more that lies a horizon before `latest`."""
        self.forgotten_before = before = latest - self._rules.horizon_days * DAY
        self.singles = {n: single for n, single in self.singles.items() if single.first_sent >= before}

    def named(self, id_: str | None) -> Template | None:
        """The template of this id."""
        number = self._numbers.get(id_ or "")
        return None if number is None else self.template(number)

    def is_named(self, id_: str) -> bool:
        """Whether a template that lives has this id."""
        return id_ in self._numbers

    def template(self, number: int) -> Template | None:
        """The template of this number."""
        self.fetch([number])
        return self.templates.get(number)

    def rest(self, judged: int) -> None:
        """Put to rest what the store has: to be called before a judgement begins."""
        self.entries = {}
        if self._recall is None:
            return
        if len(self.singles) > SINGLES:
            self.singles = dict(islice(self.singles.items(), SINGLES // 2, None))
        lately = min(self.moved, judged - moves.EPOCH)  # what grew since the last move is needed at the next
        if sum(template.grew < lately for template in self.templates.values()) > AT_HAND:
            self.templates = {n: one for n, one in self.templates.items() if one.grew >= lately}

    def fetch(self, numbers: Sequence[int]) -> None:
        """Recall texts that are not at hand."""
        if self._recall is None:
            return
        resting = [n for n in numbers if n not in self.templates and n not in self.singles]
        if not resting:
            return
        singles: list[tuple[int, KeyedSend]] = []
        for number, kept in self._recall(resting).items():
            if kept.template is not None:
                self.templates[number] = template_of(kept.template, self._rules)
            elif number > self.moved or kept.send.sent_at >= self.forgotten_before:
                singles.append((number, kept.send))
        for (number, send), text in zip(singles, texts_of(self.words(singles)), strict=True):
            self.singles[number] = Single.of(send, text)

    def _enter(self, at: int, number: int, entry: Features) -> None:
        self.candidates.enter(number, entry)
        self.entries[at] = Entry(at, number, entry.tobytes())

    # ---- a restart

    def load(
        self, entries: Iterable[Sequence[tuple[int, int, bytes]]], names: dict[str, int], judged: int
    ) -> tuple[set[int], list[tuple[int, Kept]]]:
        """Take up the index's entries, and the numbers of all templates that live, by their ids.

        Returns:
            What came since the last move: templates that grew, and sends that followed nothing.
        """
        self._numbers = names
        founders: list[int] = []
        self.candidates.load(self._noting(founders, entries))
        return self._since_move(founders[::-1], judged)

    def _noting(
        self, founders: list[int], entries: Iterable[Sequence[tuple[int, int, bytes]]]
    ) -> Iterator[Sequence[tuple[int, int, bytes]]]:
        """The same entries; the texts that founded something since the last move are noted."""
        for some in entries:
            if some and some[0][0] > self.moved:
                founders += [at for at, number, _ in some if at > self.moved and at == number]
            yield some

    def _since_move(self, founders: Sequence[int], judged: int) -> tuple[set[int], list[tuple[int, Kept]]]:
        kept = self._recall(range(self.moved + 1, judged + 1)) if self._recall is not None else {}
        records = {one.template.id: one.template for one in kept.values() if one.template is not None}
        for record in records.values():
            template = template_of(record, self._rules)
            self.templates[template.number] = template
        return set(self.templates), [(number, kept[number]) for number in founders if number in kept]

    # ---- one text

    def match(self, sent_at: float, features: Features, weights: Weights) -> tuple[int, float, int]:
        """The template or single text that a text follows, the cosine, and the entries they share."""
        best = (0, 0.0, 0)
        ranked = self._ranked(features)
        self.fetch([number for number, _ in ranked])
        for number, count in ranked:
            score = round(self._score(number, sent_at, features, weights), ALIKE)
            if score >= SIMILAR and (score, -number) > (best[1], -best[0]):
                best = (number, score, count)
            if score >= NEAR:
                break
        return best if best[0] else self._carried(sent_at, features, weights, ranked)

    def _carried(
        self, sent_at: float, features: Features, weights: Weights, ranked: Sequence[tuple[int, int]]
    ) -> tuple[int, float, int]:
        """The template that a text has almost whole, among so many other words that it is not similar."""
        best, found = 0.0, (0, 0.0, 0)
        for number, count in ranked:
            template = self.templates.get(number)
            if template is None or not self._in_use(template, sent_at):
                continue
            carried = template.carried(features)
            if carried >= CARRIED and (carried, -number) > (best, -found[0]):
                similarity = template.similarity(features, weights, self.weighting, self.moved)
                best, found = carried, (number, similarity, count)
        return found

    def twin(self, template: Template) -> Template | None:
        """The most similar other template, if it is similar enough."""
        vector, mean = template.core(self.weighting)
        ranked = self._ranked(vector)
        self.fetch([number for number, _ in ranked])
        near = [self.templates.get(number) for number, _ in sorted(ranked)]
        others = [
            one for one in near if one and one is not template and self._in_use(one, template.last_sent)
        ]
        best, found = 0.0, None
        for other in others:
            score = round(other.similarity(vector, mean, self.weighting, self.moved), ALIKE)
            if score >= MERGE and score > best:
                best, found = score, other
        return found or self._whole(template, vector, others)

    def _whole(self, few: Template, features: Features, others: Sequence[Template]) -> Template | None:
        """The much larger template that a small one has almost whole: it stands on copies edited alike."""
        best, found = 0.0, None
        for other in others:
            if other.sends >= LARGER * few.sends:
                carried = other.carried(features)
                if carried >= CARRIED and carried > best:
                    best, found = carried, other
        return found

    def _ranked(self, vector: Features) -> list[tuple[int, int]]:
        """The best few candidates and how many entries each shares with a text, most first, then oldest."""
        least = max(1, min(LEAST_HITS, sample(vector).size // 4))
        found = self.candidates.find(vector, least)
        if len(found) > 1:
            found.sort(key=itemgetter(1), reverse=True)  # stable: the oldest of equals stay first
        return found[:SCORED]

    def _score(self, number: int, sent_at: float, vector: Features, weights: Weights) -> float:
        text = self.templates.get(number) or self.singles.get(number)
        if text is None or not self._in_use(text, sent_at):
            return 0.0
        return text.similarity(vector, weights, self.weighting, self.moved)

    def _in_use(self, text: Template | Single, sent_at: float) -> bool:
        horizon = self._rules.horizon_days * DAY
        return text.first_sent - horizon <= sent_at <= text.last_sent + horizon
