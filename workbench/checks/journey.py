"""All checks of one journey that can be read, and the rules for its trigger, opening, goal and exits."""

from collections.abc import Mapping

from wejourney.events import event_types
from wejourney.events.event_types import Source as ToldBy
from wejourney.journeys.definition import Condition
from wejourney.languages import ANY_LANGUAGE
from wejourney.messaging.contents import PASSIVE_KINDS, LocalizedText
from wejourney.people.codes import is_set_by_codes
from workbench.checks.agreements import check_agreements
from workbench.checks.bookings import check_booking_time
from workbench.checks.branches import check_reachability
from workbench.checks.conditions import check_condition, check_known_name, check_pattern
from workbench.checks.contents import check_content, check_plain, check_reason
from workbench.checks.flow import check_flow
from workbench.checks.steps import check_step
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.time_limits import LONGEST_EXECUTION, time_limit
from workbench.language.durations import DAY, LONGEST_RUN, longest_silence
from workbench.language.journey import Journey
from workbench.language.mistakes import nearest, phrase, verbatim
from workbench.language.quiet_spans import WEEK, longest_quiet
from workbench.language.source import Location, Source
from workbench.language.traversal import (
    conditions_in,
    conditions_of,
    contents_of,
    endings_of,
    localized_texts_of,
    steps_of,
)
from workbench.wording.journey_parts import SpokenDuration

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

_TOLD_LATER = {"source": phrase("a follow's"), "language": phrase("a follower's")}
"""The words of a condition that no follow carries, and whose they are: the profile has them later."""

_COUNTED = {"at_least": "times", "days": "days", "scope": "scope"}
"""The fields of a count of events, and how they are written."""

_MOST_HELD_OUT = 50

MOST_STEPS = 500
"""Of a journey: it compiles to about the largest machine that Step Functions accepts."""


def _check_time_limit(journey: Journey, source: Source) -> None:
    """What the engine may have to do takes no longer than it lets an execution live."""
    definition = compile_journey(journey, journey.name)
    if definition["TimeoutSeconds"] < LONGEST_EXECUTION:
        return
    limit = time_limit(definition)
    if limit > LONGEST_EXECUTION:
        message = phrase("run too long with retries", duration=SpokenDuration(limit - limit % DAY))
        source.mistake(("steps",), message, phrase("shorter run", duration=SpokenDuration(LONGEST_EXECUTION)))


def check_journey(journey: Journey, source: Source) -> None:
    number = sum(1 for _ in steps_of(journey))
    if number > MOST_STEPS:
        source.mistake(("steps",), phrase("many steps", n=number, most=MOST_STEPS), phrase("start another"))
        return
    _check_trigger(journey, source)
    _check_opening(journey, source)
    _check_course(journey, source)
    for language, text in journey.title.items():
        check_plain(text, source, ("title", language), "title")
    for at, content in contents_of(journey):
        if not source.is_inlined(at):
            check_content(content, source, at)
    _check_languages(journey, source)
    for at, condition in conditions_of(journey):
        check_condition(condition, source, at)
    for at, step in steps_of(journey):
        check_step(step, source, at)
    check_booking_time(journey, source)
    check_flow(journey, source)
    check_agreements(journey, source)
    longest = longest_silence(journey.steps, journey.quiet)
    if longest > LONGEST_RUN:
        message = phrase("run too long", duration=SpokenDuration(longest))
        source.mistake(("steps",), message, phrase("at most", duration=SpokenDuration(LONGEST_RUN)))
    if not source.mistakes:
        check_reachability(journey, source)
        _check_time_limit(journey, source)


# --- the trigger and the opening -----------------------------------------------------------------


def _check_trigger(journey: Journey, source: Source) -> None:
    trigger, at = journey.trigger, ("trigger",)
    check_pattern(trigger, source, at)
    if trigger.event == event_types.DateCame.kind and trigger.name is not None:
        check_known_name(trigger.name, "a date", source, (*at, "name"))
    has_scene = trigger.event in (event_types.Followed.kind, event_types.Scanned.kind)
    for place, condition in conditions_in(trigger.when, (*at, "when")):
        if condition.answers:
            hint = phrase("answer in branch")
            source.mistake((*place, "answers"), phrase("answer in trigger"), hint)
        if condition.offers:
            hint = phrase("offer in branch")
            source.mistake((*place, "offers", 0), phrase("offer outside branch"), hint)
        if condition.events:
            message = phrase("events in trigger")
            hint = phrase("events in branch")
            source.mistake((*place, "events", 0), message, hint)
        if condition.scene is not None and has_scene:
            message = phrase("scene in trigger")
            source.mistake((*place, "scene"), message, verbatim("`scene`"))


def _check_opening(journey: Journey, source: Source) -> None:
    trigger, opening = journey.trigger, journey.opening
    if opening is None:
        return
    if opening.kind not in PASSIVE_KINDS:
        message = phrase("opening kind", kind=opening.kind)
        source.mistake(("opening",), message, phrase("one of", names=tuple(sorted(PASSIVE_KINDS))))
    if trigger.event not in _ANSWERED:
        message = phrase("opening trigger", event=trigger.event)
        source.mistake(("opening",), message, phrase("send first"))
    conditions = ((("trigger", "when"), trigger.when), *endings_of(journey))
    for at, condition in conditions:
        if trigger.event == event_types.Followed.kind:
            _check_known_at_follow(condition, source, at)
        if trigger.event in (event_types.Followed.kind, event_types.Scanned.kind):
            _check_known_without_code(condition, source, at)


def _check_known_at_follow(when: Condition, source: Source, at: Location) -> None:
    for place, condition in conditions_in(when, at):
        for name, whose in _TOLD_LATER.items():
            if getattr(condition, name) is not None:
                message = phrase("reported later", name=name, whose=whose)
                source.mistake((*place, name), message, phrase("use in branch", name=name))


def _check_known_without_code(when: Condition, source: Source, at: Location) -> None:
    """The opening is chosen before the code is looked up: what is known then is of the code before it."""
    for place, condition in conditions_in(when, at):
        for name in filter(is_set_by_codes, condition.attributes):
            message = phrase("looked up later", name=name)
            source.mistake((*place, "attributes", name), message, phrase("scene or branch", name=name))


# --- the course of the journey -------------------------------------------------------------------


def _check_course(journey: Journey, source: Source) -> None:
    """The rules for re-entry, quiet hours, the holdout, the goal and the exits."""
    again, event = journey.again, journey.trigger.event
    if again.mode == "per":
        if again.key not in PER:
            source.mistake(("again", "key"), phrase("invalid per", key=again.key), nearest(again.key, PER))
        elif event not in PER[again.key]:
            message = phrase("event lacks key", event=event, key=again.key)
            source.mistake(("again", "key"), message, phrase("use with", names=tuple(PER[again.key])))
    quiet = journey.quiet
    if quiet is not None and (
        longest_quiet(quiet) in (0, WEEK) or any(day.start == day.end for day in quiet.days)
    ):
        source.mistake(("quiet",), phrase("endless quiet hours"), phrase("two times"))
    if not 0 <= journey.holdout <= _MOST_HELD_OUT:
        hint = phrase("holdout hint")
        source.mistake(("holdout",), phrase("holdout range"), hint)
    if journey.goal is None and ("goal_within",) in source:
        source.mistake(("goal_within",), phrase("goal_within without goal"), phrase("add a goal"))
    for at, condition in endings_of(journey):
        _check_ending(condition, source, at)
    for i, ending in enumerate(journey.exits):
        check_reason(ending, source, ("exits", i, "reason"))


def _check_ending(condition: Condition, source: Source, at: Location) -> None:
    """A goal or an exit is evaluated when an event happens: its event is the present one."""
    for place, part in conditions_in(condition, at):
        if part.answers:
            message = phrase("answers in ending")
            source.mistake((*place, "answers"), message, phrase("goal and stop"))
        if part.offers:
            hint = phrase("offer in branch")
            source.mistake((*place, "offers", 0), phrase("offer outside branch"), hint)
        if len(part.events) > 1:
            hint = phrase("one event each")
            source.mistake((*place, "events", 1), phrase("one event at a time"), hint)
        for i in range(len(part.events)):
            for field, written in _COUNTED.items():
                if (*place, "events", i, field) in source:
                    message = phrase("no effect here", written=written)
                    source.mistake((*place, "events", i, field), message, phrase("remove it"))
        if part.none is not None and any(inner.events for _, inner in conditions_in(part.none, ())):
            message = phrase("ends on other events")
            source.mistake((*place, "none"), message, phrase("name the event"))


# --- languages -----------------------------------------------------------------------------------


def _check_languages(journey: Journey, source: Source) -> None:
    """If one text is in Chinese and English, all are: no follower gets half of a journey.

    A condition on a language means that of the texts that a person gets, so there must be such texts.
    """
    texts: list[tuple[Location, LocalizedText]] = [(("title",), journey.title)]
    for at, content in contents_of(journey):
        texts += [(place, words) for place, _, words in localized_texts_of(content, at)]
    spoken = {language for _, words in texts for language in words} - {ANY_LANGUAGE}
    for place, words in texts:
        missing = sorted(spoken - set(words))
        if missing and ANY_LANGUAGE not in words:
            languages = tuple(f"`{language}`" for language in missing)
            message = phrase("language missing", languages=languages)
            source.mistake(place, message, phrase("add language", any=ANY_LANGUAGE))
    for at, condition in conditions_of(journey):
        if condition.language is not None and condition.language not in condition.among:
            message = phrase("nobody reads", name=condition.language)
            source.mistake((*at, "language"), message, phrase("texts are in", names=condition.among))
