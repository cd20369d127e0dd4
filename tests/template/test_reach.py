"""Whom a template reached: exact, whatever the order, with only the edges remembered."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.template.reach import DAY, Reach
from auditor.template.values import Rules

RULES = Rules(min_recipients=3, min_organisations=2, span_days=10)

deliveries = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 5)).map(lambda one: (*one, one[1] % 4)),
    min_size=1,
    max_size=40,
)


def covered(sightings: list[tuple[int, int, int]], day: int) -> bool:
    """The definition, word by word: some span that contains the day also contains enough deliveries."""
    for start in {day - 10, *(at for at, *_ in sightings if day - 10 <= at <= day)}:
        inside = [(who, where) for at, who, where in sightings if start <= at <= start + 10]
        if len({who for who, _ in inside}) >= 3 and len({where for _, where in inside}) >= 2:
            return True
    return False


def reach_of(sightings: list[tuple[int, int, int]]) -> Reach:
    reach = Reach(RULES)
    for at, who, where in sightings:
        reach.add(at * DAY, [bytes([who]) * 8], [bytes([where]) * 8])
    return reach


@given(sightings=deliveries, days=st.lists(st.integers(-5, 65), max_size=10))
def test_every_order_gives_the_definition(sightings: list[tuple[int, int, int]], days: list[int]) -> None:
    reach = reach_of(sightings)
    for at, who, where in sightings:
        assert reach.covers(at * DAY) == covered(sightings, at), (at, who, where)
    for day in days:
        later = [*sightings, (day, 5, 1)]
        grown = reach_of(sightings)
        grown.add(day * DAY, [bytes([5]) * 8], [bytes([1]) * 8])
        assert grown.covers(day * DAY) == covered(later, day)


@given(sightings=deliveries, cut=st.integers(0, 40))
def test_bytes_restore_it(sightings: list[tuple[int, int, int]], cut: int) -> None:
    reach = reach_of(sightings[:cut])
    restored = Reach.from_bytes(RULES, reach.to_bytes())
    assert restored == reach


def test_a_long_campaign_is_remembered_by_its_edges() -> None:
    reach = Reach(Rules())
    for number in range(5000):
        who = number.to_bytes(8, "little")
        reach.add(number * 600.0, [who], [who])
    assert len(reach.to_bytes()) < 4000
    assert reach.covers(0.0)
    assert reach.covers(5000 * 600.0 + 89 * DAY)
    assert not reach.covers(5000 * 600.0 + 91 * DAY)


def test_two_templates_reach_together() -> None:
    one, other = Reach(RULES), Reach(RULES)
    one.add(0.0, [b"a" * 8], [b"x" * 8])
    other.add(DAY, [b"b" * 8, b"c" * 8], [b"y" * 8, b"y" * 8])
    assert not one.reached
    one.join(other)
    assert one.covers(0.0)
    assert one.covers(DAY)
