"""Conditions on events: what is read of the timeline decides as the whole timeline would."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON, event
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import Position
from wejourney.journeys.conditions import History, holds
from wejourney.journeys.definition import Condition
from wejourney.services.perform_actions import deciding

KINDS = {"image": "image", "voice": "voice", "text": "text"}
counts = st.lists(
    st.builds(
        EventCount,
        st.sampled_from([EventPattern(kind) for kind in KINDS.values()]),
        st.integers(1, 3),
        st.sampled_from([None, 7]),
        st.sampled_from(["ever", "run"]),
    ),
    min_size=1,
    max_size=3,
)


@given(counts, st.lists(st.sampled_from(sorted(KINDS)), max_size=12), st.integers(0, 12))
def test_the_events_that_are_read_decide_as_all_would(
    wanted: list[EventCount], kinds: list[str], began: int
) -> None:
    events = [event(kind, NOON + timedelta(days=day), Content="x") for day, kind in enumerate(kinds)]
    begin = Position.at(NOON + timedelta(days=began))
    history = History(tuple(events), NOON + timedelta(days=12), begin)
    read = list(deciding(reversed(events), wanted, history))
    for count in wanted:
        condition = Condition(events=(count,))
        some = History(tuple(read), history.now, begin)
        assert holds(condition, None, {}, some) is holds(condition, None, {}, history)


def test_reading_ends_when_every_count_is_reached() -> None:
    newest = iter([event("image", NOON + timedelta(days=day)) for day in (9, 8, 7, 6)])
    wanted = [EventCount(EventPattern("image"), at_least, scope="ever") for at_least in (1, 2)]
    assert len(list(deciding(newest, wanted, History()))) == 2
    assert len(list(newest)) == 2
