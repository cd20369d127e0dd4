"""The invented mail is what its truth says, and the scorer knows right from wrong."""

from email import message_from_bytes

from tests.benchmarks import scoring
from tests.benchmarks.corpus import SHARES, corpus
from tests.benchmarks.scoring import Given


def test_the_same_seed_gives_the_same_mails():
    first, second = corpus(600, 5), corpus(600, 5)
    assert [one.raw for one in first] == [one.raw for one in second]
    assert [one.raw for one in corpus(600, 6)] != [one.raw for one in first]


def test_every_mail_is_readable_and_labelled():
    many = corpus(1000, 2)
    assert {one.truth.kind for one in many} >= SHARES.keys()
    assert len({one.truth.message_id for one in many}) == len(many)
    for one in many:
        parsed = message_from_bytes(one.raw)
        assert parsed["Message-ID"] == one.truth.message_id
        assert not parsed.defects
        assert 0 <= one.truth.share_handwritten <= 1
        assert one.truth.label_template_id is not None or one.truth.label_class == "personal"


def test_the_truth_scores_best_and_nothing_found_scores_badly():
    truths = [one.truth for one in corpus(1000, 3)]
    right = [Given(one.label_template_id, one.label_class, one.share_handwritten) for one in truths]
    best = scoring.figures(truths, right)
    assert best["b3_f1"] == best["family_recall"] == best["mass_f1"] == best["tailored_f1"] == 1
    assert best["share_error_tailored"] == best["personal_as_mass"] == 0
    nothing = scoring.figures(truths, [Given(None) for _ in truths])
    assert nothing["mass_f1"] == 0
    assert nothing["b3_f1"] < 0.6
    everything = scoring.figures(truths, [Given("one", "mass", 0.0) for _ in truths])
    assert everything["personal_as_mass"] == 1
