"""What a question takes for an answer, with the menus that it can be tapped in."""

from collections.abc import Iterable, Iterator, Mapping

from wejourney.domain.answers import Question
from wejourney.domain.journeys import Ask, Journey, Send
from wejourney.domain.merging import fields_of
from wejourney.domain.messages import Menu
from wejourney.domain.words import keyword
from wejourney.language.walk import contents_in, steps_of


def question_of(ask: Ask, shown: Iterable[Menu]) -> Question:
    """The question of a step. Without a menu of its own it is about those that were `shown` before."""
    menus = (ask.content,) if isinstance(ask.content, Menu) else shown
    asking = [menu for menu in menus if any(item.id in ask.choices for item in menu.items)]
    lists = dict.fromkeys(tuple(item.id for item in menu.items) for menu in asking)
    lists.pop(tuple(ask.choices), None)
    return Question(_labelled(ask.choices, asking), ask.parse, ask.minimum, ask.maximum, tuple(lists))


def menus_shown(journey: Journey) -> tuple[Menu, ...]:
    """The menus of a journey that are no questions themselves."""
    sends = [step for _, step in steps_of(journey) if isinstance(step, Send)]
    said = [journey.opening, *(content for step in sends for _, content in contents_in(step, ()))]
    return tuple(content for content in said if isinstance(content, Menu))


def labels_of(menu: Menu) -> Iterator[tuple[str, str]]:
    """The labels that every follower reads alike, those without merge fields, with the key of their line."""
    for item in menu.items:
        yield from ((item.id, text) for text in item.text.values() if not any(fields_of(text)))


def _labelled(choices: Mapping[str, tuple[str, ...]], menus: Iterable[Menu]) -> dict[str, tuple[str, ...]]:
    """The choices with their labels as further words. A word that means a choice already is left to it."""
    said = {key: list(words) for key, words in choices.items()}
    meant = {keyword(word) for key, words in choices.items() for word in (key, *words)}
    for key, label in (one for menu in menus for one in labels_of(menu)):
        if key in said and keyword(label) not in meant:
            meant.add(keyword(label))
            said[key].append(label)
    return {key: tuple(words) for key, words in said.items()}
