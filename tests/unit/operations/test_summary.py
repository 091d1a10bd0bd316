"""The summary of a person: it follows from their events, and each statement names them."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import SUBJECT
from tests.unit.domain.people.test_facts import COUNTERS, LIVES, NOW, SCALE, STAGES, happened, known_of
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import MiniProgramEvent, Paid, TextReceived
from wejourney.people.counters import LONGEST_PERIOD, CounterTest
from wejourney.people.profile_model import ProfileModel
from wejourney.people.rfm import rfm_of
from workbench.operations.summary import Statement, Topic, summary_of

MODEL = ProfileModel(counters=COUNTERS, stages=STAGES, rfm=SCALE)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def summary(events: list[InboundEvent]) -> tuple[Statement, ...]:
    return summary_of(events, MODEL, NOW, SHANGHAI)


@pytest.mark.capability(row="93")
@settings(max_examples=200)
@given(LIVES, st.integers(0, 99))
def test_the_same_events_give_the_same_summary_and_each_statement_names_some_of_them(
    events: list[InboundEvent], seed: int
) -> None:
    """In any order, told twice; what it says of counters is what was kept event by event."""
    said = summary(events)
    twice = events * 2
    Random(seed).shuffle(twice)  # noqa: S311  # not for secrets

    assert summary(twice) == said
    assert all(one.events and set(one.events) <= {event.id for event in events} for one in said)
    counts = known_of(events).counts
    for one in said:
        if one.topic is Topic.COUNTER:
            assert one.value == str(CounterTest(one.what, LONGEST_PERIOD).amount(counts, NOW))


@pytest.mark.capability(row="93")
@settings(max_examples=200)
@given(LIVES)
def test_without_the_events_that_a_statement_names_it_is_not_said(events: list[InboundEvent]) -> None:
    for one in summary(events):
        rest = summary([event for event in events if event.id not in one.events])
        assert one not in rest, one


def viewed(minute: int, at: datetime = NOW, **details: str) -> InboundEvent:
    body = MiniProgramEvent("product.viewed", details=details)
    return own_event(body, f"{minute} {details}", SUBJECT, at - timedelta(minutes=minute))


@pytest.mark.capability(row="93")
def test_a_summary_says_the_stage_what_somebody_likes_what_they_spend_and_when_they_are_there() -> None:
    evening = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    looks = [viewed(n, evening, product=f"R-{n}", category="rings") for n in range(3)]
    looks += [viewed(9, evening, product="N-1"), viewed(200, evening, product="W-1", category="watches")]
    paid = happened(Paid(12_000, "1"), NOW - timedelta(days=40))
    written = happened(TextReceived("x"), NOW - timedelta(days=366))
    said = summary([*looks, paid, written])

    rings = tuple(event.id for event in looks[2::-1])
    by_topic = {(one.topic, one.what): (one.value, one.events) for one in said}
    assert by_topic[Topic.STAGE, "customer"] == (paid.at.isoformat(), (paid.id,))
    assert by_topic[Topic.COUNTER, "spend"] == ("12000", (paid.id,))
    scores = rfm_of(known_of([paid]).counts, SCALE, NOW.toordinal())
    assert scores is not None
    assert by_topic[Topic.RFM, ""] == ("-".join(map(str, scores.scores)), (paid.id,))
    assert [one.what for one in said if one.topic is Topic.INTEREST] == ["rings", "N-1", "watches"]
    assert by_topic[Topic.INTEREST, "rings"] == ("3", rings)
    hour, events = by_topic[Topic.HOUR, ""]
    assert (hour, len(events)) == ("20:00", 4)
    assert written.id not in {event for one in said for event in one.events}
