"""The mistakes that only all journeys together show: which starts which, and names that collide."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wejourney.events.event_types import (
    CHAT_CLOSED,
    ConsentWithdrawn,
    DateCame,
    SegmentEntered,
    TagAdded,
    TierChanged,
)
from wejourney.events.text_matching import keyword, matches_glob
from wejourney.journeys.definition import Trigger
from wejourney.journeys.segments import PeopleRules
from wejourney.messaging.contents import Menu
from wejourney.people.profile_fields import date_name
from workbench.compiler.template_region import logical_id
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.questions import number_of
from workbench.language.reading import Reading
from workbench.language.source import Location
from workbench.language.step_types import (
    Ask,
    Award,
    EndJourney,
    Give,
    HandOver,
    Set,
    StartJourney,
    Step,
    Tag,
    Untag,
    Withdraw,
)
from workbench.language.traversal import contents_of, steps_of
from workbench.proof.deeds import FOLLOWS, may_be_share, reached_without_deed
from workbench.proof.passive_people import PassivePeople, noted_by
from workbench.proof.program import last_words


def check_together(readings: Mapping[str, Reading], rules: PeopleRules) -> Iterator[Mistake]:
    """The mistakes of journeys that are deployed together, by the names of their files."""
    yield from _same_resources(readings)
    yield from _same_menu_numbers(readings)
    for name, reading in readings.items():
        yield from _check_others(name, reading, readings)
    yield from _check_circles(readings)
    yield from _swallowed_words(readings)
    yield from _unearned_rewards(readings, rules)


def _unearned_rewards(readings: Mapping[str, Reading], rules: PeopleRules) -> Iterator[Mistake]:
    """What people get who have done nothing but follow, scan or share, also by journeys that this starts."""
    people = PassivePeople(rules)
    begun = dict.fromkeys(
        _begun_by_event(SegmentEntered.kind, people.segments(), readings), Trigger("follow")
    )
    begun |= {
        name: reading.journey.trigger
        for name, reading in readings.items()
        if reading.journey is not None
        and (reading.journey.trigger.event in FOLLOWS or may_be_share(reading.journey.trigger))
    }
    ahead = list(begun.items())
    while ahead:
        name, trigger = ahead.pop()
        journey = readings[name].journey if name in readings and not readings[name].mistakes else None
        for at, step in reached_without_deed(journey) if journey is not None else ():
            if isinstance(step, Award | Give):
                what = step.kind if isinstance(step, Award) else step.what
                message = phrase("unearned reward", what=f"`{what}`", event=trigger.name or trigger.event)
                yield readings[name].mistake_at(at, message, phrase("deed first"))
                continue
            people = people.after(step)
            others = [*_begins(step, readings), *_begun_later(step, readings)]
            others += _begun_by_event(SegmentEntered.kind, people.segments(), readings)
            new = [other for other in others if other not in begun]
            begun |= dict.fromkeys(new, trigger)
            ahead += ((other, trigger) for other in new)


def _begun_later(step: Step, readings: Mapping[str, Reading]) -> Iterator[str]:
    """The journeys that begin by what a step leads to: a date that comes, a tier, a chat that staff close."""
    if isinstance(step, HandOver):
        yield from _begun_by_event(CHAT_CLOSED, ("",), readings)
    elif isinstance(step, Set):
        noted = noted_by(step)
        yield from _begun_by_event(DateCame.kind, filter(None, map(date_name, noted)), readings)
        triggers = ((name, its.journey.trigger) for name, its in readings.items() if its.journey is not None)
        yield from (name for name, its in triggers if its.event == TierChanged.kind and "tier" in noted)


def _begins(step: Step, readings: Mapping[str, Reading]) -> Iterator[str]:
    """The journeys that begin by what a step does."""
    if isinstance(step, StartJourney):
        yield step.journey
    elif isinstance(step, Tag):
        yield from _begun_by_event(TagAdded.kind, step.tags, readings)
    elif isinstance(step, Withdraw):
        yield from _begun_by_event(ConsentWithdrawn.kind, (step.purpose,), readings)


def _begun_by_event(event: str, about: Iterable[str], readings: Mapping[str, Reading]) -> Iterator[str]:
    """The journeys that begin by such an event about one of these tags, purposes or dates."""
    names = tuple(about)
    for name, reading in readings.items():
        if reading.journey is None or reading.journey.trigger.event != event:
            continue
        if any(matches_glob(reading.journey.trigger.name or "*", one) for one in names):
            yield name


def _same_menu_numbers(readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    """Menus whose lines have the same ids at WeChat: a tap on one would answer the question of the other."""
    seen: dict[int, str] = {}
    for name, reading in readings.items():
        for at, content in contents_of(reading.journey) if reading.journey is not None else ():
            if not isinstance(content, Menu):
                continue
            if number_of(content) in seen:
                message = phrase("same menu ids", journey=seen[number_of(content)])
                hint = phrase("rename an item")
                yield reading.mistake_at(at, message, hint)
            seen[number_of(content)] = name


def _check_circles(readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    untagging = (step for _, step in _steps(*readings.values()) if isinstance(step, Untag))
    removed = frozenset(tag for step in untagging for tag in step.tags)
    causes = {name: [*_begun_by(name, readings, removed)] for name in readings}
    following = {name: [begun for _, begun in its_causes] for name, its_causes in causes.items()}
    for name, its_causes in causes.items():
        for at, begun in its_causes:
            circle = _chain(begun, name, following)
            if circle is not None:
                chain = " → ".join((name, *circle))
                message = phrase("endless loop", chain=chain)
                hint = phrase("break the loop")
                yield readings[name].mistake_at(at, message, hint)


def _begun_by(
    name: str, readings: Mapping[str, Reading], removed: frozenset[str]
) -> Iterator[tuple[Location, str]]:
    """The journeys that a step of this one starts, itself or by what it changes, with the step's place.

    A tag that is not `removed` by any journey is added once. A journey that runs once per follower, order or
    booking ends every loop; one with a pause between its runs does not. A journey that starts itself is
    another mistake.
    """
    for at, step in _steps(readings[name]):
        starts = isinstance(step, StartJourney)
        again = replace(step, tags=tuple(removed.intersection(step.tags))) if isinstance(step, Tag) else step
        for other in _begins(again, readings):
            if _is_taken_again(readings.get(other)) and not (starts and other == name):
                yield (*at, "journey") if starts else at, other


def _is_taken_again(reading: Reading | None) -> bool:
    return (
        reading is not None
        and reading.journey is not None
        and reading.journey.again.mode not in ("never", "per")
    )


def _swallowed_words(readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    """Questions for any text that would take a word for their answer by which people withdraw a consent.

    A word with `*` is not looked for.
    """
    withdrawals = {
        word: name
        for name, reading in readings.items()
        if any(isinstance(step, Withdraw) for _, step in _steps(reading))
        for word in _words_that_begin(reading)
        if "*" not in word
    }
    for name, reading in readings.items():
        ends = frozenset[str]() if reading.journey is None else last_words(reading.journey)
        missing = [
            word for word, journey in withdrawals.items() if journey != name and keyword(word) not in ends
        ]
        for at, step in _steps(reading) if missing else ():
            if isinstance(step, Ask) and not step.choices and step.parse == "text":
                journey = withdrawals[missing[0]]
                message = phrase("swallows word", name=step.name, word=missing[0], journey=journey)
                yield reading.mistake_at(at, message, phrase("exit by words", words=", ".join(missing)))


def _words_that_begin(reading: Reading) -> tuple[str, ...]:
    """The words of which each begins the journey."""
    return () if reading.journey is None else reading.journey.trigger.keywords


def _same_resources(readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    for name, reading in readings.items():
        resource = logical_id(name)
        if resource in taken:
            message = phrase("same resource", name=name, other=taken[resource], resource=resource)
            yield reading.mistake_at((), message, phrase("rename one"))
        taken[resource] = name


def _steps(*readings: Reading) -> Iterator[tuple[Location, Step]]:
    for reading in readings:
        if reading.journey is not None:
            yield from steps_of(reading.journey)


def _check_others(name: str, reading: Reading, readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    yield from _check_starter(name, reading, readings)
    for at, step in _steps(reading):
        if isinstance(step, StartJourney | EndJourney):
            here = (*at, "journey")
            if step.journey == name:
                yield reading.mistake_at(here, phrase("starts itself"), phrase("stop ends it"))
            elif step.journey not in readings:
                message = phrase("unknown journey", name=step.journey)
                yield reading.mistake_at(here, message, nearest(step.journey, readings))
            elif isinstance(step, StartJourney):
                yield from _check_started(name, step, here, reading, readings[step.journey])


def _check_starter(name: str, reading: Reading, readings: Mapping[str, Reading]) -> Iterator[Mistake]:
    trigger = None if reading.journey is None else reading.journey.trigger
    if trigger is None or trigger.event != "journey" or trigger.name is None:
        return
    starters = [its for other, its in readings.items() if matches_glob(trigger.name, other)]
    if not starters:
        message = phrase("unknown journey", name=trigger.name)
        yield reading.mistake_at(("trigger", "name"), message, nearest(trigger.name, readings))
    elif not any(its.journey is None or _starts(its, name) for its in starters):
        message = phrase("never started", name=trigger.name)
        yield reading.mistake_at(("trigger", "name"), message, phrase("add start", name=name))


def _starts(reading: Reading, name: str) -> bool:
    return any(isinstance(step, StartJourney) and step.journey == name for _, step in _steps(reading))


def _check_started(
    name: str, step: StartJourney, at: Location, reading: Reading, started: Reading
) -> Iterator[Mistake]:
    if started.journey is None:
        return
    trigger = started.journey.trigger
    if trigger.event != "journey":
        message = phrase("started by another event", journey=step.journey, event=trigger.event)
        yield reading.mistake_at(at, message, phrase("trigger is journey"))
    elif trigger.name is not None and not matches_glob(trigger.name, name):
        message = phrase("started by another journey", journey=step.journey, name=trigger.name)
        yield reading.mistake_at(at, message, phrase("trigger names journey", name=name))
    key = started.journey.again.key
    if key and reading.journey is not None and reading.journey.again.key != key:
        message = phrase("start without key", journey=step.journey, key=key)
        yield reading.mistake_at(at, message, phrase("take once per", key=key))


def _chain(first: str, last: str, following: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The shortest chain of journeys, each begun by the one before it; None if there is none."""
    chains: list[tuple[str, ...]] = [(first,)]
    seen = {first}
    for chain in chains:
        if chain[-1] == last:
            return chain
        for begun in following.get(chain[-1], ()):
            if begun not in seen:
                seen.add(begun)
                chains.append((*chain, begun))
    return None
