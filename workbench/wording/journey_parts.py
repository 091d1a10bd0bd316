"""Parts of a journey put into words: durations, times, events, conditions, contents."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, assert_never

from rich.cells import cell_len, set_cell_size

from wejourney.events import event_types
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.values import IsKnown, NumberRange, Wanted
from wejourney.journeys.definition import Condition, QuietHours, Trigger
from wejourney.languages import ANY_LANGUAGE
from wejourney.messaging.contents import Content, LocalizedText, Menu, choose
from wejourney.messaging.merge_fields import replaced
from wejourney.people.profile_fields import YES_OR_NO_FIELDS
from workbench.language import step_types
from workbench.language.durations import DAY, UNITS, format_duration, in_units
from workbench.language.journey import Journey
from workbench.language.traversal import localized_texts_of, paths_of, places_of, word_of
from workbench.wording.picture_phrases import LANGUAGES, PHRASES, Language

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FEN = 100


class Authored(Protocol):
    """A reason as its author wrote it."""

    @property
    def reason(self) -> str: ...

    @property
    def texts(self) -> LocalizedText: ...


@dataclass(frozen=True)
class Wording:
    """The words of one language."""

    language: Language

    def say(self, phrase: str, **values: object) -> str:
        """A phrase with its values; units of time are English plurals unless `n` is 1."""
        text = PHRASES[phrase][LANGUAGES.index(self.language)].format(**values)
        return f"{text}s" if self.language == "en" and phrase in UNITS and values["n"] != 1 else text

    def join(self, parts: Iterable[str], by: str = "list") -> str:
        """`by` is the phrase between the parts; empty parts are left out."""
        return self.say(by).join(filter(None, parts))

    def variant(self, words: LocalizedText) -> str:
        """A text in this language, with its merge fields as the author wrote them."""
        return choose(words, self.language, self.language)

    def reason(self, ended: Authored) -> str:
        """What an author wrote as the reason of a stop or an exit."""
        return self.variant(ended.texts or {ANY_LANGUAGE: ended.reason})

    def filled(self, text: str) -> str:
        """A text with the fallback of each merge field, or its name if it has none."""
        return replaced(text, lambda field: field.fallback or f"‹{field.name}›")

    # --- time ----------------------------------------------------------------------------------

    def duration(self, seconds: int) -> str:
        """`1 day 12 hours`."""
        return " ".join(self.say(unit, n=count) for unit, count in in_units(seconds).items())

    def time(self, minutes: int, weekday: int | None = None) -> str:
        """`Monday 09:00`."""
        clock = f"{minutes // 60:02}:{minutes % 60:02}"
        return clock if weekday is None else f"{self.say(f'weekday {weekday}')} {clock}"

    def quiet_hours(self, quiet: QuietHours) -> str:
        """`from 22:00 to 08:00`; by day `on Saturday, Sunday from 22:00 to 10:00`."""
        if not quiet.days:
            return self._hours(quiet.start, quiet.end)
        names: dict[tuple[int, int], list[str]] = {}
        for day in quiet.days:
            names.setdefault((day.start, day.end), []).append(self.say(f"weekday {day.weekday}"))
        parts = (
            self.say("quiet on", days=self.join(days), hours=self._hours(*hours))
            for hours, days in names.items()
        )
        return self.join(parts)

    def _hours(self, start: int, end: int) -> str:
        if end - start == DAY // 60:
            return self.say("quiet all day")
        return self.say("quiet from to", start=self.time(start), end=self.time(end))

    # --- events --------------------------------------------------------------------------------

    def event(self, kind: str) -> str:
        """`a follower taps the menu`."""
        if f"event {kind}" in PHRASES:
            return self.say(f"event {kind}")
        return self.say("a follower", text=self.say(f"does {kind}"))

    def received(self, body: event_types.EventBody) -> str:
        """`taps the menu: SHOP`, where it is said who does."""
        if isinstance(body, event_types.TextReceived) and body.menu_item is not None:
            return self.join([self.say("does tap"), body.text], "colon")
        detail = str(body.points) if isinstance(body, event_types.PointsChanged) else body.detail
        if body.amount is not None:
            detail = f"¥{body.amount / _FEN:.2f}"
        elif isinstance(body, event_types.OrderPaid | event_types.OrderReturned):
            detail = f"{body.currency} {body.total / _FEN:,.2f}"
        phrases = (phrase for phrase in (f"does {body.kind}", f"event {body.kind}") if phrase in PHRASES)
        return self.join([self.say(next(phrases, "other event"), name=body.kind), detail], "colon")

    def details(self, pattern: EventPattern) -> list[str]:
        """What narrows an event."""
        named = {"scene": pattern.scene, "key": pattern.key, "url": pattern.url}
        found = [self.say(phrase, text=text) for phrase, text in named.items() if text]
        if pattern.keywords:
            words = self.join([self.say("quoted", text=word) for word in pattern.keywords], "or")
            found.append(words)
        found += [pattern.name] if pattern.name else []
        if pattern.near is not None:
            latitude, longitude, metres = str(pattern.near).split(",")
            found.append(self.say("near", text=f"{latitude}, {longitude}", n=int(metres)))
        if pattern.at_least is not None:
            points = pattern.event == event_types.PointsChanged.kind
            text = str(pattern.at_least) if points else f"{pattern.at_least / _FEN:.2f}"
            found.append(self.say("points reached" if points else "amount", text=text))
        tests = (
            self.say("value test", name=one.name, text=self.wanted(one.wanted)) for one in pattern.properties
        )
        if pattern.properties:
            found.append(self.say("in brackets", text=self.join(tests)))
        return found

    def awaited(self, pattern: EventPattern) -> str:
        """An event that is waited for, with what narrows it."""
        return self.join([self.event(pattern.event), *self.details(pattern)], "colon")

    def trigger(self, trigger: Trigger) -> list[str]:
        """What narrows the event that starts a journey."""
        found = self.details(trigger)
        if trigger.offset:
            phrase = "before date" if trigger.offset < 0 else "after date"
            found.append(self.say(phrase, text=self.duration(abs(trigger.offset))))
        if trigger.recognise_first:
            found.append(self.say("recognise first"))
        if trigger.yearly:
            found.append(self.say("each year"))
        if trigger.event == event_types.ScheduleCame.kind and trigger.weekday is None:
            found.append(self.say("day"))
        if trigger.time is not None:
            found.append(self.say("at", text=self.time(trigger.time, trigger.weekday)))
        return found + ([] if trigger.when == Condition() else [self.condition(trigger.when)])

    # --- conditions ----------------------------------------------------------------------------

    def condition(self, condition: Condition) -> str:
        """What must hold."""
        parts = list(self._parts(condition))
        if condition.any:
            either = self.join([self.condition(alternative) for alternative in condition.any], "or")
            parts.append(self.say("either", text=either) if parts and len(condition.any) > 1 else either)
        return self.join(parts, "and") or self.say("always")

    def _parts(self, condition: Condition) -> Iterator[str]:
        named = {
            "tagged": condition.tags,
            "not tagged": condition.without_tags,
            "in segment": condition.segments,
            "offered": condition.offers,
            "date known": condition.dates,
            "date not known": condition.without_dates,
        }
        yield from (self.say(phrase, text=self.join(names)) for phrase, names in named.items() if names)
        for name in YES_OR_NO_FIELDS:
            wanted = getattr(condition, name)
            if wanted is not None:
                yield self.say(name if wanted else f"not {name}")
        if condition.source is not None:
            yield self.say("source", text=self.source(condition.source))
        if condition.stage is not None:
            yield self.say("in stage", text=self.say(f"stage {condition.stage}"))
        for test in condition.counters:
            text = self.wanted(NumberRange(test.least, test.most))
            yield self.say("counted", name=test.name, text=text, days=self.say("in days", n=test.days))
        for name in ("language", "scene", "tier"):
            if getattr(condition, name) is not None:
                yield self.say(name, text=getattr(condition, name))
        for phrase, bound in (("points from", condition.points_from), ("points to", condition.points_to)):
            if bound is not None:
                yield self.say(phrase, n=bound)
        for balance in condition.balances:
            text = self.wanted(NumberRange(balance.least, balance.most))
            yield self.say("value test", name=balance.name, text=text)
        for phrase, values in (("attribute", condition.attributes), ("answered", condition.answers)):
            yield from (
                self.say(phrase, name=name, text=wanted)
                if isinstance(wanted, str)
                else self.say("value test", name=name, text=self.wanted(wanted))
                for name, wanted in values.items()
            )
        yield from map(self._count, condition.events)
        if condition.none is not None:
            yield self.say("none of", text=self.condition(condition.none))

    def wanted(self, wanted: Wanted) -> str:
        """What is wanted of a value: `50 or more`."""
        match wanted:
            case str():
                return wanted
            case NumberRange():
                bounds = {"no less than": wanted.least, "no more than": wanted.most}
                found = (self.say(phrase, n=bound) for phrase, bound in bounds.items() if bound is not None)
                return self.join(found, "and")
            case IsKnown():
                return self.say("known" if wanted.known else "not known")
            case _:
                assert_never(wanted)

    def source(self, source: str) -> str:
        """`a QR code`: where a follower came from; what an author wrote otherwise."""
        return self.say(f"source {source}") if f"source {source}" in PHRASES else source

    def _count(self, count: EventCount) -> str:
        text = " ".join([self.event(count.pattern.event), *self.details(count.pattern)])
        if count.at_least > 1:
            text = self.say("happened often", text=text, n=count.at_least)
        return text if count.days is None else f"{text} {self.say('in days', n=count.days)}"

    # --- contents ------------------------------------------------------------------------------

    def answer(self, ask: step_types.Ask, answer: str) -> str:
        """An answer as the follower knows it: the menu's line, a word of this language, or its name."""
        if isinstance(ask.content, Menu):
            for item in ask.content.items:
                if item.id == answer:
                    return self.variant(item.text)
        chinese = (word for word in ask.choices.get(answer, ()) if _CHINESE.search(word))
        return next(chinese, answer) if self.language == "zh" else answer

    def data(self, data: Mapping[str, LocalizedText]) -> tuple[str, ...]:
        """The fields of a template."""
        return tuple(f"{name}: {self.variant(words)}" for name, words in data.items())


@dataclass(frozen=True)
class SpokenCondition:
    """A condition where a phrase is put into words."""

    condition: Condition

    def in_words(self, language: Language) -> str:
        return Wording(language).condition(self.condition)


@dataclass(frozen=True)
class SpokenDuration:
    """A time where a phrase is put into words: in English as files have it, `1d 12h`."""

    seconds: int

    def in_words(self, language: Language) -> str:
        return format_duration(self.seconds) if language == "en" else Wording(language).duration(self.seconds)


# --- the paths of a journey ---


def paths_in_words(journey: Journey, wording: Wording) -> dict[str, str]:
    """What leads to each case and share, by the place of its path: `{"1.case2": "is a member"}`."""
    found: dict[str, str] = {}
    for place, step in places_of(journey).items():
        if isinstance(step, step_types.Branch):
            words = [wording.condition(case.when) for case in step.cases]
        elif isinstance(step, step_types.Split):
            words = [wording.say("percent", n=share.percent) for share in step.shares]
        else:
            continue
        names = [word_of(name) for name, _ in paths_of(step)]
        found |= {f"{place}.{name}": text for name, text in zip(names, words, strict=False)}
    return found


# --- steps in one line ------------------------------------------------------------------------------

WIDEST = 40
"""Cells of a label: a Chinese character takes two."""


def label(step: step_types.Step, wording: Wording) -> str:
    """A step in some words of this language."""
    say = wording.say
    match step:
        case step_types.Send():
            text = first_line(step.content, wording)
        case step_types.Ask():
            text = say("question", text=step.name)
        case step_types.Notify():
            text = say("notify", text=step.staff)
        case step_types.HandOver():
            text = say("hand over", text=step.staff)
        case step_types.Wait():
            text = say("wait", text=wording.duration(step.seconds))
        case step_types.WaitUntil():
            text = say("until", text=wording.time(step.time, step.weekday))
        case step_types.WaitDate():
            text = say("wait date", text=step.date)
        case step_types.WaitEvent():
            text = say("wait event", text=wording.awaited(step.pattern))
        case step_types.Branch():
            text = say("branch")
        case step_types.Repeat():
            text = say(
                "repeat",
                every=wording.duration(step.every),
                n=step.times,
                text=wording.condition(step.until),
            )
        case step_types.Split():
            text = say("split", text=step.name)
        case step_types.Tag():
            text = " ".join(f"+{tag}" for tag in step.tags)
        case step_types.Untag():
            text = " ".join(f"-{tag}" for tag in step.tags)
        case step_types.Set():
            text = ", ".join(f"{name} = {value}" for name, value in step.values.items())
        case step_types.Agree() | step_types.Withdraw():
            text = say(step.kind, text=step.purpose)
        case step_types.Award():
            text = say("points added", n=step.points)
        case step_types.Give():
            text = say(step.what, text=step.name)
        case step_types.StartJourney() | step_types.EndJourney():
            phrase = "starts" if isinstance(step, step_types.StartJourney) else "ends"
            text = say(phrase, text=step.journey)
        case step_types.Stop():
            text = say("goal" if step.goal else "stop", text=wording.reason(step))
        case _:
            assert_never(step)
    return _cut(text)


def first_line(content: Content, wording: Wording) -> str:
    """The first line of a content."""
    text = next((wording.variant(words) for _, _, words in localized_texts_of(content, ())), "")
    return _cut(text.partition("\n")[0] or wording.say(content.kind))


def _cut(text: str) -> str:
    if cell_len(text) <= WIDEST:
        return text
    return f"{set_cell_size(text, WIDEST - 1).rstrip()}…"
