"""What is wrong with a step on its own."""

from typing import assert_never

from wejourney.events.event_types import Followed
from wejourney.events.text_matching import normalise
from wejourney.messaging.channels import CHANNELS, CUSTOM
from wejourney.messaging.contents import Menu
from wejourney.messaging.merge_fields import OTHER, merge
from wejourney.people.profile_fields import expected
from workbench.checks.conditions import check_known_name, check_pattern, check_tags
from workbench.checks.contents import NOBODY, check_merge_fields, check_text, check_variants
from workbench.language import step_types
from workbench.language.mistakes import nearest
from workbench.language.parse_values import FILE_NAME, LANGUAGES, STEP_NAME
from workbench.language.questions import words_on
from workbench.language.source import Location, Source
from workbench.language.traversal import contents_in

_NAME_HINT = "at most 30 small letters, digits, - and _, a letter first"
_RESERVED = ("run", "ever")

_OTHER_NAME = "use another name"
_NOT_NOTED = {
    "points": "use `award` for points",
    "tag": "use the step `tag` for tags",
    "tags": "use the step `tag` for tags",
    "segment": _OTHER_NAME,
    "source": _OTHER_NAME,
    "scene": _OTHER_NAME,
}
"""What else is known of a person, and how it comes about: an attribute of that name would be taken for it."""

ALL = 100
"""Percent."""


def check_step(step: step_types.Step, source: Source, at: Location) -> None:
    for name in ("staff", "reason"):
        if hasattr(step, name):
            check_text(getattr(step, name), source, (*at, name))
    match step:
        case step_types.Send():
            _check_send(step, source, at)
        case step_types.Ask():
            _check_ask(step, source, at)
        case step_types.Notify():
            check_variants(step.text, source, (*at, "text"))
        case step_types.WaitDate():
            check_known_name(step.date, "a date", source, (*at, "date"))
        case step_types.WaitEvent():
            check_pattern(step.pattern, source, (*at, "pattern"))
            if step.pattern.event == Followed.kind:
                message = "a follow cannot happen during a run: unfollowing ends it"
                source.mistake((*at, "pattern", "event"), message, "start a journey with `event: follow`")
        case step_types.Split():
            _check_split(step, source, at)
        case step_types.Tag() | step_types.Untag():
            check_tags(step.tags, source, (*at, "tags"))
        case step_types.Set():
            _check_set(step, source, (*at, "values"))
        case step_types.Award():
            if step.points <= 0:
                source.mistake((*at, "points"), "an award must be at least 1 point", "remove it")
        case step_types.Give():
            check_text(step.name, source, (*at, "name"))
        case step_types.StartJourney() | step_types.EndJourney():
            if not FILE_NAME.match(step.journey):
                hint = "give the name of the journey's file, without .yaml"
                source.mistake((*at, "journey"), f"`{step.journey}` is not a valid journey name", hint)
        case (
            step_types.HandOver()
            | step_types.Wait()
            | step_types.WaitUntil()
            | step_types.Branch()
            | step_types.Stop()
        ):
            pass
        case _:
            assert_never(step)


# --- messages ------------------------------------------------------------------------------------


def _check_send(send: step_types.Send, source: Source, at: Location) -> None:
    if send.name is not None:
        _check_name(send.name, "message", source, (*at, "name"))
    for place, content in contents_in(send, at):
        channel = CHANNELS[content.kind]
        if send.purpose not in channel.purposes:
            message = f"WeChat does not allow {send.purpose} as `{content.kind}`"
            hint = f"`purpose: service` if it is about what they did, or another channel; {channel.source}"
            source.mistake(place, message, hint)
    ladder = [send.content, *send.instead]
    for i, content in enumerate(ladder[1:], start=1):
        before, here = ladder[:i], (*at, "instead", i - 1)
        if CHANNELS[content.kind] is CUSTOM and any(CHANNELS[other.kind] is CUSTOM for other in before):
            source.mistake(here, "`instead` needs another channel", "template, notice or mass")
        elif content in before:
            source.mistake(here, "this channel is already tried before", "remove it, or use another content")


def _check_ask(ask: step_types.Ask, source: Source, at: Location) -> None:
    _check_name(ask.name, "question", source, (*at, "name"))
    if ask.content is not None and not CHANNELS[ask.content.kind].windowed:
        message = f"`{ask.content.kind}` cannot carry a question: questions are asked in the chat"
        source.mistake((*at, "content"), message, "`send` it first, then `ask` without a content")
    _check_parsing(ask, source, at)
    _check_choices(ask, source, (*at, "choices"))
    if isinstance(ask.content, Menu):
        _check_menu(ask, ask.content, source, (*at, "content", "items"))


def _check_parsing(ask: step_types.Ask, source: Source, at: Location) -> None:
    if ask.choices and (*at, "parse") in source:
        source.mistake((*at, "parse"), "`choices` already define the answers", "remove `parse`")
    for name in ("minimum", "maximum"):
        if getattr(ask, name) is not None and ask.parse != "number":
            source.mistake((*at, name), f"`{name}` needs a number", "add `parse: number`")
    if ask.minimum is not None and ask.maximum is not None and ask.minimum > ask.maximum:
        message = f"no number is between {ask.minimum} and {ask.maximum}"
        source.mistake((*at, "maximum"), message, f"`minimum: {ask.maximum}, maximum: {ask.minimum}`")


def _check_choices(ask: step_types.Ask, source: Source, at: Location) -> None:
    meant: dict[str, str] = {}
    clash = False
    labels: dict[str, list[str]] = {}
    for key, label in words_on(ask.content) if isinstance(ask.content, Menu) else ():
        labels.setdefault(key, []).append(label)
    for choice, words in ask.choices.items():
        here = (*at, choice)
        if not STEP_NAME.match(choice):
            source.mistake_in_name(here, f"`{choice}` is not a valid name of a choice", _NAME_HINT)
        for word in words:
            check_text(word, source, here)
        if choice == OTHER:
            message = f"`{OTHER}` is reserved for an answer that matches no choice"
            source.mistake_in_name(here, message, "rename the choice, or remove it")
        for word in {normalise(text) for text in (choice, *words, *labels.get(choice, ()))}:
            if meant.setdefault(word, choice) != choice:
                message = f"`{word}` means both `{meant[word]}` and `{choice}`"
                source.mistake_in_name(here, message, "keep it in one of them")
                clash = True
    if not clash:
        _check_digits(ask, meant, source, at)


def _check_digits(ask: step_types.Ask, meant: dict[str, str], source: Source, at: Location) -> None:
    """Every question with choices can be answered with digits: by its own numbers, or by position."""
    numbered = {choice for word, choice in meant.items() if word.isdecimal()}
    unnumbered = [choice for choice in ask.choices if choice not in numbered]
    if numbered and unnumbered:
        message = f"`{unnumbered[0]}` has no number, but other choices do"
        position = list(ask.choices).index(unnumbered[0]) + 1
        free = str(position) if str(position) not in meant else "a free one"
        hint = f"give it a number such as {free}, or remove the numbers of all"
        source.mistake_in_name((*at, unnumbered[0]), message, hint)


def _check_menu(ask: step_types.Ask, menu: Menu, source: Source, at: Location) -> None:
    if not ask.choices:
        message = f"`{ask.name}` has no `choices`, so a tapped item has no meaning"
        lines = ", ".join(f"{item.id}: {item.id}" for item in menu.items)
        source.mistake(at, message, f"`choices: {{{lines}}}`, each with its words")
        return
    for i, item in enumerate(menu.items):
        if item.id not in ask.choices:
            message = f"`{item.id}` is not a choice of `{ask.name}`"
            source.mistake((*at, i), message, nearest(item.id, ask.choices))


# --- the others ----------------------------------------------------------------------------------


def _check_name(name: str, what: str, source: Source, at: Location) -> None:
    if not STEP_NAME.match(name):
        source.mistake(at, f"`{name}` is not a valid name of a {what}", _NAME_HINT)
    elif name in _RESERVED:
        source.mistake(at, f"`{name}` is not a valid name: it is a reserved `scope`", "another name")


def _check_split(split: step_types.Split, source: Source, at: Location) -> None:
    _check_name(split.name, "split", source, (*at, "name"))
    for i, share in enumerate(split.shares):
        if not 0 < share.percent < ALL:
            message = "a share must be between 1 and 99 percent"
            source.mistake((*at, "shares", i, "percent"), message, "from 1 to 99")
            return
    total = sum(share.percent for share in split.shares)
    if total != ALL:
        last = split.shares[-1].percent + ALL - total
        hint = f"set the last one to {last}" if 0 < last < ALL else ""
        source.mistake((*at, "shares"), f"the shares add up to {total} percent, not {ALL}", hint)


def _check_set(step: step_types.Set, source: Source, at: Location) -> None:
    for name, value in step.values.items():
        here = (*at, name)
        check_known_name(name.removeprefix("date."), "a field", source, here)
        if name in _NOT_NOTED:
            source.mistake(here, f"`set` cannot change `{name}`", _NOT_NOTED[name])
        if check_text(value, source, here):
            check_merge_fields(value, source, here, may_be_empty=True)
        # A fixed text, or the fallback: what would be noted of somebody of whom nothing is known.
        shown = merge(value, NOBODY)
        if shown.strip():
            _check_noted(name, shown, source, here)


def _check_noted(name: str, value: str, source: Source, at: Location) -> None:
    if name == "language" and value not in LANGUAGES:
        source.mistake(at, f"`{value}` is not a language code of WeChat", nearest(value, LANGUAGES))
    elif (wanted := expected(name, value)) is not None:
        more = ', or use an answer: "{answer.day|}"' if name.startswith("date.") else ""
        source.mistake(at, f"`{value}` is not a valid `{name}`", f"write {wanted}{more}")
