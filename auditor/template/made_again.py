"""The inverted index and the stock of phrases, made again from sends and templates.

For a store that was written before these were kept. Slower than loading them, and done once.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from auditor.template import classes
from auditor.template.candidates import sample
from auditor.template.habits import Habits
from auditor.template.state import Shared, template_of
from auditor.template.values import Entry, KeyedSend, Rules, TemplateRecord
from auditor.template.vectors import significant, texts_of


def entries_of_singles(sends: Sequence[tuple[int, KeyedSend]], shared_state: bytes | None) -> list[Entry]:
    """The entries of judged sends of no template, with their judged numbers."""
    habits = Shared.from_bytes(shared_state).habits if shared_state else Habits()
    numbered = [(at, one, significant(habits.cut(one.sender, one.words, at))) for at, one in sends]
    kept = [
        (at, words)
        for at, one, words in numbered
        if classes.without_wording(one) is None and classes.comparable(one, words.size)
    ]
    texts = texts_of([words for _, words in kept])
    return [Entry(at, at, sample(text.features).tobytes()) for (at, _), text in zip(kept, texts, strict=True)]


def entries_of_templates(records: Iterable[TemplateRecord], rules: Rules) -> tuple[list[Entry], bytes]:
    """The entries of all templates, and their published wording."""
    entries: list[Entry] = []
    published = [np.empty(0, dtype=np.uint32)]
    for record in records:
        template = template_of(record, rules)
        published.append(template.published)
        entries += [Entry(at, template.number, features.tobytes()) for at, features in template.entries]
    return entries, np.concatenate(published).tobytes()
