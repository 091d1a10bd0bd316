"""Counters, stages, scores and segments: what events tell of a person, in whatever order they arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID, SETTINGS, SUBJECT
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import (
    EventBody,
    Followed,
    MiniProgramEvent,
    Paid,
    ProfileChanged,
    Refunded,
    Scanned,
    SegmentEntered,
    TextReceived,
    TierChanged,
)
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.receiving import Received, receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState
from wejourney.journeys.segments import (
    NO_RULES,
    PeopleRules,
    look_again,
    next_change,
    recognised,
    segments_of,
    told_of,
)
from wejourney.people.counters import (
    LONGEST_PERIOD,
    CountedEvents,
    CounterTest,
    DailyAmounts,
    TimeOfDay,
    counted,
    day_of,
    merged_counts,
)
from wejourney.people.followers import NEVER, Follower
from wejourney.people.lifecycle import Cause, Stage, StageRule, merged_signs, reached, stage_of, with_sign
from wejourney.people.profile_model import AttributeType, ProfileModel
from wejourney.people.rfm import RfmScale, rfm_of
from wejourney.plain_data import from_plain, to_plain

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOBODY = Follower(APP_ID, OPENID, "person", look_at=NEVER)
PAGE = EventPattern("mini_program", name="page_view")
CHECK_IN = EventPattern("scan", scene="event-*")
COUNTERS = {
    "visits": (CountedEvents(PAGE),),
    "messages": (CountedEvents(EventPattern("text")), CountedEvents(EventPattern("image"))),
    "orders": (CountedEvents(EventPattern("payment")),),
    "spend": (
        CountedEvents(EventPattern("payment"), amount=True),
        CountedEvents(EventPattern("refund"), amount=True),
    ),
    "check_ins": (CountedEvents(CHECK_IN),),
    "ads": (CountedEvents(EventPattern("follow", scene="ad-*")),),
}
"""The six of row 74 of what the product must do: account, mini program, purchases twice, events, ads."""

STAGES = {
    Stage.FOLLOWER: StageRule((Stage.AWARE,), (EventPattern("follow"),)),
    Stage.ENGAGED: StageRule((Stage.FOLLOWER,), (EventPattern("text"), CHECK_IN)),
    Stage.CUSTOMER: StageRule((Stage.AWARE, Stage.FOLLOWER, Stage.ENGAGED), (EventPattern("payment"),)),
    Stage.MEMBER: StageRule((Stage.CUSTOMER,), (EventPattern("mini_program", name="register"),)),
    Stage.ADVOCATE: StageRule((Stage.CUSTOMER, Stage.MEMBER), (EventPattern("mini_program", name="share"),)),
}
SCALE = RfmScale("orders", "spend", (30, 60, 120, 240), (2, 3, 5, 10), (10_000, 50_000, 100_000, 500_000))
RULES = PeopleRules(
    ProfileModel(counters=COUNTERS, stages=STAGES, rfm=SCALE),
    {
        "loyal": Condition(counters=(CounterTest("orders", 365, 2),)),
        "lapsing": Condition(
            counters=(CounterTest("orders", 365, 1),),
            none=Condition(counters=(CounterTest("orders", 30, 1),)),
        ),
        "customers": Condition(stage=Stage.CUSTOMER),
    },
)


def happened(body: EventBody, at: datetime, cause: str = "1") -> InboundEvent:
    return own_event(body, cause, SUBJECT, at)


BODIES: st.SearchStrategy[EventBody] = st.sampled_from(
    (
        TextReceived("hello"),
        Paid(total=12_000, order="1"),
        Refunded(total=5_000, order="1"),
        MiniProgramEvent("page_view"),
        MiniProgramEvent("register"),
        MiniProgramEvent("share"),
        Scanned("event-7"),
        Scanned("store-1"),
        Followed("ad-3"),
        Followed(),
    )
)
AGES = st.one_of(
    st.timedeltas(timedelta(), timedelta(days=400)),
    # On the edges of days and of the periods that people count over.
    st.builds(
        lambda days, seconds: timedelta(days=days, hours=12, seconds=seconds),
        st.sampled_from((0, 5, 6, 7, 28, 29, 30, 363, 364, 365)),
        st.integers(-1, 1),
    ),
)
LIVES = st.lists(st.tuples(BODIES, AGES), max_size=25).map(
    lambda told: [happened(body, NOW - age, str(n)) for n, (body, age) in enumerate(told)]
)


def known_of(events: list[InboundEvent], rules: PeopleRules = RULES) -> Follower:
    """What is known of a person after these events, in this order."""
    follower = NOBODY
    for event in events:
        follower = recognised(follower, event, rules, NOW)
    return follower


# --- counters ------------------------------------------------------------------------------------


def recount(name: str, days: int, events: list[InboundEvent]) -> int:
    """An independent count over the events themselves: Beijing's dates, today included."""
    first = (NOW + timedelta(hours=8)).date() - timedelta(days=days - 1)
    recent = [event for event in events if (event.at + timedelta(hours=8)).date() >= first]
    bodies = [event.body for event in recent]
    match name:
        case "visits":
            return sum(isinstance(body, MiniProgramEvent) and body.name == "page_view" for body in bodies)
        case "messages":
            return sum(isinstance(body, TextReceived) for body in bodies)
        case "orders":
            return sum(isinstance(body, Paid) for body in bodies)
        case "spend":
            paid = sum(body.total for body in bodies if isinstance(body, Paid))
            return paid - sum(body.total for body in bodies if isinstance(body, Refunded))
        case "check_ins":
            return sum(isinstance(body, Scanned) and body.scene == "event-7" for body in bodies)
        case _:
            return sum(isinstance(body, Followed) and body.scene == "ad-3" for body in bodies)


@pytest.mark.capability(row="74")
@settings(max_examples=1_000)
@given(LIVES, st.sampled_from((1, 7, 30, 365)))
def test_six_counters_are_exact_at_the_edges_of_their_periods(events: list[InboundEvent], days: int) -> None:
    counts = known_of(events).counts

    for name in COUNTERS:
        assert CounterTest(name, days).amount(counts, NOW) == recount(name, days, events)


@pytest.mark.parametrize("days", [7, 30, 365])
def test_the_first_day_of_a_period_counts_from_its_midnight_in_beijing(days: int) -> None:
    midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC) - timedelta(days=days - 1)
    second = timedelta(seconds=1)
    for at, counts in ((midnight, 1), (midnight - second, 0)):
        known = known_of([happened(TextReceived("x"), at)])
        assert CounterTest("messages", days).amount(known.counts, NOW) == counts
        tomorrow = CounterTest("messages", days).amount(known.counts, NOW + timedelta(days=1))
        assert tomorrow == 0


@pytest.mark.capability(row="62")
@pytest.mark.parametrize(
    ("hours", "beijing", "counts"),
    [
        ((1080, 1380), "17:59:59", None),
        ((1080, 1380), "18:00:00", 1),
        ((1080, 1380), "22:59:59", 1),
        ((1080, 1380), "23:00:00", None),
        ((1320, 480), "21:59:59", None),
        ((1320, 480), "22:00:00", 1),
        ((1320, 480), "00:00:00", 1),
        ((1320, 480), "07:59:59", 1),
        ((1320, 480), "08:00:00", None),
    ],
)
def test_a_counter_with_hours_counts_what_happens_in_them_in_beijing(
    hours: tuple[int, int], beijing: str, counts: int | None
) -> None:
    evenings = CountedEvents(EventPattern("text"), hours=TimeOfDay(*hours))
    at = datetime.fromisoformat(f"2026-11-21T{beijing}+08:00")
    for moment in (at, at.astimezone(UTC), at.astimezone(ZoneInfo("America/New_York"))):
        assert evenings.counts(happened(TextReceived("x"), moment)) == counts


@given(st.dictionaries(st.integers(738_000, 738_000 + 360), st.integers(-9_999, 9_999), max_size=40))
def test_daily_amounts_are_read_as_they_were_written(by_day: dict[int, int]) -> None:
    amounts = DailyAmounts.of(by_day.items())
    if by_day:
        assert DailyAmounts.parse(str(amounts)) == amounts == DailyAmounts(by_day)


def test_a_year_of_every_day_and_counter_stays_small_in_a_row() -> None:
    from wejourney.adapters.dynamo.items import packed  # noqa: PLC0415 - the domain's other tests need no adapter

    dice = Random(1)  # noqa: S311  # not for secrets
    days = {NOW.toordinal() - age: dice.randint(1, 30) for age in range(LONGEST_PERIOD)}
    busiest = {name: DailyAmounts({day: dice.randint(1, 30) for day in days}) for name in COUNTERS}
    usual = {name: DailyAmounts(dict.fromkeys(list(days)[::18], 1)) for name in COUNTERS}

    assert len(packed(busiest)) < 4_096
    assert len(packed(usual)) < 300


def test_what_is_older_than_the_longest_period_is_forgotten_and_does_not_come_back() -> None:
    old, new = NOW - timedelta(days=LONGEST_PERIOD + 1), NOW
    one, other = happened(TextReceived("x"), old), happened(TextReceived("y"), new, "2")

    assert known_of([one, other]).counts == known_of([other, one]).counts == known_of([other]).counts


def test_an_event_that_tells_nothing_new_counts_nothing() -> None:
    again = replace(happened(TextReceived("x"), NOW), told_again=True)
    assert counted({}, again, COUNTERS) == {}


def test_a_counter_that_is_not_declared_any_more_is_forgotten_with_the_next_event() -> None:
    before = {"gone": DailyAmounts({1: 1})}
    assert counted(before, happened(Followed(), NOW), COUNTERS) is before
    assert counted(before, happened(TextReceived("x"), NOW), COUNTERS).keys() == {"messages"}


# --- stages ----------------------------------------------------------------------------------------


@pytest.mark.capability(row="1")
@settings(max_examples=1_000)
@given(LIVES)
def test_a_stage_is_reached_only_after_one_that_it_comes_after_and_by_an_event(
    events: list[InboundEvent],
) -> None:
    known = known_of(events)
    by_id = {event.id: event for event in events}
    causes: dict[Stage, Cause] = {}
    for stage, cause in reached(known.stage_signs, STAGES):
        before = [one for one in STAGES[stage].after if one is Stage.AWARE or one in causes]
        assert before
        assert by_id[cause.event_id].at == cause.at
        causes[stage] = cause
        assert cause.at >= known.stage_signs[stage].at
    assert known.stage == next(reversed(causes), Stage.AWARE)


def test_a_stage_whose_event_came_early_is_reached_when_the_stage_before_it_is() -> None:
    share = happened(MiniProgramEvent("share"), NOW - timedelta(days=9))
    paid = happened(Paid(total=1, order="1"), NOW)

    assert known_of([share]).stage is Stage.AWARE
    known = known_of([share, paid])
    assert known.stage is Stage.ADVOCATE
    assert dict(reached(known.stage_signs, STAGES))[Stage.ADVOCATE].event_id == paid.id


def test_a_stage_without_a_rule_is_reached_by_nobody() -> None:
    signs = with_sign({}, happened(Followed(), NOW), STAGES)
    assert stage_of(signs, {}) is Stage.AWARE


# --- scores ----------------------------------------------------------------------------------------


@pytest.mark.capability(row="82")
@settings(max_examples=300)
@given(LIVES)
def test_scores_that_were_kept_event_by_event_are_those_of_all_events_at_once(
    events: list[InboundEvent],
) -> None:
    found = rfm_of(known_of(events).counts, SCALE, day_of(NOW))
    if recount("orders", 365, events) == 0:
        assert found is None
        return
    assert found is not None
    days = [(NOW + timedelta(hours=8)).date() - (event.at + timedelta(hours=8)).date()
            for event in events if isinstance(event.body, Paid)]  # fmt: skip
    assert found.recency == min(days).days
    assert found.frequency == recount("orders", 365, events)
    assert found.monetary == recount("spend", 365, events)
    assert all(1 <= score <= 5 for score in found.scores)


def test_scores_begin_at_their_bounds() -> None:
    def scores(age: int, orders: int, spend: int) -> tuple[int, int, int]:
        day = day_of(NOW) - age
        counts = {"orders": DailyAmounts({day: orders}), "spend": DailyAmounts({day: spend})}
        found = rfm_of(counts, SCALE, day_of(NOW))
        assert found is not None
        return found.scores

    assert scores(30, 10, 500_000) == (5, 5, 5)
    assert scores(31, 9, 499_999) == (4, 4, 4)
    assert scores(240, 2, 10_000) == (2, 2, 2)
    assert scores(241, 1, 9_999) == (1, 1, 1)


# --- segments --------------------------------------------------------------------------------------


def received(event: InboundEvent, before: Follower | None = NOBODY, rules: PeopleRules = RULES) -> Received:
    return receive(event, FollowerState(before), (), SETTINGS, stranger=NOBODY, now=NOW, people_rules=rules)


@pytest.mark.capability(row="48")
def test_who_viewed_and_did_not_buy_is_in_the_segment_and_a_buyer_leaves_it() -> None:
    viewed = Condition(
        counters=(CounterTest("visits", 7, 1),), none=Condition(counters=(CounterTest("orders", 7, 1),))
    )
    rules = replace(RULES, segments={"viewed-not-bought": viewed})
    first = received(happened(MiniProgramEvent("page_view"), NOW), rules=rules)
    assert first.follower is not None
    assert first.found == (SegmentEntered("viewed-not-bought", first.event.id),)
    bought = received(happened(Paid(total=1, order="1"), NOW), first.follower, rules)
    assert bought.follower is not None
    assert bought.follower.segments == frozenset()
    assert bought.found == ()


@pytest.mark.capability(row="14")
def test_a_payment_in_a_store_changes_what_the_person_is_told_next() -> None:
    paid = received(happened(Paid(total=1, order="1"), NOW))
    assert paid.follower is not None
    assert paid.follower.segments >= {"customers"}


def test_a_segment_of_another_system_stays_beside_those_of_conditions() -> None:
    told = received(happened(SegmentEntered("gold"), NOW))
    assert told.follower is not None
    assert told.follower.segments == {"gold"}
    assert told.found == ()


@pytest.mark.capability(row="1")
def test_entering_a_segment_starts_its_journey_once_and_history_starts_none() -> None:
    event = happened(Paid(total=1, order="1"), NOW)
    first = received(event)
    (told,) = told_of(first.found, event)
    entry = JourneyEntry("thanks", "v1", Trigger("segment", name="customers"))
    start = receive(
        told, FollowerState(first.follower), (entry,), SETTINGS, stranger=NOBODY, now=NOW, people_rules=RULES
    )
    assert start.start is not None
    assert list(told_of(first.found, event)) == [told]
    (past,) = told_of(first.found, replace(event, history=True))
    assert past.history


def test_an_event_that_changes_no_fact_is_quiet() -> None:
    view, planned = happened(MiniProgramEvent("other"), NOW), replace(NOBODY, look_at=NEVER)
    assert received(view, planned).is_quiet
    assert not received(happened(MiniProgramEvent("page_view"), NOW)).is_quiet


@settings(max_examples=300)
@given(LIVES, st.timedeltas(timedelta(), timedelta(days=800)))
def test_between_the_days_that_the_calendar_looks_at_no_segment_changes(
    events: list[InboundEvent], later: timedelta
) -> None:
    known, then = known_of(events), NOW + later
    looked = known
    moment: datetime | None = NOW
    while moment is not None and moment <= then:
        looked = replace(looked, segments=segments_of(looked, RULES, moment))
        following = next_change(known, RULES, moment)
        assert following is None or following > moment
        moment = following
    assert looked.segments == segments_of(known, RULES, then)


def test_the_event_of_a_day_is_one_for_a_person_and_changes_only_segments() -> None:
    paid = known_of([happened(Paid(total=1, order="1"), NOW)])
    day = next_change(paid, RULES, NOW)
    assert day == datetime(2026, 12, 21, 16, 0, tzinfo=UTC)  # thirty days on, at midnight in Beijing
    again = look_again(paid, day)
    assert again == look_again(paid, day)
    later = receive(
        again, FollowerState(paid), (), SETTINGS, stranger=NOBODY, now=day + MINUTE, people_rules=RULES
    )
    assert later.found == (SegmentEntered("lapsing", again.id),)
    assert later.event.told_again


# --- any order, any crash, two people ----------------------------------------------------------------


@pytest.mark.capability(row="2")
def test_twenty_events_of_a_person_in_a_thousand_orders_give_the_same_facts() -> None:
    dice = Random(20)  # noqa: S311  # not for secrets
    for _ in range(5):
        kinds: list[EventBody] = [
            Paid(total=9_900, order="1"),
            Refunded(total=100, order="1"),
            Followed("ad-3"),
            TextReceived("hi"),
            MiniProgramEvent("page_view"),
            MiniProgramEvent("share"),
            MiniProgramEvent("register"),
            Scanned("event-7"),
        ]
        events = [
            happened(dice.choice(kinds), NOW - timedelta(seconds=dice.randint(0, 380 * 86_400)), str(n))
            for n in range(20)
        ]
        known = known_of(events)
        for _ in range(200):
            dice.shuffle(events)
            assert known_of(events) == known


@settings(max_examples=300)
@given(LIVES, LIVES)
def test_two_people_who_are_one_have_the_facts_of_all_their_events(
    some: list[InboundEvent], others: list[InboundEvent]
) -> None:
    others = [replace(event, id=f"{event.id}x") for event in others]
    both, one, other = known_of([*some, *others]), known_of(some), known_of(others)

    assert merged_signs(one.stage_signs, other.stage_signs) == both.stage_signs
    merged = merged_counts(one.counts, other.counts)
    for name in COUNTERS:
        for days in (7, 30, 365):
            test = CounterTest(name, days)
            assert test.amount(merged, NOW) == test.amount(both.counts, NOW)


def test_rules_are_read_as_they_were_deployed() -> None:
    assert from_plain(PeopleRules, to_plain(RULES)) == RULES
    assert from_plain(PeopleRules, {}) == NO_RULES


# --- attributes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", "anything", "x" * 5_001),
        ("number", "16.5", "sixteen"),
        ("date", "2026-02-28", "2026-02-30"),
        ("yes_no", "true", "yes"),
    ],
)
def test_a_declared_attribute_takes_values_of_its_type_only(kind: str, good: str, bad: str) -> None:
    model = ProfileModel({"size": AttributeType(kind)})
    assert model.expected("size", good) is None
    assert model.expected("size", bad) is not None
    assert model.expected("colour", good) is not None
    assert ProfileModel().expected("colour", "anything") is None
    assert model.expected("date.birthday", "2026-02-28") is None


def test_a_tier_that_is_reached_starts_the_journey_of_its_segment_once() -> None:
    rules = PeopleRules(segments={"gold-members": Condition(tier="gold")})
    journey = JourneyEntry("gold", "v1", Trigger("segment", name="gold-members"))

    def after(follower: Follower, event: InboundEvent) -> Received:
        return receive(
            event, FollowerState(follower), (journey,), SETTINGS, stranger=NOBODY, now=NOW, people_rules=rules
        )

    def is_told(tier: str) -> InboundEvent:
        return own_event(ProfileChanged({"tier": tier}), tier, SUBJECT, NOW)

    reached_it = after(replace(NOBODY, following=True), is_told("gold"))
    assert reached_it.follower is not None
    entered, tier = told_of(reached_it.found, reached_it.event)
    assert tier.body == TierChanged("gold", "", "", reached_it.event.id)
    start = after(reached_it.follower, entered).start
    assert start is not None
    assert start.run.journey == "gold"
    assert after(reached_it.follower, is_told("gold")).found == ()
    assert after(reached_it.follower, is_told("silver")).follower != reached_it.follower
