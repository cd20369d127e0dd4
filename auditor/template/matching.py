"""What a text may follow: the candidates that share entries with it, and how similar the best few are."""

from operator import itemgetter

from auditor.template.candidates import Candidates, sample
from auditor.template.reach import DAY
from auditor.template.shelf import Shelf
from auditor.template.single import Single
from auditor.template.template import Template
from auditor.template.values import Rules
from auditor.template.vectors import Features, Text, Weighting, Weights

SIMILAR = 0.40
"""Cosine from which a text follows a template."""
SCORED = 6
"""Candidates that are scored exactly."""
LEAST_HITS = 3
"""Entries that a candidate shares at least, of `SAMPLE`; a quarter of a short text's."""
MERGE = 0.46
"""Cosine of two templates' means from which they are one."""


class Known:
    """All that a text may follow: templates, and single texts by their judged number."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.weighting = Weighting()
        self.moved = 0
        """The judged number at which frequencies, merges and habits last moved."""
        self.candidates = Candidates()
        self.singles: dict[int, Single] = {}
        self.templates = Shelf(rules)

    def add_single(self, number: int, single: Single, text: Text) -> None:
        """Keep a text that follows nothing yet: the next one may follow it."""
        self.singles[number] = single
        self.candidates.enter(number, sample(text.features))

    def unite(self, older: Template, younger: Template) -> None:
        """Make one template of two; the older one lives."""
        for _, entry in younger.entries:
            self.candidates.rename(younger.number, older.number, entry)
        older.absorb(younger)
        self.templates.remove(younger.number)

    def match(self, sent_at: float, features: Features, weights: Weights) -> tuple[int, float, int]:
        """The template or single text that a text follows, the cosine, and the entries they share."""
        best = (0, 0.0, 0)
        for number, count in self._ranked(features):
            score = self._score(number, sent_at, features, weights)
            if score >= SIMILAR and score > best[1]:
                best = (number, score, count)
        return best

    def twin(self, template: Template) -> Template | None:
        """The most similar other template, if it is similar enough."""
        vector, mean = template.core(self.weighting)
        best, found = MERGE, None
        for number, _ in self._ranked(vector):
            other = self.templates.get(number)
            if other is None or other is template or not self._in_use(other, template.last_sent):
                continue
            score = other.similarity(vector, mean, self.weighting, self.moved)
            if score >= best:
                best, found = score, other
        return found

    def _ranked(self, vector: Features) -> list[tuple[int, int]]:
        """The best few candidates and how many entries each shares with a text, most first, then oldest."""
        least = max(1, min(LEAST_HITS, sample(vector).size // 4))
        numbers, hits = self.candidates.find(vector, least)
        found = list(zip(numbers.tolist(), hits.tolist(), strict=True))
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
