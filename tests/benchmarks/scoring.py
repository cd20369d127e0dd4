"""How well verdicts agree with the truth of a labelled corpus; all figures are between 0 and 1.

Clustering: B-cubed (Bagga and Baldwin, 1998; a mail without a template is one of its own), the mean over
template families of the part that stands in one cluster, and pairs. Classes: F1 of mass and of tailored,
and what the costly error is, mail by hand called mass. A family that reached too few people is nobody's
campaign: its mails count in the clustering figures alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.corpus_company import Truth

MIN_RECIPIENTS = 5
SHORT = 15


@dataclass(frozen=True)
class Given:
    """What a method says of one mail; `share` is None where it says none."""

    template: str | None
    class_: str = "personal"
    share: float | None = None


def figures(truths: Sequence[Truth], given: Sequence[Given]) -> dict[str, float]:
    """All figures of one method, `given` being parallel to `truths`."""
    gold = [truth.label_template_id or f"own {n}" for n, truth in enumerate(truths)]
    told = [one.template or f"own {n}" for n, one in enumerate(given)]
    found = _clustering(gold, told)
    rows = list(zip(truths, given, strict=True))
    campaigns = _campaigns(truths)
    rated = [(truth, one) for truth, one in rows if truth.label_template_id in campaigns]
    for name in ("mass", "tailored"):
        pairs = [(truth.label_class == name, one.class_ == name) for truth, one in rated]
        found[f"{name}_f1"] = _f1(Counter(pairs))
        errors = [
            abs((1.0 if one.share is None else one.share) - truth.share_handwritten)
            for truth, one in rated
            if truth.label_class == name
        ]
        found[f"share_error_{name}"] = _mean(errors)
    by_hand = [(truth, one) for truth, one in rated if truth.label_class == "personal"]
    found["personal_as_mass"] = _share_of_mass(by_hand)
    found["personal_as_mass_short"] = _share_of_mass(
        (truth, one) for truth, one in by_hand if len(truth.new_text.split()) < SHORT
    )
    found["brief"] = _mean([one.class_ == "brief" for one in given])
    return found


def classes_by_kind(truths: Sequence[Truth], given: Sequence[Given]) -> dict[str, Counter[tuple[str, str]]]:
    """For every kind of mail how often a true class was called another."""
    table: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for truth, one in zip(truths, given, strict=True):
        table[truth.kind][truth.label_class, one.class_] += 1
    return dict(table)


def classes_from_clusters(truths: Sequence[Truth], clusters: Sequence[str | None]) -> list[Given]:
    """Classes for a method that only clusters: a cluster that reached enough people is mass."""
    people: dict[str, set[str]] = defaultdict(set)
    for truth, cluster in zip(truths, clusters, strict=True):
        if cluster is not None:
            people[cluster].update(truth.recipients)
    return [
        Given(
            cluster, "mass" if cluster is not None and len(people[cluster]) >= MIN_RECIPIENTS else "personal"
        )
        for cluster in clusters
    ]


def _campaigns(truths: Sequence[Truth]) -> set[str | None]:
    """Templates that reached enough people, and None for mail without one."""
    reached: dict[str | None, set[str]] = defaultdict(set)
    for truth in truths:
        reached[truth.label_template_id].update(truth.recipients)
    return {None} | {name for name, people in reached.items() if len(people) >= MIN_RECIPIENTS}


def _clustering(gold: Sequence[str], told: Sequence[str]) -> dict[str, float]:
    true, own, both = Counter(gold), Counter(told), Counter(zip(gold, told, strict=True))
    precision = sum(n * n / own[cluster] for (_, cluster), n in both.items()) / len(gold)
    recall = sum(n * n / true[family] for (family, _), n in both.items()) / len(gold)
    largest: dict[str, int] = defaultdict(int)
    for (family, _), n in both.items():
        largest[family] = max(largest[family], n)
    families = [family for family, n in true.items() if n > 1]
    agreed = _pairs(both)
    return {
        "b3_f1": _harmonic(precision, recall),
        "b3_precision": precision,
        "b3_recall": recall,
        "family_recall": _mean([largest[family] / true[family] for family in families]),
        "pair_f1": 2 * agreed / max(1, _pairs(true) + _pairs(own)),
    }


def _pairs(counts: Mapping[object, int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


def _f1(pairs: Counter[tuple[bool, bool]]) -> float:
    hits = pairs[True, True]
    return 2 * hits / max(1, 2 * hits + pairs[True, False] + pairs[False, True])


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _share_of_mass(rows: Iterable[tuple[Truth, Given]]) -> float:
    return _mean([one.class_ == "mass" for _, one in rows])
