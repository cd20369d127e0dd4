"""The state machine: sends go in one by one, in a given order; verdicts and changed verdicts come out.

Assignment depends on the order of the sends and on nothing else: not on batches, not on a restart, not on
a clock. Frequencies, merges and habits move only at fixed counts of judged sends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.template import classes, moves, renaming
from auditor.template.candidates import sample
from auditor.template.habits import tail_of
from auditor.template.late import readdress
from auditor.template.matching import Known
from auditor.template.parting import parted
from auditor.template.phrases import Phrases
from auditor.template.reach import Reach
from auditor.template.single import Single, reader_of
from auditor.template.state import Shared, to_record
from auditor.template.template import Member, Template
from auditor.template.values import Judgement, KeyedSend, Readdressed, Recall, Resting, Rules, Verdict
from auditor.template.vectors import NOTHING, Features, Text, Weights, texts_of

VARIANT = 0.34
"""A member found under fewer than this share of its sample is a variant: it is entered in the index too."""


class TemplateIndex:
    """Finds templates among keyed sends and says what each send is.

    Sends are numbered from 1 in the order they are judged; the store's `judged_seq` must be the same number.
    May be used from one thread at a time.
    """

    def __init__(self, rules: Rules, recall: Recall | None = None) -> None:
        """With `recall`, what the store has and nobody followed lately is not kept in memory."""
        self._rules = rules
        self._judged = 0
        self._known = Known(rules, recall)
        self._phrases = Phrases()
        self._founded: list[tuple[Features, tuple[int, ...]]] = []  # since the last move, and their tails
        self._latest = 0.0  # the highest sent_at judged
        self._touched: set[int] = set()  # templates to be written with this judgement
        self._grown: set[int] = set()  # templates that grew since the last move
        self._to_tell: dict[int, Template] = {}  # whose members' verdicts may be others now
        self._before: dict[int, Verdict] = {}  # members' verdicts before this batch changed them
        self._verdicts: dict[int, Verdict] = {}  # as they are now, of the batch and of what it changed

    @property
    def judged(self) -> int:
        """How many sends were judged so far; the next one is this plus one."""
        return self._judged

    def judge(self, sends: Sequence[KeyedSend]) -> Judgement:
        """Judge sends one by one in the given order; a send's `id` must be new to the index."""
        self._begin()
        aliases: dict[str, str] = {}
        moved = False
        start = 0
        while start < len(sends):
            end = min(len(sends), start + self._until_move())
            self._judge_all(sends[start:end])
            start = end
            if self._until_move() == 0:
                aliases = renaming.followed(aliases, self._move())
                moved = True
        return self._judgement(sends, aliases, moved)

    def settle(self) -> Judgement:
        """Move frequencies, habits and merges now, ahead of their count.

        The judgement has no verdicts, only changed ones.
        """
        self._begin()
        return self._judgement((), self._move(), moved=True)

    def finish(self) -> Judgement:
        """Measure once more what is one's own, by the phrases that came since the last move: nothing follows.

        The judgement has no verdicts, only changed ones, and no state to load: the index is done with.
        """
        self._begin()
        self._publish()
        return replace(self._judgement((), {}, moved=False), phrases=b"")

    def readdress(self, late: Iterable[Readdressed]) -> Judgement:
        """Take in the recipients that later copies of judged sends named: classes follow.

        The judgement has no verdicts, only changed ones.
        """
        self._begin()
        for one in late:
            template = self._known.named(one.verdict.template)
            verdict = readdress(one, template, self._known.singles)
            if template is not None:
                self._touched.add(template.number)
                self._tell(template)
            if verdict is not None:
                self._before[one.send.id], self._verdicts[one.send.id] = one.verdict, verdict
        return self._judgement((), {}, moved=False)

    def _begin(self) -> None:
        self._known.rest(self._judged)
        self._touched, self._before, self._verdicts = set(), {}, {}

    def _judgement(self, sends: Sequence[KeyedSend], aliases: dict[str, str], moved: bool) -> Judgement:
        batch = {send.id for send in sends}
        changed = [
            self._verdicts[send_id]
            for send_id, before in sorted(self._before.items())
            if send_id not in batch and renaming.differs(before, self._verdicts[send_id], aliases)
        ]
        templates = self._known.templates
        touched = [templates[number] for number in sorted(self._touched) if number in templates]
        return Judgement(
            verdicts=tuple(renaming.renamed(self._verdicts[send.id], aliases) for send in sends),
            changed=tuple(renaming.renamed(verdict, aliases) for verdict in changed),
            templates=tuple(to_record(template) for template in touched),
            aliases=aliases,
            entries=tuple(self._known.entries.values()),
            phrases=self._phrases.fresh(),
            shared_state=self._shared().to_bytes() if moved else None,
        )

    # ---- one send

    def _judge_all(self, sends: Sequence[KeyedSend]) -> None:
        """Judge sends between which nothing moves: what can be done in one go for all of them is."""
        numbered = list(enumerate(sends, self._judged + 1))
        texts = texts_of(self._known.words(numbered))
        weights = self._known.weighting.weigh([text.features for text in texts])
        for (number, send), text, weight in zip(numbered, texts, weights, strict=True):
            self._judged = number
            self._latest = max(self._latest, send.sent_at)
            self._judge_one(send, text, weight)
        self._tell_all()

    def _judge_one(self, send: KeyedSend, text: Text, weights: Weights) -> None:
        verdict = classes.without_wording(send)
        if verdict is not None:
            self._verdicts[send.id] = verdict
            return
        if not classes.comparable(send, text.words.size):
            self._verdicts[send.id] = classes.alone(classes.facts_of(send))
            return
        number, similarity, hits = self._known.match(send.sent_at, text.features, weights)
        if number == 0:
            self._found(send, text)
            return
        template = self._known.templates.get(number) or self._promote(number, similarity)
        self._join(template, send, text, similarity)
        if not self._part(template) and hits < VARIANT * sample(text.features).size:
            self._known.enter_variant(template, text.features, self._judged)

    def _found(self, send: KeyedSend, text: Text) -> None:
        """Keep a text that follows nothing yet: the next one may follow it."""
        single = Single.of(send, text)
        self._known.add_single(self._judged, single)
        self._founded.append((text.features, tail_of(send.sender, send.words)))
        self._verdicts[send.id] = classes.alone(single.facts)

    def _promote(self, number: int, similarity: float) -> Template:
        """Make a single text the founder of a template."""
        single = self._known.singles.pop(number)
        text = single.text
        reach = Reach(self._rules)
        template = Template(
            number,
            self._new_id(single.identity),
            single.facts.send_id,
            reach,
            single.first_sent,
            single.last_sent,
        )
        self._known.add_template(template)
        template.entries.append((number, sample(text.features)))
        template.add(text.features, single.reader)
        reach.add(single.facts.sent_at, *single.deliveries())
        template.admit(number, single, similarity, self._phrases)
        return template

    def _new_id(self, identity: bytes) -> str:
        length = 6
        while self._known.is_named(name := identity[:length].hex()):
            length += 1
        return name

    def _join(self, template: Template, send: KeyedSend, text: Text, similarity: float) -> None:
        template.add(text.features, reader_of(send))
        template.grew = self._judged
        self._touched.add(template.number)
        self._grown.add(template.number)
        self._conclude(template, send, text, similarity)

    def _conclude(self, template: Template, send: KeyedSend, text: Text, similarity: float) -> None:
        """What a new member is, and what follows from it for those before it."""
        single = Single.of(send, text)
        self._verdicts[send.id] = classes.alone(single.facts)
        moved = template.deliver(send.sent_at, *single.deliveries())
        moved |= template.admit(self._judged, single, similarity, self._phrases)
        if template.look_again(self._phrases) or moved:
            self._to_tell[template.number] = template
        else:
            self._note(template, template.members[send.id])
        if template.lets_go:
            self._tell_all(template.number)  # who goes now is told for the last time
            template.let_go()

    def _tell_all(self, *numbers: int) -> None:
        """Tell the members of these templates, where that is still to be done: once for many new members."""
        for number in numbers or tuple(self._to_tell):
            template = self._to_tell.pop(number, None)
            if template is not None:
                self._tell(template)

    def _part(self, template: Template) -> bool:
        """Make two templates of one whose members turn out to have two wordings; whether it was one."""
        parts = parted(template, self._phrases, self._rules)
        if parts is None:
            return False
        self._to_tell.pop(template.number, None)  # the whole is told of no more
        for part in parts:
            self._known.add_template(part)
            self._touched.add(part.number)
            if part.grew > self._known.moved:
                self._grown.add(part.number)
            else:
                self._grown.discard(part.number)
            self._tell(part)
        self._known.enter_variant(parts[1], parts[1].usual(), self._judged)
        return True

    def _tell(self, template: Template) -> None:
        """Note the verdicts of a template's members that are now others."""
        for member in template.told():
            self._note(template, member)

    def _note(self, template: Template, member: Member) -> None:
        verdict = template.verdict(member, self._rules)
        if verdict != member.told:
            self._before.setdefault(verdict.send_id, member.told)
            self._verdicts[verdict.send_id] = member.told = verdict

    # ---- moves at fixed counts

    def _until_move(self) -> int:
        """Sends that may still be judged before the next move; 0 when it is due."""
        return moves.next_move(self._known.moved) - self._judged

    def _move(self) -> dict[str, str]:
        """Move frequencies, habits and merges; which template ids were merged into which."""
        self._known.weighting.count([features for features, _ in self._founded])
        self._known.habits.move((tail for _, tail in self._founded), self._judged)
        self._founded = []
        self._known.moved = self._judged
        aliases = self._merge()
        self._publish()
        self._known.forget(self._latest)
        return aliases

    def _merge(self) -> dict[str, str]:
        """Unite templates that grew into one another since the last move; the older one lives."""
        aliases: dict[str, str] = {}
        for number in sorted(self._grown):
            template = self._known.templates.get(number)
            if template is None:
                continue
            other = self._known.twin(template)
            if other is not None:
                older, younger = sorted((template, other), key=lambda one: one.number)
                aliases = renaming.followed(aliases, {younger.id: older.id})
                self._unite(older, younger)
        return aliases

    def _publish(self) -> None:
        """Add to the company's stock of phrases; what was taken for somebody's own words may be in it now."""
        templates = self._known.templates
        grown = [templates[number] for number in sorted(self._grown) if number in templates]
        for template in grown:
            template.publish(self._phrases)
        met = sorted(self._phrases.move() - self._grown)
        self._known.fetch(met)
        for template in [*grown, *(templates[number] for number in met if number in templates)]:
            template.measure_again(self._phrases, all_of_them=False)
            self._tell(template)
            self._touched.add(template.number)
        self._grown = set()

    def _unite(self, older: Template, younger: Template) -> None:
        self._known.unite(older, younger)
        self._phrases.hand_over(younger.number, older.number)
        older.look_again(self._phrases, merged=True)
        self._tell(older)
        older.let_go()
        self._touched.add(older.number)

    # ---- restart

    def _shared(self) -> Shared:
        known = self._known
        return Shared(
            known.moved,
            known.forgotten_before,
            self._latest,
            known.weighting,
            known.habits,
            self._phrases.where(),
        )

    @classmethod
    def load(cls, rules: Rules, resting: Resting, recall: Recall) -> "TemplateIndex":
        """Restore the index as it was after the last judgement; it goes on as if it had never stopped."""
        index = cls(rules, recall)
        known, where = index._known, NOTHING
        index._judged, index._latest = resting.judged, resting.latest
        if resting.shared_state is not None:
            shared = Shared.from_bytes(resting.shared_state)
            known.moved, known.forgotten_before = shared.moved, shared.forgotten_before
            known.weighting, known.habits, where = shared.weighting, shared.habits, shared.where
        index._phrases.load(resting.phrases, known.moved, where)
        index._grown, founders = known.load(resting.entries, resting.names, resting.judged)
        sends = [(number, kept.send) for number, kept in founders]
        for (_, send), text in zip(sends, texts_of(known.words(sends)), strict=True):
            index._founded.append((text.features, tail_of(send.sender, send.words)))
        return index
