"""Whether a condition holds for a follower, part by part, and whether it ends a run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from wejourney.events.event import InboundEvent
from wejourney.events.matching import EVERYTHING, About, EventCount, Tally, matches
from wejourney.events.positions import BEGINNING, NEVER, Position, StepPositions
from wejourney.events.text_matching import matches_glob
from wejourney.events.values import IsKnown, NumberRange, fits
from wejourney.journeys.definition import Condition, Exit
from wejourney.languages import ANY_LANGUAGE, best_of
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.counters import CounterTest
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import hidden_if_sealed
from wejourney.reasons import Exited, Fact, GoalReached, Part

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """What is on record of a follower at a moment, for conditions on events.

    `start_position` is that of the event that the run began with, `step_positions` those of its named steps.
    `tallies` (by `EventCount.tally_name`) say what is not among the events because it was counted before.
    What counts since the run or a step must be `about` the same order as the run; what counts over "ever" is
    about the follower. The booking that it is `about` is that of BOOKING_TIME. `offers` are those of the
    programme that apply to the follower.
    """

    events: tuple[InboundEvent, ...] = ()
    now: datetime = _END_OF_TIME
    start_position: Position = BEGINNING
    step_positions: StepPositions = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    about: About = EVERYTHING
    offers: frozenset[str] = frozenset()

    def tally(self, count: EventCount) -> Tally:
        """What was counted before of these events."""
        # Its name takes a hash: without tallies nothing asks for it.
        name = count.tally_name if self.tallies else None
        return self.tallies.get(name, _UNCOUNTED) if name is not None else _UNCOUNTED


_UNCOUNTED = Tally(0, BEGINNING)
NOTHING = History()


def holds(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History = NOTHING
) -> bool:
    """Whether all of the condition holds; of a follower not seen before, nothing is known to be true."""
    return all(part.holds for part in _parts(condition, follower, answers, history))


def parts_of(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History = NOTHING
) -> tuple[Part, ...]:
    """What each part of a condition wants, what there is, and whether that is enough."""
    return tuple(_parts(condition, follower, answers, history))


def _parts(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History
) -> Iterator[Part]:
    known = follower or Follower(app_id="", openid="", person_id="")
    if condition.language is not None:
        read = best_of(condition.among or (condition.language,), known.languages, condition.written)
        shown = known.language if read in (None, ANY_LANGUAGE) else read
        yield Part(Fact.LANGUAGE, condition.language, shown, read == condition.language)
    for fact in (Fact.CUSTOMER, Fact.MEMBER, Fact.SOURCE):
        wanted = getattr(condition, fact)
        if wanted is not None:
            found = getattr(known, fact)
            yield Part(fact, wanted, found, wanted == found)
    if condition.stage is not None:
        yield Part(Fact.STAGE, condition.stage.value, known.stage.value, condition.stage is known.stage)
    for test in condition.counters:
        amount, bounds = test.amount(known.counts, history.now), NumberRange(test.least, test.most)
        yield Part(Fact.COUNTER, bounds, amount, test.allows(amount), test.name, days=test.days)
    if condition.tier is not None:
        yield Part(Fact.TIER, condition.tier, known.tier, fits(condition.tier, known.tier))
    if condition.scene is not None:
        yield Part(Fact.SCENE, condition.scene, known.scene, matches_glob(condition.scene, known.scene))
    for names, fact, held, wanted in (
        (condition.tags, Fact.TAG, known.tags, True),
        (condition.without_tags, Fact.TAG, known.tags, False),
        (condition.segments, Fact.SEGMENT, known.segments, True),
        (condition.offers, Fact.OFFER, history.offers, True),
    ):
        for name in names:
            found = name in held
            yield Part(fact, wanted, found, found is wanted, name)
    for names, wanted in (condition.dates, True), (condition.without_dates, False):
        for name in names:
            found = known.date(name, history.about.booking) is not None
            yield Part(Fact.DATE, wanted, found, found is wanted, name)
    points, least, most = known.points, condition.points_from, condition.points_to
    if least is not None:
        yield Part(Fact.POINTS_FROM, least, points, points >= least)
    if most is not None:
        yield Part(Fact.POINTS_TO, most, points, points <= most)
    for wanted in condition.balances:
        amount, bounds = known.amount(wanted.asset, wanted.part), NumberRange(wanted.least, wanted.most)
        yield Part(Fact.BALANCE, bounds, amount, wanted.allows(amount), wanted.name)
    for name, value in condition.attributes.items():
        # Of a private value only that it is known counts.
        found = hidden_if_sealed(known.attributes.get(name))
        yield Part(Fact.ATTRIBUTE, value, found, fits(value, found), name)
    for name, value in condition.answers.items():
        answer = answers.get(name)
        is_told = answer != OTHER or not isinstance(value, IsKnown)
        yield Part(Fact.ANSWER, value, answer, fits(value, answer if is_told else None), name)
    for count in condition.events:
        times = how_often(count, history)
        yield Part(Fact.EVENTS, count.at_least, times, times >= count.at_least, count=count)
    if condition.any:
        inner = tuple(_whole(Fact.ALL, option, follower, answers, history) for option in condition.any)
        number = sum(part.holds for part in inner)
        yield Part(Fact.ANY, 1, number, number > 0, inner=inner)
    if condition.none is not None:
        yield _whole(Fact.NONE, condition.none, follower, answers, history)


def _whole(
    fact: Fact, condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History
) -> Part:
    inner = parts_of(condition, follower, answers, history)
    found, wanted = all(part.holds for part in inner), fact is Fact.ALL
    return Part(fact, wanted, found, found is wanted, inner=inner)


def how_often(count: EventCount, history: History) -> int:
    """How many of the events that the condition means are on record, from its scope on."""
    begin = begin_of(count, history)
    return history.tally(count).times + sum(
        is_counted(count, event, begin, history.about) for event in history.events
    )


def is_counted(count: EventCount, event: InboundEvent, begin: Position, about: About) -> bool:
    """Whether an event is one of those that the condition means; `begin` is its `begin_of`."""
    if event.position < begin or not matches(count.pattern, event):
        return False
    return count.scope == "ever" or about.hears(event)


def begin_of(count: EventCount, history: History) -> Position:
    """The position from which on events are looked at for a count."""
    scopes = {"ever": history.tally(count).until, "run": history.start_position}
    begin = scopes.get(count.scope, history.step_positions.get(count.scope, NEVER))
    if count.days is None:
        return begin
    return max(begin, Position.at(history.now - timedelta(days=count.days)))


TALLIED_AFTER = timedelta(days=1)
"""How old an event is when a tally may count it: what comes later than that drops the tallies behind it."""

MOST_TALLIES = 20
"""Of a follower: each takes about 70 bytes of a row that every event reads."""


def tallied(follower: Follower, counts: Iterable[EventCount], history: History) -> Follower:
    """The follower with tallies of these counts; the history has all events since their last ones."""
    until = Position.at(history.now - TALLIED_AFTER)
    past = replace(history, events=tuple(event for event in history.events if event.position < until))
    new = {
        name: Tally(how_often(count, past), until)
        for count in counts
        if (name := count.tally_name) is not None and history.tally(count).until < until
    }
    kept = {name: tally for name, tally in follower.tallies.items() if name not in new}
    return follower.changed(tallies=dict([*kept.items(), *new.items()][-MOST_TALLIES:])) if new else follower


def counts_in(condition: Condition) -> Iterator[EventCount]:
    """What the condition counts, in the conditions inside it too."""
    yield from condition.events
    for part in (*condition.any, *(() if condition.none is None else (condition.none,))):
        yield from counts_in(part)


def counter_tests_in(condition: Condition) -> Iterator[CounterTest]:
    """The tests on counters, in the conditions inside it too."""
    yield from condition.counters
    for part in (*condition.any, *(() if condition.none is None else (condition.none,))):
        yield from counter_tests_in(part)


def offers_in(condition: Condition) -> Iterator[str]:
    """The offers that the condition looks at, in the conditions inside it too."""
    yield from condition.offers
    for part in (*condition.any, *(() if condition.none is None else (condition.none,))):
        yield from offers_in(part)


def looks_at_events(condition: Condition) -> bool:
    """Whether the condition speaks of what happened, and so needs the follower's timeline."""
    return any(True for _ in counts_in(condition))


def looks_at_record(condition: Condition) -> bool:
    """Whether the condition needs more than travels with a run: the timeline, counters, the stage, offers."""
    return bool(condition.events or condition.counters or condition.stage or condition.offers) or any(
        map(looks_at_record, (*condition.any, *(() if condition.none is None else (condition.none,))))
    )


def termination(
    goal: Condition | None, exits: Iterable[Exit], follower: Follower | None, history: History = NOTHING
) -> GoalReached | Exited | None:
    """How these end a run, wherever it is; None when they do not. The history is what happens now."""
    if goal is not None and holds(goal, follower, {}, history):
        return GoalReached()
    ends = (Exited(rule.reason, rule.texts) for rule in exits if holds(rule.when, follower, {}, history))
    return next(ends, None)
