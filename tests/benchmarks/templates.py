"""Quality of the template stage on an invented company's mail, and its speed beside other methods.

    python -m tests.benchmarks.templates --messages 20000 [--seed 1] [--peers 5000]

Quality is of the whole audit, from the mail's bytes to its verdict. Speed is from authored lines to the id of
a template: masking and splitting into words included on both sides (the same code, which remembers lines, so
that it runs once and its seconds count for everybody), keying on ours; CPU seconds of one core in this run.
No peer says how much of a mail is its sender's own, nor takes a verdict back: what ours spends on these, and
on the bytes that the store keeps, is measured apart by the clock, and the ratio with it stands beside.
Peers run on the first `--peers` mails, raw and with our preparation; brute force grows with the square of the
number, so its ratio is for that many.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from email import message_from_bytes, policy
from functools import partial

from auditor import keying
from auditor.mailbox.found import Archived
from auditor.message import reading
from auditor.message import words as wording
from auditor.message.mask import Names, names
from auditor.message.values import Address, Outgoing
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.scan.audit import Audit
from auditor.template.index import TemplateIndex
from auditor.template.values import KeyedSend, Rules
from auditor.vocabulary import Kind, Shape
from tests.benchmarks import scoring
from tests.benchmarks.corpus import corpus
from tests.benchmarks.corpus_company import DOMAINS, Labelled, Truth
from tests.benchmarks.peers import PEERS, Clusters
from tests.benchmarks.scoring import Given
from tests.benchmarks.split import verdicts_apart

SHOWN = ("b3_f1", "family_recall", "pair_f1", "mass_f1", "tailored_f1", "personal_as_mass")
FIGURES = (
    "b3_f1 family_recall pair_f1 mass_f1 tailored_f1 share_error_tailored share_error_mass personal_as_mass"
    " personal_as_mass_short brief"
).split()

RUNS = 3
"""Times that a method runs; its shortest run counts, because other work on a machine only adds to it."""


async def audited(many: Sequence[Labelled]) -> list[Given]:
    """The whole audit of some mails, as `auditor scan` does it."""
    verdicts: dict[str, Given] = {}
    async with Audit(People.of(DOMAINS, ()), Rules(), 5, key=bytes(32)) as audit:
        for start in range(0, len(many), 256):
            await audit.take([Archived("corpus", one.raw, None) for one in many[start : start + 256]])
        async for _ in audit.judge(many[-1].at.timestamp()):
            pass
        await audit.finish(many[-1].at.timestamp())
        async for row in audit.verdicts():
            verdicts[row["message_id"]] = Given(row["template"], row["class"], row["handwritten_share"])
    return [verdicts.get(one.truth.message_id, Given(None)) for one in many]


@dataclass(frozen=True)
class Authored:
    """What the speed is measured from: authored lines, the names to mask, and the send around them."""

    lines: tuple[str, ...]
    names: Names
    send: KeyedSend  # but for its words


def authored(many: Sequence[Labelled]) -> list[Authored]:
    """The new text of every mail, as lines, with the names that its headers give."""
    company, pseudonyms = People.of(DOMAINS, ()), Pseudonyms(bytes(32))
    found: list[Authored] = []
    for one in many:
        outgoing = reading.outgoing(one.raw, None, company, archive=True)
        if not isinstance(outgoing, Outgoing):
            continue
        head = message_from_bytes(one.raw, policy=policy.default)
        to = [Address(to.addr_spec, to.display_name) for to in (head["To"] or head["Bcc"]).addresses]
        sender = head["From"].addresses[0]
        masked = names(Address(sender.addr_spec, sender.display_name), to)
        send = _keyed(len(found) + 1, outgoing, pseudonyms, company)
        found.append(Authored(tuple(one.truth.new_text.splitlines()), masked, send))
    return found


Words = tuple[tuple[str, ...], ...]


def prepared(many: Sequence[Authored]) -> tuple[list[Words], float]:
    """The masked words of every mail, line by line, and the seconds that it took."""
    start = time.process_time()
    return [wording.words(one.lines, one.names) for one in many], time.process_time() - start


def ours(many: Sequence[Authored], words: Sequence[Words]) -> list[str | None]:
    """Template ids straight from the template stage."""
    pseudonyms, index = Pseudonyms(bytes(32)), TemplateIndex(Rules())
    found: dict[int, str | None] = {}
    for start in range(0, len(many), 256):
        sends = []
        for one, lines in zip(many[start : start + 256], words[start : start + 256], strict=True):
            keyed, short = pseudonyms.words(lines), wording.is_short(lines)
            sends.append(replace(one.send, words=keyed, short=short))
        judgement = index.judge(sends)
        found |= {verdict.send_id: verdict.template for verdict in judgement.verdicts + judgement.changed}
    return [found[number] for number in range(1, len(many) + 1)]


def _keyed(number: int, outgoing: Outgoing, pseudonyms: Pseudonyms, company: People) -> KeyedSend:
    """A send without its words."""
    kept = keying.key(outgoing, pseudonyms, company, live=False)
    kind = {Shape.NEW: Kind.NEW, Shape.FORWARD: Kind.FORWARD}.get(kept.shape, Kind.REPLY)
    return KeyedSend(
        number,
        kept.identity,
        pseudonyms.sender(kept.sender),
        outgoing.sent_at.astimezone(UTC).timestamp(),
        kept.direction,
        kind,
        tuple(one.address for one in kept.recipients),
        tuple(one.organisation for one in kept.recipients),
        kept.bcc,
        words=(),
        short=False,
    )


def _raw(many: Sequence[Labelled]) -> list[str]:
    """What a peer sees without our preparation: the plain text as it stands in the mail."""
    found = []
    for one in many:
        part = message_from_bytes(one.raw, policy=policy.default).get_body(("plain", "html"))
        found.append(part.get_content() if part is not None else "")
    return [" ".join(text.split()) for text in found]


def compare(many: Sequence[Labelled]) -> dict[str, float]:
    """Peers on the same mails: a table, and our speed as a multiple of theirs (2 is twice as fast)."""
    lines = authored(many)
    truths = [one.truth for one in many]
    if len(lines) != len(truths):
        raise SystemExit(f"{len(truths) - len(lines)} mails of the corpus are not sends")
    words, preparing = prepared(lines)
    TemplateIndex(Rules())  # what is imported once is no mail's cost
    with verdicts_apart() as apart:
        clusters, whole, beyond = _measured(lambda: ours(lines, words), apart)
    to_id, whole = whole - beyond + preparing, whole + preparing
    _row("ours, to a template's id", truths, clusters, to_id)
    _row("ours, with verdicts", truths, clusters, whole)
    raw = _raw(many)
    ratios = {}
    for name, peer in PEERS.items():
        clusters, theirs, _ = _measured(partial(_of_words, peer, words))
        theirs += preparing
        _row(f"{name}, our preparation", truths, clusters, theirs)
        ratios[f"speed_vs_{name}"] = theirs / to_id
        ratios[f"speed_vs_{name}_with_verdicts"] = theirs / whole
        clusters, theirs, _ = _measured(partial(peer, raw))
        _row(f"{name}, raw text", truths, clusters, theirs)
    return ratios


def _of_words(peer: Callable[[Sequence[str]], Clusters], words: Sequence[Words]) -> Clusters:
    """What a peer makes of prepared words."""
    return peer([" ".join(word for line in one for word in line) for one in words])


def _measured(
    method: Callable[[], Clusters], apart: Counter[str] | None = None
) -> tuple[Clusters, float, float]:
    """What a method finds, its seconds, and those of them that `apart` counts: of its runs, the shortest."""
    runs: list[tuple[float, float]] = []
    for _ in range(RUNS):
        start, before = time.process_time(), apart.total() if apart is not None else 0.0
        clusters = method()
        beyond = apart.total() - before if apart is not None else 0.0
        runs.append((time.process_time() - start, beyond))
    return clusters, *min(runs)


def _row(name: str, truths: Sequence[Truth], clusters: Sequence[str | None], seconds: float) -> None:
    found = scoring.figures(truths, scoring.classes_from_clusters(truths, clusters))
    shown = " ".join(f"{found[key]:>8.3f}" for key in SHOWN)
    print(f"{name:<28}{shown} {len(truths) / seconds:>9,.0f}", flush=True)


def main() -> None:
    """Measure, print a table for people and one line of JSON at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", type=int, default=5_000, help="messages for the comparison; 0 for none")
    asked = parser.parse_args()
    many = corpus(asked.messages, asked.seed)
    truths = [one.truth for one in many]
    given = asyncio.run(audited(many))
    found = scoring.figures(truths, given)
    for kind, table in sorted(scoring.classes_by_kind(truths, given).items()):
        called = ", ".join(f"{was} called {now} {n}" for (was, now), n in table.most_common())
        print(f"{kind:<24}{called}")
    print(
        f"\n{len(many)} messages, seed {asked.seed}: "
        + ", ".join(f"{key} {found[key]:.4f}" for key in FIGURES)
    )
    ratios: dict[str, float] = {}
    if asked.peers:
        print(f"\n{'method':<28}" + " ".join(f"{key[:8]:>8}" for key in SHOWN) + f" {'msgs/s':>9}")
        ratios = compare(many[: asked.peers])
    print(
        json.dumps(
            {key: round(value, 4) for key, value in ({key: found[key] for key in FIGURES} | ratios).items()}
        )
    )


if __name__ == "__main__":
    main()
