"""What differs between two versions, as a graph. Editing a live journey is mautic #4144."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.events.matching import EventPattern
from wejourney.events.values import Near
from workbench.compare.changes import aligned, changes, differences
from workbench.gallery import kinds, read_exhibit
from workbench.language.journey import Journey
from workbench.language.reading import read_text

HEAD = "title: T\ntrigger: {event: follow}\n"
STEPS = """\
steps:
  - send: {text: Hello}
  - ask: {name: wish, text: "What?", within: 24h, unanswered: [{tag: quiet}]}
  - branch:
      - when: {answer: {wish: ring}}
        steps: [{send: {text: Rings}}]
      - otherwise: [{tag: other}]
  - wait: 2h
  - send: {text: Bye}
"""


def journey(text: str) -> Journey:
    read = read_text(text, "shown", "shown.yaml")
    assert read.journey is not None
    assert read.mistakes == ()
    return read.journey


def told(new: str, old: str = HEAD + STEPS) -> list[str]:
    """Every change in one line."""
    return [
        " ".join([change.sort, change.what, change.place, change.words, *map(str, change.values)]).strip()
        for change in changes(journey(old), journey(new))
    ]


@pytest.mark.parametrize("kind", kinds())
def test_a_journey_is_not_different_from_itself(kind: str) -> None:
    exhibit = read_exhibit(kind)
    one, other = exhibit.read(kind, kind).journey, exhibit.read(kind, kind).journey
    assert one is not None
    assert other is not None
    assert changes(one, other) == ()


def test_comments_and_the_form_of_the_yaml_change_nothing() -> None:
    other = STEPS.replace("- wait: 2h", "# two hours\n  - wait: 120m")
    assert told(HEAD + other) == []


def test_an_edited_text_is_a_changed_step_with_the_old_and_the_new_text() -> None:
    assert told(HEAD + STEPS.replace("Hello", "Good day")) == [
        "changed step 1 Message – Good day text.any: Hello → Good day"
    ]


def test_the_order_of_words_that_mean_the_same_changes_nothing() -> None:
    ask = "steps:\n  - ask: {name: tea, within: 1h, choices: {green: %s}}\n  - tag: %s\n"
    keywords = "title: T\ntrigger: {event: text, keywords: %s}\n"
    old = keywords % "[tea, 茶]" + ask % ("[1, 绿茶]", "[a, b]")
    assert told(keywords % "[茶, tea]" + ask % ("[绿茶, 1]", "[b, a]"), old) == []


def test_an_added_word_of_a_choice_is_shown_with_all_its_words() -> None:
    ask = "steps:\n  - ask: {name: tea, within: 1h, choices: {green: %s}}\n"
    (line,) = told(HEAD + ask % "[g, 绿茶]", HEAD + ask % "[绿茶]")
    assert line.endswith("choices.green: 绿茶 → g, 绿茶")


def test_an_edited_delay_is_a_changed_step_with_both_lengths() -> None:
    assert told(HEAD + STEPS.replace("wait: 2h", "wait: 1d 6h")) == [
        "changed step 4 Wait 1 day 6 hours wait: 2h → 1d 6h"
    ]


def test_an_inserted_step_moves_the_others_without_changing_them() -> None:
    assert told(HEAD + STEPS.replace("  - wait: 2h", "  - tag: seen\n  - wait: 2h")) == [
        "added step 4 tag seen"
    ]


def test_a_removed_step_has_its_old_place() -> None:
    assert told(HEAD + STEPS.replace("  - wait: 2h\n", "")) == ["removed step 4 Wait 2 hours"]


def test_a_step_on_a_path_has_the_place_that_a_transcript_gives_it() -> None:
    assert told(HEAD + STEPS.replace("Rings", "Our rings")) == [
        "changed step 3.case1.1 Message – Our rings text.any: Rings → Our rings"
    ]


def test_a_new_path_comes_with_its_steps() -> None:
    more = STEPS.replace(
        "      - otherwise",
        "      - {when: {answer: {wish: watch}}, steps: [{tag: watch}]}\n      - otherwise",
    )
    assert told(HEAD + more) == ["added path 3.case2 when wish: watch", "added step 3.case2.1 tag watch"]


def test_a_path_is_removed_with_its_steps() -> None:
    assert told(HEAD + STEPS.replace(", unanswered: [{tag: quiet}]", "")) == [
        "removed path 2.unanswered unanswered",
        "removed step 2.unanswered.1 tag quiet",
    ]


def test_a_path_whose_condition_is_edited_keeps_its_steps() -> None:
    assert told(HEAD + STEPS.replace("{wish: ring}", "{wish: watch}")) == [
        "changed path 3.case1 when wish: watch when.answer.wish: ring → watch"
    ]


def test_a_question_with_another_name_is_the_same_step_with_another_name() -> None:
    old = HEAD + "steps:\n  - ask: {name: size, text: Size?, within: 1h}\n"
    assert told(old.replace("name: size", "name: ring_size"), old) == [
        "changed step 1 Question: ring_size – Size? name: size → ring_size"
    ]


def test_a_step_of_another_kind_is_one_removed_and_one_added() -> None:
    assert told(HEAD + STEPS.replace("wait: 2h", "tag: seen")) == [
        "removed step 4 Wait 2 hours",
        "added step 4 tag seen",
    ]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("priority: 5", "changed rule priority  priority: 0 → 5"),
        ("speaks_to: shop", "added rule speaks_to  speaks_to: nothing → shop"),
        ('quiet: "22:00-08:00"', "added rule quiet  quiet.start: nothing → 22:00 quiet.end: nothing → 08:00"),
        ("again: {after: 30d}", "changed rule again  again: always → after again.after: nothing → 30d"),
        ("goal: {member: true}", "added rule goal  goal.member: nothing → true"),
        (
            "opening: {text: Hi}",
            "added rule opening  opening.content: nothing → text opening.text.any: nothing → Hi",
        ),
    ],
)
def test_a_field_of_the_whole_journey_is_a_rule(field: str, change: str) -> None:
    assert told(f"{HEAD}{field}\n{STEPS}") == [change]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("untag: x", "untag x"),
        ("set: {city: Paris}", "set city = Paris"),
        ("withdraw: newsletter", "withdraws consent to newsletter"),
        ("award: {points: 5, reason: r}", "+5 points"),
        ("coupon: SPRING", "coupon SPRING"),
        ("stop: enough", "End: enough"),
        (f"notify: {{staff: us, text: {'long ' * 30}}}", f"Tell us – {'long ' * 10}"[:59] + "…"),
    ],
)
def test_a_step_is_shown_in_the_words_of_its_card(step: str, words: str) -> None:
    assert told(f"{HEAD}{STEPS}  - {step}\n") == [f"added step 6 {words}"]


def test_swapping_the_versions_swaps_added_and_removed() -> None:
    old, new = HEAD + STEPS, HEAD + STEPS.replace("  - wait: 2h\n", "")
    assert [line.replace("removed", "added") for line in told(new, old)] == told(old, new)


# --- aligning ----------------------------------------------------------------------------------------

ROWS = st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), max_size=8)


def whole(text: str | None) -> object:
    return text


def letter(text: str | None) -> object:
    return text and text[0]


@given(ROWS, ROWS)
def test_every_part_of_both_rows_comes_once_and_in_its_order(old: list[str], new: list[str]) -> None:
    pairs = list(aligned(old, new, (whole, letter)))
    assert [part for part, _ in pairs if part is not None] == old
    assert [part for _, part in pairs if part is not None] == new


@given(ROWS, ROWS)
def test_only_what_the_last_key_calls_the_same_belongs_together(old: list[str], new: list[str]) -> None:
    pairs = aligned(old, new, (whole, letter))
    assert all(letter(was) == letter(now) for was, now in pairs if was and now)


@given(ROWS)
def test_a_row_belongs_to_itself_part_by_part(row: list[str]) -> None:
    assert list(aligned(row, row, (whole, letter))) == [(part, part) for part in row]


def test_the_same_comes_before_the_similar() -> None:
    assert list(aligned(["a1", "a2"], ["a2"], (whole, letter))) == [("a1", None), ("a2", "a2")]


def test_keys_need_not_be_hashable() -> None:
    assert list(aligned([{"x": 1}], [{"x": 1}], (lambda part: part,))) == [({"x": 1}, {"x": 1})]


CART = """\
steps:
  - ask: {name: size, text: {en: Size?, zh: 尺寸？}, within: 1h}
  - wait: {event: mini_program, name: cart, property: {value: {from: 1}, by: ship}, within: 1h}
  - branch:
      - when: {language: zh, answer: {size: {to: 5}}}
        steps: [{set: {language: en}}]
  - stop: {en: over, zh: 结束}
"""


@pytest.mark.parametrize(
    ("old", "new", "values"),
    [
        ("from: 1", "from: 2", ["property.value.from: 1 → 2"]),
        ("by: ship", "by: train", ["property.by: ship → train"]),
        ("to: 5", "to: 6", ["when.answer.size.to: 5 → 6"]),
        (
            "{to: 5}",
            "{known: true}",
            ["when.answer.size.to: 5 → nothing", "when.answer.size.known: nothing → true"],
        ),
        ("结束", "完", ["reason.zh: 结束 → 完"]),
        ("zh: 尺寸？", "zh: 尺寸？, fr: Taille ?", ["text.fr: nothing → Taille ?"]),
    ],
)
def test_what_differs_is_named_as_the_file_names_it(old: str, new: str, values: list[str]) -> None:
    before = HEAD + CART
    # With the second language no longer in every text, a journey is read with a mistake.
    first, second = (
        read_text(text, "shown", "shown.yaml").journey for text in (before, before.replace(old, new))
    )
    assert first is not None
    assert second is not None
    found = changes(first, second)
    assert [str(value) for change in found for value in change.values] == values


def test_a_place_is_compared_as_it_is_written() -> None:
    one, other = (Near(48_869_800, 2_329_900, metres) for metres in (500, 700))
    (found,) = differences(EventPattern("location", near=one), EventPattern("location", near=other))
    assert (found.name, found.old, found.new) == ("near", "48.869800,2.329900,500", "48.869800,2.329900,700")
