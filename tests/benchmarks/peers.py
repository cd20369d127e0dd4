"""Other ways to find mails that share wording, each as its users would write it.

Each takes texts (words joined by spaces) in the order of sending and gives each a cluster's name, or None
when nothing else is like it. Thresholds are plain choices, not tuned for any of them. Packages are imported
when used, and a missing one is named.
"""

import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

Clusters = list[str | None]
JACCARD = 0.4
COSINE = 0.5
PERMUTATIONS = 128


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SystemExit(f"{name} is missing: pip install --group bench (see pyproject.toml)") from error


def rensa_minhash(texts: Sequence[str]) -> Clusters:
    """Word 3-gram MinHash by rensa, its own LSH index (R-MinHash, 128 permutations, 32 bands)."""
    rensa = _package("rensa")
    index = rensa.RMinHashLSH(threshold=JACCARD, num_perm=PERMUTATIONS, num_bands=32)
    sketches: list[Any] = []
    leaders: list[int] = []
    for number, text in enumerate(texts):
        sketch = rensa.RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update(_trigrams(text))
        found = index.query(sketch)
        near = [(sketch.jaccard(sketches[other]), -other) for other in found]
        best = max(near, default=(0.0, 0))
        leaders.append(leaders[-best[1]] if best[0] >= JACCARD else number)
        if best[0] < 0.9:
            index.insert(number, sketch)
        sketches.append(sketch)
    return _named(leaders)


def datasketch_minhash(texts: Sequence[str]) -> Clusters:
    """Word 3-gram MinHash and MinHashLSH by datasketch."""
    datasketch = _package("datasketch")
    index = datasketch.MinHashLSH(threshold=JACCARD, num_perm=PERMUTATIONS)
    sketches: list[Any] = []
    leaders: list[int] = []
    for number, text in enumerate(texts):
        sketch = datasketch.MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([gram.encode() for gram in _trigrams(text)])
        best = max(
            ((sketch.jaccard(sketches[other]), -other) for other in index.query(sketch)), default=(0.0, 0)
        )
        leaders.append(leaders[-best[1]] if best[0] >= JACCARD else number)
        if best[0] < 0.9:
            index.insert(number, sketch)
        sketches.append(sketch)
    return _named(leaders)


def sklearn_brute_force(texts: Sequence[str]) -> Clusters:
    """TF-IDF of words and word pairs by scikit-learn; every text joins the most similar one before it."""
    extraction = _package("sklearn.feature_extraction.text")
    vectors = extraction.TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+").fit_transform(texts)
    leaders: list[int] = []
    for start in range(0, len(texts), 256):
        block = (vectors[start : start + 256] @ vectors[: start + 256].T).toarray()
        for place, row in enumerate(block):
            number = start + place
            before = row[:number]
            best = int(before.argmax()) if number else 0
            leaders.append(leaders[best] if number and before[best] >= COSINE else number)
    return _named(leaders)


def drain3_tree(texts: Sequence[str]) -> Clusters:
    """Log templates by Drain3 at its own settings, but without files."""
    drain3 = _package("drain3")
    settings = _package("drain3.template_miner_config").TemplateMinerConfig()
    settings.profiling_enabled = False
    miner = drain3.TemplateMiner(config=settings)
    return _named([miner.add_log_message(text or "-")["cluster_id"] for text in texts])


PEERS: dict[str, Callable[[Sequence[str]], Clusters]] = {
    "rensa": rensa_minhash,
    "sklearn": sklearn_brute_force,
    "datasketch": datasketch_minhash,
    "drain3": drain3_tree,
}


def _trigrams(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[place : place + 3]) for place in range(max(1, len(words) - 2))]


def _named(leaders: Sequence[int]) -> Clusters:
    sizes = Counter(leaders)
    return [str(leader) if sizes[leader] > 1 else None for leader in leaders]
