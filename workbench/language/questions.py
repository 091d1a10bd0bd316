"""What a question takes for an answer, with the menus that it can be tapped in."""

from collections.abc import Iterable, Iterator, Mapping

from wejourney.events.text_matching import keyword
from wejourney.journeys.answers import Question, numeral_of
from wejourney.messaging.contents import Menu, menu_number
from wejourney.messaging.merge_fields import fields_of
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Send
from workbench.language.traversal import contents_in, steps_of


def question_of(ask: Ask, shown: Iterable[Menu]) -> Question:
    """The question of a step. Without a menu of its own it is about those that were `shown` before."""
    menus = (ask.content,) if isinstance(ask.content, Menu) else shown
    asking = [menu for menu in menus if any(item.id in ask.choices for item in menu.items)]
    lines = {number_of(menu): tuple(item.id for item in menu.items) for menu in asking}
    return Question(_labelled(ask.choices, asking), ask.parse, ask.minimum, ask.maximum, lines, ask.past)


def number_of(menu: Menu) -> int:
    """The id of a menu's first line at WeChat."""
    return menu.number or menu_number("", [item.id for item in menu.items])


def menus_shown(journey: Journey) -> tuple[Menu, ...]:
    # A menu that asks can still be tapped when the question is asked again in other words.
    sends = [
        step
        for _, step in steps_of(journey)
        if isinstance(step, Send) or (isinstance(step, Ask) and step.again is not None)
    ]
    said = [journey.opening, *(content for step in sends for _, content in contents_in(step, ()))]
    return tuple(content for content in said if isinstance(content, Menu))


def labels_of(menu: Menu) -> Iterator[tuple[str, str]]:
    """The labels that every follower reads alike, those without merge fields, with the key of their line."""
    for item in menu.items:
        yield from ((item.id, text) for text in item.text.values() if not any(fields_of(text)))


def words_on(menu: Menu) -> Iterator[tuple[str, str]]:
    """What followers can type for a line, with its key: its labels, and the numbers that these begin with."""
    yield from labels_of(menu)
    for item in menu.items:
        numerals = (numeral_of(text) for text in item.text.values())
        yield from ((item.id, numeral) for numeral in numerals if numeral is not None)


def _labelled(choices: Mapping[str, tuple[str, ...]], menus: Iterable[Menu]) -> dict[str, tuple[str, ...]]:
    """The choices with their labels as further words. A word that means a choice already is left to it."""
    said = {key: list(words) for key, words in choices.items()}
    meant = {keyword(word) for key, words in choices.items() for word in (key, *words)}
    for key, label in (line for menu in menus for line in words_on(menu)):
        if key in said and keyword(label) not in meant:
            meant.add(keyword(label))
            said[key].append(label)
    return {key: tuple(words) for key, words in said.items()}
