"""What is wrong with a journey that can be read: names that do not exist, texts that WeChat would refuse.

What comes before what is `wejourney.language.flow`; this is what each part says on its own.
"""

import re

from wejourney.domain.conditions import normalise
from wejourney.domain.events import CLICK, FOLLOW, SCAN, TEXT
from wejourney.domain.followers import SOURCES
from wejourney.domain.journeys import Ask, Award, Condition, Journey, Stop, Tag, Untag
from wejourney.domain.messages import ANY_LANGUAGE, BYTE_LIMITS, PASSIVE_KINDS, Content, Menu, News, Words
from wejourney.domain.routing import OTHER
from wejourney.language.durations import LONGEST_RUN, format_duration, longest_silence
from wejourney.language.flow import check_flow
from wejourney.language.mistakes import nearest
from wejourney.language.source import Location, Source
from wejourney.language.surface import LANGUAGES
from wejourney.language.walk import conditions_of, contents_of, steps_of, words_of

_TAG = re.compile(r"^\w[\w.:-]{0,29}$")
"""WeChat's own tags have at most 30 characters; the same here, so that a tag can be synchronised.

https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag
"""

_QUESTION = re.compile(r"^[a-z][a-z0-9_-]{0,29}$")
_URL = re.compile(r"^https?://[^\s/]+")
_IN_DEFINITIONS = {"{%": "JSONata", "%}": "JSONata", "${": "CloudFormation"}


def check_journey(journey: Journey, source: Source) -> None:
    """Add every mistake of this journey to its source."""
    _check_trigger(journey, source)
    _check_texts(journey, source)
    _check_languages(journey, source)
    for at, condition in conditions_of(journey):
        _check_condition(condition, source, at)
    for at, step in steps_of(journey):
        match step:
            case Ask():
                _check_question(step, source, at)
            case Tag() | Untag():
                _check_tags(step.tags, source, (*at, "tags"))
            case Award() if step.points <= 0:
                source.mistake((*at, "points"), "an award gives at least one point")
            case _:
                pass
    check_flow(journey, source)
    longest = longest_silence(journey.steps)
    if longest > LONGEST_RUN:
        message = f"a run may take {format_duration(longest)}"
        source.mistake(("steps",), message, f"at most {format_duration(LONGEST_RUN)}")


# --- the trigger and the opening -----------------------------------------------------------------


def _check_trigger(journey: Journey, source: Source) -> None:
    trigger, at = journey.trigger, ("trigger",)
    belongs = {"scene": (FOLLOW, SCAN), "keywords": (TEXT,), "key": (CLICK,)}
    for name, events in belongs.items():
        value = getattr(trigger, name)
        if value and trigger.event not in events:
            source.mistake((*at, name), f"`{name}` belongs to the event {' or '.join(events)}")
        if not value and trigger.event in events and name != "scene":
            source.mistake(at, f"`{name}` is missing: a {trigger.event} starts this journey when it fits")
    if trigger.when.answers:
        source.mistake((*at, "when", "answers"), "nothing is answered before the journey begins")
    if trigger.when.scene is not None:
        source.mistake((*at, "when", "scene"), "the scene of the event is a field of the trigger", "`scene`")
    if journey.opening is None:
        return
    if journey.opening.kind not in PASSIVE_KINDS:
        message = f"an opening is a passive reply, which cannot carry `{journey.opening.kind}`"
        source.mistake(("opening",), message, f"one of {', '.join(sorted(PASSIVE_KINDS))}")
    if trigger.when.source is not None:
        message = "WeChat tells the source of a follow only after the opening has left"
        source.mistake((*at, "when", "source"), message, "branch on `source`, or leave the opening out")


# --- texts ---------------------------------------------------------------------------------------


def _check_texts(journey: Journey, source: Source) -> None:
    for at, content in contents_of(journey):
        for place, field, words in words_of(content, at):
            for language, text in words.items():
                _check_text(text, BYTE_LIMITS.get((content.kind, field)), source, (*place, language))
        _check_plain_fields(content, source, at)
    for language, text in journey.title.items():
        _check_text(text, None, source, ("title", language))
    for at, step in steps_of(journey):
        if isinstance(step, Award | Stop):
            _check_text(step.reason, None, source, (*at, "reason"))


def _check_plain_fields(content: Content, source: Source, at: Location) -> None:
    for name in ("url", "picture", "page", "media_id", "app_id"):
        value = getattr(content, name, None)
        if value is not None:
            _check_text(value, BYTE_LIMITS.get((content.kind, name)), source, (*at, name))
            if isinstance(content, News) and not _URL.match(value):
                source.mistake((*at, name), f"`{name}` is an address that begins with https://")


def _check_text(text: str, limit: int | None, source: Source, at: Location) -> None:
    if not text.strip():
        source.mistake(at, "a text is empty")
    size = len(text.encode())
    if limit is not None and size > limit:
        source.mistake(at, f"{size} bytes where WeChat takes {limit}", "a Chinese character is 3 bytes")
    mark = next((mark for mark in _IN_DEFINITIONS if mark in text), None)
    if mark is not None:
        source.mistake(at, f"`{mark}` cannot be in a text: {_IN_DEFINITIONS[mark]} would read it")


def _check_languages(journey: Journey, source: Source) -> None:
    """One text in Chinese and English means that all are: a follower never gets half of a journey."""
    texts: list[tuple[Location, Words]] = [(("title",), journey.title)]
    for at, content in contents_of(journey):
        texts += [(place, words) for place, _, words in words_of(content, at)]
    spoken = {language for _, words in texts for language in words} - {ANY_LANGUAGE}
    for place, words in texts:
        missing = sorted(spoken - set(words))
        if missing and ANY_LANGUAGE not in words:
            message = f"there is no {' and no '.join(missing)} of this text, but of others in this journey"
            source.mistake(place, message, f"add it, or `{ANY_LANGUAGE}`")


# --- names ---------------------------------------------------------------------------------------


def _check_condition(condition: Condition, source: Source, at: Location) -> None:
    _check_tags(condition.tags, source, (*at, "tags"))
    _check_tags(condition.without_tags, source, (*at, "without_tags"))
    if condition.language is not None and condition.language not in LANGUAGES:
        message = f"`{condition.language}` is no language of WeChat"
        source.mistake((*at, "language"), message, nearest(condition.language, LANGUAGES))
    known = condition.source in SOURCES.values()
    # What WeChat adds after this version is kept as it comes: a name in WeChat's own form may be new.
    new = str(condition.source).startswith("ADD_SCENE_") and condition.source not in SOURCES
    if condition.source is not None and not known and not new:
        known_as = SOURCES.get(condition.source)
        hint = f"write `{known_as}`" if known_as else nearest(condition.source, SOURCES.values())
        source.mistake((*at, "source"), f"`{condition.source}` is no source of a follow", hint)
    for name, answer in condition.answers.items():
        _check_text(answer, None, source, (*at, "answers", name))
    if condition.scene is not None:
        _check_text(condition.scene, None, source, (*at, "scene"))


def _check_tags(tags: tuple[str, ...], source: Source, at: Location) -> None:
    for i, tag in enumerate(tags):
        if not _TAG.match(tag):
            hint = "at most 30 letters or digits, and . : - _ between them"
            source.mistake((*at, i), f"`{tag}` cannot be a tag", hint)


def _check_question(ask: Ask, source: Source, at: Location) -> None:
    if not _QUESTION.match(ask.name):
        hint = "at most 30 small letters, digits, - and _, a letter first"
        source.mistake((*at, "name"), f"`{ask.name}` cannot be the name of a question", hint)
    meant: dict[str, str] = {}
    for choice, words in ask.choices.items():
        if not _QUESTION.match(choice):
            hint = "at most 30 small letters, digits, - and _, a letter first"
            source.mistake_in_name(
                (*at, "choices", choice), f"`{choice}` cannot be the name of a choice", hint
            )
        for word in words:
            _check_text(word, None, source, (*at, "choices", choice))
        if choice == OTHER:
            message = f"`{OTHER}` is the answer that is none of the choices"
            source.mistake_in_name((*at, "choices", choice), message)
        for word in {normalise(one) for one in (choice, *words)}:
            if word in meant:
                message = f"`{word}` means both `{meant[word]}` and `{choice}`"
                source.mistake_in_name((*at, "choices", choice), message)
            meant[word] = choice
    if isinstance(ask.content, Menu):
        _check_menu(ask, ask.content, source, (*at, "content", "items"))


def _check_menu(ask: Ask, menu: Menu, source: Source, at: Location) -> None:
    for i, item in enumerate(menu.items):
        if item.id not in ask.choices:
            message = f"`{item.id}` is none of the choices of `{ask.name}`"
            source.mistake((*at, i), message, nearest(item.id, ask.choices))
