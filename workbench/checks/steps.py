"""What is wrong with a step on its own."""

from typing import assert_never

from wejourney.events.event_types import Followed
from wejourney.events.text_matching import meaning
from wejourney.messaging.channels import CHANNELS, CUSTOM
from wejourney.messaging.contents import Menu
from wejourney.messaging.merge_fields import OTHER, merge
from workbench.checks.conditions import check_date_name, check_known_name, check_pattern, check_tags
from workbench.checks.contents import (
    NOBODY,
    check_merge_fields,
    check_plain,
    check_reason,
    check_text,
    check_told,
)
from workbench.language import step_types
from workbench.language.mistakes import nearest, phrase, verbatim
from workbench.language.parse_values import FILE_NAME, LANGUAGES, STEP_NAME, form_expected, known_language
from workbench.language.questions import words_on
from workbench.language.source import Location, Source
from workbench.language.traversal import contents_in

_NAME_HINT = phrase("step name form")
_RESERVED = ("run", "ever")

_OTHER_NAME = phrase("use another name")
_NOT_NOTED = {
    "points": phrase("points not by set"),
    "tag": phrase("tags not by set"),
    "tags": phrase("tags not by set"),
    "segment": _OTHER_NAME,
    "source": _OTHER_NAME,
    "scene": _OTHER_NAME,
}
"""What else is known of a person, and how it comes about: an attribute of that name would be taken for it."""

MOST_RETRIES = 3
"""How often a question is asked again at most: whoever is not understood then needs a person."""

FEWEST_ROUNDS, MOST_ROUNDS = 2, 12
"""Of what is repeated: each round has states of its own."""

ALL = 100
"""Percent."""


def check_step(step: step_types.Step, source: Source, at: Location) -> None:
    match step:
        case step_types.Send():
            _check_send(step, source, at)
        case step_types.Ask():
            _check_ask(step, source, at)
        case step_types.Notify():
            check_told(step.staff, source, (*at, "staff"), most=1)
            for language, text in step.text.items():
                check_told(text, source, (*at, "text", language))
        case step_types.HandOver():
            check_told(step.staff, source, (*at, "staff"), most=1)
        case step_types.Stop():
            check_reason(step, source, (*at, "reason"))
        case step_types.WaitDate():
            check_date_name(step.date, source, (*at, "date"))
            _check_passed(step, source, at)
        case step_types.WaitEvent():
            check_pattern(step.pattern, source, (*at, "pattern"))
            if step.pattern.event == Followed.kind:
                message = phrase("follow during run")
                source.mistake((*at, "pattern", "event"), message, phrase("start with follow"))
        case step_types.Repeat():
            if not FEWEST_ROUNDS <= step.times <= MOST_ROUNDS:
                message = phrase("rounds out of range", fewest=FEWEST_ROUNDS, most=MOST_ROUNDS)
                source.mistake((*at, "times"), message, phrase("fewer rounds"))
        case step_types.Split():
            _check_split(step, source, at)
        case (
            step_types.Tag() | step_types.Untag() | step_types.Set() | step_types.Agree()
            | step_types.Withdraw() | step_types.Award() | step_types.Give() | step_types.StartJourney()
            | step_types.EndJourney()
        ):  # fmt: skip
            _check_change(step, source, at)
        case step_types.Wait() | step_types.WaitUntil() | step_types.Branch():
            pass
        case _:
            assert_never(step)


def _check_change(step: step_types.ChangeStep, source: Source, at: Location) -> None:
    match step:
        case step_types.Tag() | step_types.Untag():
            check_tags(step.tags, source, (*at, "tags"))
        case step_types.Set():
            _check_set(step, source, (*at, "values"))
        case step_types.Agree() | step_types.Withdraw():
            # Whether the purpose is declared, and who agrees, is looked at elsewhere.
            check_plain(step.purpose, source, (*at, "purpose"), step.kind)
        case step_types.Award():
            check_plain(step.reason, source, (*at, "reason"))
            if step.points <= 0:
                source.mistake((*at, "points"), phrase("award too small"), phrase("only awards"))
        case step_types.Give():
            check_plain(step.name, source, (*at, "name"), step.what)
        case step_types.StartJourney() | step_types.EndJourney():
            if not FILE_NAME.match(step.journey):
                hint = phrase("journey file name")
                source.mistake((*at, "journey"), phrase("invalid journey name", name=step.journey), hint)
        case _:
            assert_never(step)


def _check_passed(wait: step_types.WaitDate, source: Source, at: Location) -> None:
    if wait.yearly and wait.passed is not None:
        source.mistake((*at, "passed"), phrase("yearly has no passed"), phrase("remove passed or yearly"))
    elif not (wait.yearly or wait.otherwise or wait.passed is not None):
        source.mistake(at, phrase("passed missing", date=wait.date), phrase("passed hint"))


# --- messages ------------------------------------------------------------------------------------


def _check_send(send: step_types.Send, source: Source, at: Location) -> None:
    if send.name is not None:
        _check_name(send.name, "a message", source, (*at, "name"))
    for place, content in contents_in(send, at):
        channel = CHANNELS[content.kind]
        if send.purpose not in channel.purposes:
            message = phrase("purpose not allowed", purpose=send.purpose, kind=content.kind)
            hint = phrase("purpose hint", source=channel.source)
            source.mistake(place, message, hint)
    ladder = [send.content, *send.instead]
    for i, content in enumerate(ladder[1:], start=1):
        before, here = ladder[:i], (*at, "instead", i - 1)
        if CHANNELS[content.kind] is CUSTOM and any(CHANNELS[other.kind] is CUSTOM for other in before):
            source.mistake(here, phrase("instead same channel"), phrase("other channels"))
        elif content in before:
            source.mistake(here, phrase("channel tried"), phrase("remove or other content"))


def _check_ask(ask: step_types.Ask, source: Source, at: Location) -> None:
    _check_name(ask.name, "a question", source, (*at, "name"))
    if ask.content is not None and not CHANNELS[ask.content.kind].windowed:
        message = phrase("question outside chat", kind=ask.content.kind)
        source.mistake((*at, "content"), message, phrase("send then ask"))
    _check_parsing(ask, source, at)
    _check_choices(ask, source, (*at, "choices"))
    if isinstance(ask.content, Menu):
        _check_menu(ask, ask.content, source, (*at, "content", "items"))


def _check_parsing(ask: step_types.Ask, source: Source, at: Location) -> None:
    if ask.choices and (*at, "parse") in source:
        source.mistake((*at, "parse"), phrase("choices and parse"), phrase("remove parse"))
    for name in ("minimum", "maximum"):
        if getattr(ask, name) is not None and ask.parse != "number":
            source.mistake((*at, name), phrase("needs number", name=name), phrase("add parse number"))
    if ask.past and ask.parse != "date":
        source.mistake((*at, "past"), phrase("needs date"), phrase("add parse date"))
    if not 0 <= ask.retries <= MOST_RETRIES:
        source.mistake(
            (*at, "retry"), phrase("too many retries", most=MOST_RETRIES), phrase("remove or lower")
        )
    elif ask.retries and not ask.choices and ask.parse == "text":
        source.mistake((*at, "retry"), phrase("retry of any text"), phrase("remove retry"))
    is_unstated = ask.parse == "date" and (*at, "retry") not in source
    if ask.content is None and ask.again is None and (ask.retries or is_unstated):
        source.mistake(at, phrase("nothing to ask again", name=ask.name), phrase("retry hint"))
    if ask.minimum is not None and ask.maximum is not None and ask.minimum > ask.maximum:
        message = phrase("no number between", minimum=ask.minimum, maximum=ask.maximum)
        source.mistake(
            (*at, "maximum"), message, verbatim(f"`minimum: {ask.maximum}, maximum: {ask.minimum}`")
        )


def _check_choices(ask: step_types.Ask, source: Source, at: Location) -> None:
    meant: dict[str, str] = {}
    clash = False
    labels: dict[str, list[str]] = {}
    for key, label in words_on(ask.content) if isinstance(ask.content, Menu) else ():
        labels.setdefault(key, []).append(label)
    for choice, words in ask.choices.items():
        here = (*at, choice)
        if not STEP_NAME.match(choice):
            source.mistake_in_name(here, phrase("invalid choice name", name=choice), _NAME_HINT)
        for word in words:
            check_text(word, source, here)
        if choice == OTHER:
            message = phrase("reserved choice", name=OTHER)
            source.mistake_in_name(here, message, phrase("rename choice"))
        for word in {meaning(text) for text in (choice, *words, *labels.get(choice, ()))}:
            if meant.setdefault(word, choice) != choice:
                message = phrase("ambiguous word", word=word, other=meant[word], choice=choice)
                source.mistake_in_name(here, message, phrase("keep in one"))
                clash = True
    if not clash:
        _check_digits(ask, meant, source, at)


def _check_digits(ask: step_types.Ask, meant: dict[str, str], source: Source, at: Location) -> None:
    """Every question with choices can be answered with digits: by its own numbers, or by position."""
    numbered = {choice for word, choice in meant.items() if word.isdecimal()}
    unnumbered = [choice for choice in ask.choices if choice not in numbered]
    if numbered and unnumbered:
        message = phrase("choice without number", choice=unnumbered[0])
        position = list(ask.choices).index(unnumbered[0]) + 1
        free = str(position) if str(position) not in meant else phrase("a free one")
        hint = phrase("give a number", free=free)
        source.mistake_in_name((*at, unnumbered[0]), message, hint)


def _check_menu(ask: step_types.Ask, menu: Menu, source: Source, at: Location) -> None:
    if not ask.choices:
        message = phrase("menu without choices", name=ask.name)
        lines = ", ".join(f"{item.id}: {item.id}" for item in menu.items)
        source.mistake(at, message, phrase("choices example", lines=lines))
        return
    for i, item in enumerate(menu.items):
        if item.id not in ask.choices:
            message = phrase("not a choice", id=item.id, name=ask.name)
            source.mistake((*at, i), message, nearest(item.id, ask.choices))


# --- the others ----------------------------------------------------------------------------------


def _check_name(name: str, what: str, source: Source, at: Location) -> None:
    if not STEP_NAME.match(name):
        source.mistake(at, phrase("invalid name", name=name, what=what), _NAME_HINT)
    elif name in _RESERVED:
        source.mistake(at, phrase("reserved name", name=name), phrase("another name"))


def _check_split(split: step_types.Split, source: Source, at: Location) -> None:
    _check_name(split.name, "a split", source, (*at, "name"))
    for i, share in enumerate(split.shares):
        if not 0 < share.percent < ALL:
            message = phrase("share range")
            source.mistake((*at, "shares", i, "percent"), message, phrase("1 to 99"))
            return
    total = sum(share.percent for share in split.shares)
    if total != ALL:
        last = split.shares[-1].percent + ALL - total
        hint = phrase("set the last", last=last) if 0 < last < ALL else None
        source.mistake((*at, "shares"), phrase("shares total", total=total, all=ALL), hint)


def _check_set(step: step_types.Set, source: Source, at: Location) -> None:
    for name, value in step.values.items():
        here = (*at, name)
        check_known_name(name.removeprefix("date."), "a field", source, here)
        if name in _NOT_NOTED:
            source.mistake(here, phrase("set cannot change", name=name), _NOT_NOTED[name])
        if check_text(value, source, here):
            check_merge_fields(value, source, here, may_be_empty=True)
        # A fixed text, or the fallback: what would be noted of somebody of whom nothing is known.
        shown = merge(value, NOBODY)
        if shown.strip():
            _check_noted(name, shown, source, here)


def _check_noted(name: str, value: str, source: Source, at: Location) -> None:
    if name == "language" and known_language(value) is None:
        source.mistake(at, phrase("unknown language", language=value), nearest(value, LANGUAGES))
    elif (wanted := form_expected(name, value)) is not None:
        hint = phrase("write form or answer" if name.startswith("date.") else "write form", form=wanted)
        source.mistake(at, phrase("invalid value", value=value, name=name), hint)
