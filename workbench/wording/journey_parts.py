"""Parts of a journey put into words: durations, times, events, conditions, contents."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wejourney.journeys.definition import Condition, EventCount, EventPattern, Trigger
from wejourney.messaging.contents import LocalizedText, Menu, choose
from wejourney.messaging.merge_fields import replaced
from workbench.language.durations import in_units
from workbench.language.step_types import Ask
from workbench.wording.picture_phrases import PHRASES, Language, say

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FEN = 100


@dataclass(frozen=True)
class Wording:
    """The words of one language."""

    language: Language

    def say(self, phrase: str, **values: object) -> str:
        """A phrase."""
        return say(self.language, phrase, **values)

    def join(self, parts: Iterator[str] | tuple[str, ...] | list[str], by: str = "list") -> str:
        """Several things in a row; `by` is the phrase between them."""
        return self.say(by).join(parts)

    def variant(self, words: LocalizedText) -> str:
        """A text in this language; of a merge field its fallback, or its name where it has none."""
        text = choose(words, self.language, self.language)
        return replaced(text, lambda field: field.fallback or f"‹{field.name}›")

    # --- time ----------------------------------------------------------------------------------

    def duration(self, seconds: int) -> str:
        """`1 day 12 hours`."""
        return " ".join(self.say(unit, n=count) for unit, count in in_units(seconds).items())

    def time(self, minutes: int, weekday: int | None = None) -> str:
        """`Monday 09:00`."""
        clock = f"{minutes // 60:02}:{minutes % 60:02}"
        return clock if weekday is None else f"{self.say(f'weekday {weekday}')} {clock}"

    # --- events --------------------------------------------------------------------------------

    def event(self, pattern: EventPattern) -> str:
        """What happens."""
        return self.say(f"event {pattern.event}")

    def details(self, pattern: EventPattern) -> list[str]:
        """What narrows an event."""
        found = [self.say("scene", text=pattern.scene)] if pattern.scene else []
        if pattern.keywords:
            found.append(self.join([self.say("quoted", text=word) for word in pattern.keywords], "or"))
        found += [self.say("key", text=pattern.key)] if pattern.key else []
        found += [self.say("url", text=pattern.url)] if pattern.url else []
        found += [pattern.name] if pattern.name else []
        if pattern.at_least is not None:
            found.append(self._at_least(pattern.event, pattern.at_least))
        return found

    def awaited(self, pattern: EventPattern) -> str:
        """An event that is waited for, with what narrows it."""
        return self.join([self.event(pattern), *self.details(pattern)], "colon")

    def _at_least(self, event: str, number: int) -> str:
        if event == "points":
            return self.say("points reached", n=number)
        return self.say("amount", text=f"{number / _FEN:.2f}")

    def trigger(self, trigger: Trigger) -> list[str]:
        """What narrows the event that starts a journey."""
        found = self.details(trigger)
        if trigger.offset:
            phrase = "before date" if trigger.offset < 0 else "after date"
            found.append(self.say(phrase, text=self.duration(abs(trigger.offset))))
        if trigger.event == "schedule" and trigger.weekday is None:
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
        yield from self._of_profile(condition)
        for name, answer in condition.answers.items():
            yield self.say("answered", name=name, text=answer)
        for count in condition.events:
            yield self._count(count)
        if condition.none is not None:
            yield self.say("none of", text=self.condition(condition.none))

    def _of_profile(self, condition: Condition) -> Iterator[str]:
        named = {
            "tagged": condition.tags,
            "not tagged": condition.without_tags,
            "in segment": condition.segments,
            "date known": condition.dates,
        }
        yield from (self.say(phrase, text=self.join(names)) for phrase, names in named.items() if names)
        for name in ("customer", "member"):
            wanted = getattr(condition, name)
            if wanted is not None:
                yield self.say(name if wanted else f"not {name}")
        if condition.source is not None:
            known = f"source {condition.source}"
            text = self.say(known) if known in PHRASES else condition.source
            yield self.say("source", text=text)
        for name in ("language", "scene", "tier"):
            if getattr(condition, name) is not None:
                yield self.say(name, text=getattr(condition, name))
        for phrase, bound in (("points from", condition.points_from), ("points to", condition.points_to)):
            if bound is not None:
                yield self.say(phrase, n=bound)
        yield from (
            self.say("attribute", name=name, text=value) for name, value in condition.attributes.items()
        )

    def _count(self, count: EventCount) -> str:
        text = " ".join([self.event(count.pattern), *self.details(count.pattern)])
        if count.at_least > 1:
            text = self.say("happened often", text=text, n=count.at_least)
        return text if count.days is None else f"{text} {self.say('in days', n=count.days)}"

    # --- contents ------------------------------------------------------------------------------

    def answer(self, ask: Ask, answer: str) -> str:
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


def capitalised(text: str) -> str:
    """The beginning of a line."""
    return text[:1].upper() + text[1:]
