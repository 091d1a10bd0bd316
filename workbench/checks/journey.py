"""All checks of one journey that can be read, and the rules for its trigger, opening, goal and exits."""

from collections.abc import Mapping

from wejourney.events import event_types
from wejourney.events.event_types import Source as ToldBy
from wejourney.journeys.definition import Condition
from wejourney.messaging.contents import ANY_LANGUAGE, PASSIVE_KINDS, LocalizedText
from workbench.checks.branches import check_reachability
from workbench.checks.conditions import check_condition, check_known_name, check_pattern
from workbench.checks.contents import check_content, check_text
from workbench.checks.flow import check_flow
from workbench.checks.steps import check_step
from workbench.language.durations import LONGEST_RUN, format_duration, longest_silence
from workbench.language.journey import Journey
from workbench.language.mistakes import nearest
from workbench.language.source import Location, Source
from workbench.language.traversal import (
    conditions_in,
    conditions_of,
    contents_of,
    endings_of,
    localized_texts_of,
    steps_of,
)

_ANSWERED = frozenset(
    name
    for name, type_ in event_types.EVENT_TYPES.items()
    if type_.source is ToldBy.ACT and type_.opens is not None
)
"""What WeChat takes a passive reply to.

https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
"""

PER: Mapping[str, tuple[str, ...]] = {
    key: tuple(name for name in event_types.NARROWING_FIELDS if key in event_types.EVENT_TYPES[name].fields)
    for key in event_types.REENTRY_KEYS
}
"""What a journey can be taken once per, and the events that carry it."""

_TOLD_LATER = {"source": "follow", "language": "follower"}
"""The words of a condition that no follow carries, and whose they are: the profile has them later."""

_COUNTED = {"at_least": "times", "days": "days", "scope": "scope"}
"""The fields of a count of events, and how they are written."""

_MOST_HELD_OUT = 50


def check_journey(journey: Journey, source: Source) -> None:
    _check_trigger(journey, source)
    _check_opening(journey, source)
    _check_course(journey, source)
    for language, text in journey.title.items():
        check_text(text, source, ("title", language))
    for at, content in contents_of(journey):
        if not source.is_inlined(at):
            check_content(content, source, at)
    _check_languages(journey, source)
    for at, condition in conditions_of(journey):
        check_condition(condition, source, at)
    for at, step in steps_of(journey):
        check_step(step, source, at)
    check_flow(journey, source)
    longest = longest_silence(journey.steps, journey.quiet)
    if longest > LONGEST_RUN:
        message = f"a run can take {format_duration(longest)}"
        source.mistake(("steps",), message, f"at most {format_duration(LONGEST_RUN)}")
    if not source.mistakes:
        check_reachability(journey, source)


# --- the trigger and the opening -----------------------------------------------------------------


def _check_trigger(journey: Journey, source: Source) -> None:
    trigger, at = journey.trigger, ("trigger",)
    check_pattern(trigger, source, at)
    if trigger.event == event_types.DateCame.kind and trigger.name is not None:
        check_known_name(trigger.name, "a date", source, (*at, "name"))
    has_scene = trigger.event in (event_types.Followed.kind, event_types.Scanned.kind)
    for place, condition in conditions_in(trigger.when, (*at, "when")):
        if condition.answers:
            hint = "use the answer in a `branch`, as the first step"
            source.mistake((*place, "answers"), "no question is answered before the journey starts", hint)
        if condition.events:
            message = "a trigger's condition can use the profile, not events"
            hint = "count events in a `branch`, as the first step"
            source.mistake((*place, "events", 0), message, hint)
        if condition.scene is not None and has_scene:
            message = "the event's scene is a field of the trigger itself"
            source.mistake((*place, "scene"), message, "`scene`")


def _check_opening(journey: Journey, source: Source) -> None:
    trigger, opening = journey.trigger, journey.opening
    if opening is None:
        return
    if opening.kind not in PASSIVE_KINDS:
        message = f"an opening is a passive reply, which cannot be a `{opening.kind}`"
        source.mistake(("opening",), message, f"one of {', '.join(sorted(PASSIVE_KINDS))}")
    if trigger.event not in _ANSWERED:
        message = f"an opening needs a trigger in the chat; `{trigger.event}` is not one"
        source.mistake(("opening",), message, "make it a `send` as the first step")
    if trigger.event == event_types.Followed.kind:
        _check_known_at_follow(trigger.when, source, ("trigger", "when"))
        for at, ending in endings_of(journey):
            _check_known_at_follow(ending, source, at)


def _check_known_at_follow(when: Condition, source: Source, at: Location) -> None:
    for place, condition in conditions_in(when, at):
        for name, whose in _TOLD_LATER.items():
            if getattr(condition, name) is not None:
                message = f"WeChat reports the {name} of a {whose} only after the opening is sent"
                source.mistake((*place, name), message, f"use `{name}` in a `branch`, or remove the opening")


# --- the course of the journey -------------------------------------------------------------------


def _check_course(journey: Journey, source: Source) -> None:
    """The rules for re-entry, quiet hours, the holdout, the goal and the exits."""
    again, event = journey.again, journey.trigger.event
    if again.mode == "per":
        if again.key not in PER:
            source.mistake(("again", "key"), f"`{again.key}` is not a valid `per`", nearest(again.key, PER))
        elif event not in PER[again.key]:
            message = f"the event {event} has no {again.key}"
            source.mistake(("again", "key"), message, f"use it with {', '.join(PER[again.key])}")
    if journey.quiet is not None and journey.quiet.start == journey.quiet.end:
        source.mistake(("quiet",), "the quiet hours never end", "give two different times of day")
    if not 0 <= journey.holdout <= _MOST_HELD_OUT:
        hint = "a larger holdout leaves too few followers in the journey"
        source.mistake(("holdout",), "`holdout` must be between 0 and 50 percent", hint)
    for at, condition in endings_of(journey):
        _check_ending(condition, source, at)
    for i, ending in enumerate(journey.exits):
        check_text(ending.reason, source, ("exits", i, "reason"))


def _check_ending(condition: Condition, source: Source, at: Location) -> None:
    """A goal or an exit is evaluated when an event happens: its event is the present one."""
    for place, part in conditions_in(condition, at):
        if part.answers:
            message = "a goal or exit can use the profile and events, not answers"
            source.mistake((*place, "answers"), message, "use the steps `goal` and `stop` in a branch")
        if len(part.events) > 1:
            hint = "use `any` with one event in each condition"
            source.mistake((*place, "events", 1), "only one event can happen at a time", hint)
        for i in range(len(part.events)):
            for field, written in _COUNTED.items():
                if (*place, "events", i, field) in source:
                    message = f"`{written}` has no effect here: the current event ends the run"
                    source.mistake((*place, "events", i, field), message, "remove it")
        if part.none is not None and any(inner.events for _, inner in conditions_in(part.none, ())):
            message = "this condition would end the run on every other event"
            source.mistake((*place, "none"), message, "name the event that ends it")


# --- languages -----------------------------------------------------------------------------------


def _check_languages(journey: Journey, source: Source) -> None:
    """If one text is in Chinese and English, all are: no follower gets half of a journey."""
    texts: list[tuple[Location, LocalizedText]] = [(("title",), journey.title)]
    for at, content in contents_of(journey):
        texts += [(place, words) for place, _, words in localized_texts_of(content, at)]
    spoken = {language for _, words in texts for language in words} - {ANY_LANGUAGE}
    for place, words in texts:
        missing = sorted(spoken - set(words))
        if missing and ANY_LANGUAGE not in words:
            languages = " and no ".join(f"`{language}`" for language in missing)
            message = f"this text has no {languages}, but other texts of this journey do"
            source.mistake(place, message, f"add it, or `{ANY_LANGUAGE}` for all languages")
