"""What a question takes for an answer, with the menus that it can be tapped in."""

from typing import Any

import pytest

from tests.support.builders import event
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Trigger
from wejourney.messaging.contents import Menu, MenuItem, Text, menu_ids
from wejourney.messaging.merge_fields import OTHER
from wejourney.plain_data import from_plain, to_plain
from workbench.language.journey import Journey
from workbench.language.questions import menus_shown, question_of
from workbench.language.reading import read_text
from workbench.language.step_types import Ask, Send
from workbench.language.traversal import steps_of


def menu(**labels: dict[str, str]) -> Menu:
    return Menu(head={"any": "?"}, items=tuple(MenuItem(key, label) for key, label in labels.items()))


METALS = menu(
    gold={"en": "Warm Gold", "zh": "黄金"}, silver={"en": "Silver", "zh": "{attribute.name|您}的银"}
)
CHOICES = {"silver": (), "gold": ("1",), "tin": ("2",)}


def ask(content: Any = None, **more: Any) -> Ask:
    return Ask("metal", 3600, content, **{"choices": CHOICES, **more})


def read(question: Question, text: str, **fields: Any) -> str:
    return question.read(event("text", Content=text, **fields))


@pytest.mark.parametrize("text", ["Warm Gold", "warm gold", " WARM GOLD ", "ｗａｒｍ gold", "黄金", "黄金。"])
def test_the_label_of_a_menu_item_answers_with_its_choice_in_every_language(text: str) -> None:
    question = question_of(ask(METALS), ())
    assert read(question, text) == read(question, text, bizmsgmenuid="0") == "gold"


def test_a_label_with_merge_fields_is_matched_by_its_id_only() -> None:
    question = question_of(ask(METALS), ())
    assert read(question, "Lee的银") == OTHER
    assert read(question, "Lee的银", bizmsgmenuid=menu_ids(["gold", "silver"])[1]) == "silver"
    assert question.choices["silver"] == (), "its other label says the same as its key"


def test_a_menu_with_other_lines_than_the_choices_is_read_by_its_ids() -> None:
    question = question_of(ask(METALS), ())
    assert tuple(question.menus.values()) == (("gold", "silver"),)
    assert from_plain(Question, to_plain(question)) == question


def asked(journey: Journey) -> list[tuple[Menu, Question]]:
    asks = [step for _, step in steps_of(journey) if isinstance(step, Ask)]
    return [(step.content, question_of(step, ())) for step in asks if isinstance(step.content, Menu)]


@pytest.mark.parametrize(
    ("keys", "others"), [(("yes", "no"), ("yes", "no")), (("no", "now"), ("ring", "women")), (("a",), ("b",))]
)
def test_a_tap_answers_only_the_question_of_its_own_menu_even_if_another_has_the_same_lines(
    keys: tuple[str, ...], others: tuple[str, ...]
) -> None:
    first, second = (
        f"{{name: {name}, menu: {{head: h, items: {{{', '.join(f'"{key}": "{key}"' for key in each)}}}}},"
        f" choices: {{{', '.join(f'"{key}": "{key}"' for key in each)}}}, within: 1h}}"
        for name, each in (("p", keys), ("q", others))
    )
    nested = f"{{text: x, not_sent: [ask: {first}]}}"
    steps = f"[ask: {first}, ask: {second}, send: {nested}]"
    texts = f"title: J\ntrigger: {{event: follow}}\nsteps: {steps}\n"
    journeys = [read_text(texts, name, "file.yaml").journey for name in ("one", "two")]
    found = [pair for journey in journeys if journey is not None for pair in asked(journey)]
    assert len(found) == 6
    for shown, own in found:
        ids = menu_ids([item.id for item in shown.items], shown.number)
        for item, id_ in zip(shown.items, ids, strict=True):
            answers = [read(question, item.id, bizmsgmenuid=id_) for _, question in found]
            assert read(own, item.id, bizmsgmenuid=id_) == item.id
            assert answers.count(OTHER) == 5


def test_the_number_at_the_beginning_of_a_label_answers_with_its_choice() -> None:
    lines = menu(gold={"any": "2. Gold"}, silver={"any": "1. {attribute.name|Rose}"})
    question = question_of(Ask("metal", 3600, lines, {"gold": (), "silver": ()}), ())
    assert [read(question, said) for said in ("1", "2", "１.", "3")] == ["silver", "gold", "silver", OTHER]


def test_a_question_without_a_menu_takes_the_labels_of_the_menus_sent_before() -> None:
    others = menu(copper={"any": "Copper"})
    question = question_of(ask(), (METALS, others))
    assert read(question, "x", bizmsgmenuid=menu_ids(["gold", "silver"])[0]) == "gold"
    assert read(question, "Copper", bizmsgmenuid=menu_ids(["copper"])[0]) == OTHER
    assert question_of(ask(METALS), (menu(tin={"any": "T"}),)).menus == question_of(ask(METALS), ()).menus


def test_a_label_that_is_a_word_of_another_choice_answers_with_that_choice() -> None:
    lines = menu(gold={"any": "tin"}, silver={"any": "1"})
    question = question_of(ask(lines), ())
    assert (read(question, "tin"), read(question, "1")) == ("tin", "gold")


def test_menus_shown_are_those_of_messages_not_of_questions() -> None:
    steps = (Send(METALS), ask(menu(tin={"any": "T"})), Send(Text(text={"any": "x"})))
    journey = Journey("j", {"any": "J"}, trigger=Trigger(event="text"), steps=steps)
    assert menus_shown(journey) == (METALS,)
