"""What was measured of a template's texts: a text is measured again only when wording that it rests on came
or went.
"""

from collections.abc import Sequence

import numpy as np

from auditor.template.phrases import Phrases
from auditor.template.share import Measured, Wording, contained, measured
from auditor.template.vectors import Features

REMEMBERED = 256
"""Texts whose measures are remembered, and changes of wording that are."""


class Measures:
    """The measures of one template's texts, each with how many changes of wording it has outlived.

    Only saves work: what is given is what `measured` gives under the wording as it stands.
    """

    __slots__ = ("_changes", "_known", "_moved")

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Measured, int]] = {}
        self._changes: list[Features] = []
        self._moved = 0  # when the stock of phrases moved last

    def change(self, features: Features) -> None:
        """Take note of features that became part of the wording, or of its usual part, or ceased to be."""
        if self._known:
            self._changes.append(features)

    def of(self, many: Sequence[bytes], wording: Wording, phrases: Phrases) -> list[Measured]:
        """What of each text is one's own; `many` and the rest as `measured` takes them."""
        if self._moved != phrases.moved or max(len(self._known), len(self._changes)) > REMEMBERED:
            self._known, self._changes, self._moved = {}, [], phrases.moved
        texts, now = dict.fromkeys(many), len(self._changes)
        self._outlive([keyed for keyed in texts if keyed in self._known and self._known[keyed][1] < now], now)
        new = [keyed for keyed in texts if keyed not in self._known]
        if new:
            found = measured(new, wording, phrases)
            self._known.update((keyed, (one, now)) for keyed, one in zip(new, found, strict=True))
        return [self._known[keyed][0] for keyed in many]

    def _outlive(self, texts: Sequence[bytes], now: int) -> None:
        """Forget what was measured of those texts that rest on what has changed since."""
        if not texts:
            return
        since = min(self._known[keyed][1] for keyed in texts)
        rests_on = [self._known[keyed][0].rests_on for keyed in texts]
        changed = np.sort(np.concatenate(self._changes[since:]))
        begins = np.cumsum([0, *(one.size for one in rests_on[:-1])])
        touched = np.logical_or.reduceat(contained(np.concatenate(rests_on), changed), begins)
        for keyed, is_touched in zip(texts, touched.tolist(), strict=True):
            if is_touched:
                del self._known[keyed]
            else:
                self._known[keyed] = (self._known[keyed][0], now)
