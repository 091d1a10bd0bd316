"""Many people at once: made up one by one from rates, the same for the same seed; simulated and counted."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from os import process_cpu_count
from random import Random
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from wejourney.events import event_types
from wejourney.journeys.calendar import next_time
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.loyalty.tiers import Tiers
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Menu
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.bookings import BOOKING_TIME, Booking, BookingStatus
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.profile_dates import moment_of
from wejourney.people.profile_model import ProfileModel
from workbench.language.durations import DAY
from workbench.language.journey import Journey
from workbench.language.step_types import Ask
from workbench.language.traversal import steps_of
from workbench.proof.facts import Key
from workbench.simulator.deployment import Person, ScriptedEvent, SimulatedDeployment
from workbench.simulator.persona import STARTS, agreed_to
from workbench.simulator.rates import LATEST, SOONEST, AnswerRate, Days, Rates
from workbench.simulator.simulator import Simulator
from workbench.simulator.spread import LANGUAGE, MEMBER, SCENE, SOURCE, Spread, Value, Values, follower_of
from workbench.trace.funnel import Funnel

MOST_PEOPLE = 1_000_000
"""Of a population: they take some minutes, and more people say nothing more."""

_BATCH = 500
"""People that are simulated in one go: progress is told after each."""

_HOURS = (10, 18)
_SECOND = timedelta(seconds=1)
_NUMBERS = 9
THE_ORDER = "1"
"""The order, or the booking, that the run is about."""

_PHONE = "13800000000"


@dataclass(frozen=True)
class Population:
    """So many people who could enter the first of the journeys; the others are played with it.

    By `rules` they earn and join. Their counters, segments and tiers stay as they are made up.
    """

    journeys: Sequence[Journey]
    rates: Rates
    account: AccountSettings
    people: int
    seed: int = 1
    rules: PeopleRules = NO_RULES

    def funnel(self, told: Callable[[int], None] = lambda _: None, cores: int | None = None) -> Funnel:
        """Simulate all of them. `told` hears of every batch how many people it had.

        The result is the same on any number of cores: every person has a chance of their own.
        """
        batches = [range(n, min(n + _BATCH, self.people)) for n in range(0, self.people, _BATCH)]
        cores = min(cores or process_cpu_count() or 1, len(batches))
        total = Funnel()
        if cores == 1:
            for batch in batches:
                total += self.of(batch)
                told(len(batch))
            return total
        # Fresh processes: a forked one inherits the locks of threads that it does not have.
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            for batch, funnel in zip(batches, pool.map(self.of, batches), strict=True):
                total += funnel
                told(len(batch))
        return total

    def of(self, numbers: range) -> Funnel:
        """The funnel of some of them."""
        membership, programme = self.rules.profile.membership, replace(self.rules.programme, tiers=Tiers())
        rules = PeopleRules(ProfileModel(membership=membership)).with_programme(programme)
        deployment = SimulatedDeployment.of(self.journeys, self.account, rules)
        journey = self.journeys[0]
        sampler = PopulationSampler(journey, self.rates, self.account, self.seed, membership)
        funnel = Funnel()
        for number in numbers:
            funnel.add(journey.name, Simulator(deployment, sampler.person(number)).play())
        return funnel


class PopulationSampler:
    """The people who could enter one journey. `seed` decides all that chance decides.

    Members, and nobody else, have agreed to the purpose `membership`.
    """

    def __init__(
        self, journey: Journey, rates: Rates, account: AccountSettings, seed: int, membership: str = ""
    ) -> None:
        self._membership = membership
        self._journey, self._trigger = journey, journey.trigger
        self._rates = rates
        self._account = account
        self._zone = ZoneInfo(account.time_zone)
        self._seed = seed
        self._days = rates.days(journey)
        self._consents = rates.consents_of(journey)
        self._spread = Spread.of(journey)
        self._languages = rates.languages_of(self._spread.values)
        self._asks = {step.name: step for _, step in steps_of(journey) if isinstance(step, Ask)}

    def person(self, number: int) -> Person:
        """One of them."""
        chance = Random(f"{self._seed}/{number}")  # noqa: S311 - no secret hangs on it
        name = f"person-{self._seed}-{number}"
        begin = STARTS.replace(tzinfo=self._zone).astimezone(UTC) + timedelta(seconds=chance.randrange(DAY))
        values = self._spread.draw(Random(f"{name}/spread"), self._given(chance))  # noqa: S311
        follows = self._trigger.event != event_types.Followed.kind
        nobody = Follower(self._account.app_id, name, name, following=follows, lots=name)
        before = follower_of(nobody, values)
        source = before.source
        before = before.changed(**({"scene": values.get(SCENE)} if follows else {"source": None}))
        if self._trigger.event in event_types.OF_THE_CALENDAR:
            begin, before = self._eve(begin, before)
        before = before.changed(consents=agreed_to(self._agreed(name, is_member=before.member)))
        starts_at = self._starts_at(Random(f"{name}/booking"), begin)  # noqa: S311 - no secret hangs on it
        if values.get(("date", BOOKING_TIME), BOOKING_TIME in self._days):
            booking = Booking(begin - _SECOND, BookingStatus.MADE, starts_at)
            before = before.changed(bookings={THE_ORDER: booking})
        acts, answers = self._acts(name, chance, values, starts_at), dict(self._answers(chance))
        return Person(
            name=name,
            start=begin,
            before=before.changed(dates={**before.dates, **self._dates(chance, begin)}),
            acts=acts,
            answers=answers,
            known=WeChatUserInfo(source=source, language=before.language),
        )

    def _given(self, chance: Random) -> Values:
        """What the rates decide of one person."""
        rates = self._rates
        given: dict[Key, Value] = {}
        if rates.members is not None:
            given[MEMBER] = _of(chance, rates.members)
        for key, shares in (SOURCE, rates.sources), (LANGUAGE, self._languages), (SCENE, rates.scenes):
            if shares:
                given[key] = _pick(chance, shares)
        return given

    def _agreed(self, name: str, *, is_member: bool) -> Iterator[str]:
        """The purposes that one of them has agreed to, each by a lot of its own."""
        if self._membership and is_member:
            yield self._membership
        for purpose, percent in self._consents.items():
            if purpose != self._membership and _of(Random(f"{name}/consent {purpose}"), percent):  # noqa: S311 - no secret hangs on it
                yield purpose

    def _eve(self, begin: datetime, before: Follower) -> tuple[datetime, Follower]:
        """The second before the calendar sets the journey off for them, and what is known of them then."""
        trigger = self._trigger
        if trigger.event == event_types.ScheduleCame.kind:
            return next_time(begin, self._zone, trigger.time or 0, trigger.weekday) - _SECOND, before
        day = (begin.astimezone(self._zone) - timedelta(seconds=trigger.offset)).date().isoformat()
        known = before.changed(dates={**before.dates, trigger.name or "": day})
        return moment_of(day, trigger.offset, trigger.time, self._zone) - _SECOND, known

    def _dates(self, chance: Random, begin: datetime) -> dict[str, str]:
        """The dates that the journey waits for, each at a full hour of the day."""
        return {
            name: self._ahead(chance, begin, days)
            for name, days in self._days.items()
            if name != BOOKING_TIME
        }

    def _starts_at(self, chance: Random, begin: datetime) -> str:
        """When the booking is that the run is about."""
        return self._ahead(chance, begin, self._days.get(BOOKING_TIME, (SOONEST, LATEST)))

    def _ahead(self, chance: Random, begin: datetime, days: Days) -> str:
        today = begin.astimezone(self._zone).date()
        return f"{today + timedelta(days=chance.randint(*days))}T{chance.randint(*_HOURS):02}:00"

    def _acts(self, name: str, chance: Random, values: Values, starts_at: str) -> tuple[ScriptedEvent, ...]:
        by_calendar = self._trigger.event in event_types.OF_THE_CALENDAR
        first = _first(self._journey, values, starts_at)
        acts = [] if by_calendar else [ScriptedEvent(timedelta(0), first)]
        leaves = timedelta.max
        if _of(chance, self._rates.unfollow):
            leaves = _delay(chance, self._rates.unfollow_half_after)
            acts.append(ScriptedEvent(leaves, event_types.OtherEvent(event_types.UNFOLLOW)))
        for i, act in enumerate(self._rates.acts):
            # Each by a lot of its own: one act more or less changes nothing else.
            chance = Random(f"{name}/act {i}")  # noqa: S311
            does, after = _of(chance, act.percent), _delay(chance, act.half_after)
            if does and after < leaves:
                acts.append(ScriptedEvent(after, act.body))
        return tuple(acts)

    def _answers(self, chance: Random) -> Mapping[str, ScriptedEvent]:
        answers = {}
        for name, ask in self._asks.items():
            rate = self._rates.of(name)
            if _of(chance, rate.answered):
                answers[name] = _answer(chance, ask, rate, self._spread.values.get(("answer", name), ()))
        return answers


def _first(journey: Journey, values: Values, starts_at: str) -> event_types.EventBody:
    """The event that the journey begins with, about an order where it is taken once per order.

    A booking is at `starts_at`.
    """
    trigger, known = journey.trigger, event_types.EVENT_TYPES[journey.trigger.event]
    fields: dict[str, Any] = {"journey": journey.name} if known.body is event_types.JourneyCalled else {}
    for narrowing in known.narrowings or ():
        fields |= narrowing.example(getattr(trigger, narrowing.pattern_field))
    if SCENE in values and known.body is event_types.Followed:
        fields["scene"] = values[SCENE]
    for name, value in fields.pop("properties", {}).items():
        if known.body.property_names is not None:
            fields[name] = value if known.fields[name].unit is None else int(value)
        else:
            fields["details"] = {**fields.get("details", {}), name: value}
    if journey.again.mode == "per":
        fields[journey.again.key] = THE_ORDER
    if "starts_at" in known.fields:
        fields["starts_at"] = starts_at
    for name, spec in known.fields.items():
        if spec.is_required and name not in fields:
            fields[name] = THE_ORDER if spec.fits(THE_ORDER) else 1
    if known.body is event_types.OtherEvent:
        fields["kind"] = known.name
    return known.body(**fields)


def _answer(chance: Random, ask: Ask, rate: AnswerRate, known: Sequence[Value]) -> ScriptedEvent:
    """An answer; `known` are those that the journey tells apart."""
    after = _delay(chance, rate.half_after)
    if not ask.choices:
        answer = chance.choice(known) if known else OTHER
        text = _said(chance, ask) if answer == OTHER else str(answer)
        return ScriptedEvent(after, event_types.TextReceived(text))
    choice = _pick(chance, rate.choices) or str(chance.choice(known))
    is_tapped = choice != OTHER and isinstance(ask.content, Menu) and _of(chance, rate.tapped)
    return ScriptedEvent(after, event_types.TextReceived(choice, choice if is_tapped else None))


def _said(chance: Random, ask: Ask) -> str:
    """The answer to a question without choices."""
    match ask.parse:
        case "phone":
            return _PHONE
        case "date":
            return "tomorrow"
        case "text":
            return OTHER
        case "number":
            pass
        case _:
            assert_never(ask.parse)
    least = 1 if ask.minimum is None else ask.minimum
    most = least + _NUMBERS if ask.maximum is None else ask.maximum
    return str(chance.randint(min(least, most), most))


def _pick(chance: Random, shares: Mapping[str, int]) -> str | None:
    if not shares:
        return None
    return chance.choices(list(shares), list(shares.values()))[0]


def _of(chance: Random, percent: int) -> bool:
    return chance.random() * 100 < percent


def _delay(chance: Random, half_after: int) -> timedelta:
    """Exponential: half of the people are faster than `half_after` seconds, a quarter twice as slow."""
    return timedelta(seconds=max(1, round(-math.log2(1 - chance.random()) * half_after)))
