"""Templates that rest are packed, and come back as they were."""

from auditor.template.index import TemplateIndex
from auditor.template.shelf import Shelf
from auditor.template.state import pack_template, to_record
from auditor.template.values import Rules
from tests.template.invented import person, prose, send


def test_what_is_packed_comes_back_as_it_was():
    index = TemplateIndex(Rules())
    pitch = prose(1)
    texts = [pitch if n % 3 else f"{pitch}\n{prose(50 + n, words=20)}" for n in range(1, 13)]
    index.judge([send(n, text, to=[person(n)]) for n, text in enumerate(texts, 1)])
    template = index._templates[1]
    before, record = pack_template(template), to_record(template)
    shelf = Shelf(Rules())
    shelf.add(template)
    shelf.pack(frozenset({1}))
    assert shelf[1] is template
    shelf.pack(frozenset())
    assert 1 in shelf
    again = shelf[1]
    assert again is not template
    assert pack_template(again) == before
    assert to_record(again) == record
    shelf.remove(1)
    assert 1 not in shelf
    assert shelf.get(1) is None
