"""A line of a menu message stays in the chat: tapped later, it is heard as a keyword, but allows less."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.checks.deployable import beside_of
from workbench.language.reading import Reading, read_text
from workbench.proof.prove import prove

CURRENT = RULE_SETS["current"]

CARE = """\
title: T
trigger: {{event: text, keywords: [{keyword}]}}
steps:
{steps}
"""
LATE = "  - wait: 20h\n  - send: {text: How is your ring?}"
AT_ONCE = "  - send: {text: How is your ring?}"
FOUR = "\n".join([AT_ONCE] * 4)
KEYWORD_WAITED_FOR = """\
title: T
trigger: {{event: follow}}
steps:
  - wait: {{event: text, keywords: [{keyword}], within: 20h, otherwise: [{{stop: no}}]}}
  - wait: 2h
  - send: {{text: How is your ring?}}
"""

PLACES = {
    "a message": "  - send: {{menu: {menu}}}",
    "a question": (
        "  - ask: {{name: q, menu: {menu}, choices: {{a: aa, b: bb}}, within: 1h, unanswered: [{{stop: no}}],"
        " not_sent: [{{stop: no}}]}}"
    ),
    "a branch": "  - branch:\n      - when: {{tag: a}}\n        steps: [{{send: {{menu: {menu}}}}}]",
}
MENU = "{{head: H, items: {{a: {label}, b: Stores}}, tail: T}}"
SHOWING = "title: T\ntrigger: {{event: follow}}\nsteps:\n{step}\n"

HEARD = {
    "the keyword": ("Care", "Care"),
    "another case": ("care", "CARE"),
    "full width": ("care", "Ｃａｒｅ"),
    "punctuation around it": ("care", "Care!"),
    "a pattern": ("care*", "Care of rings"),
    "a pattern of all": ('"*"', "Anything"),
    "one of several": ("help, 保养, care", "保养"),
    "one language of it": ("保养", "{en: Care, zh: 保养}"),
    "what a merge field may say": ("care", '"{attribute.city|Paris}"'),
}
UNHEARD = {
    "another word": ("care", "Career"),
    "a part of it": ("care", "Care of rings"),
    "another language": ("保养", "Care"),
}


def showing(place: str, label: str) -> Reading:
    menu = MENU.format(label=label).replace("{{", "{").replace("}}", "}")
    return accepted(SHOWING.format(step=PLACES[place].format(menu=menu)), "showing")


def accepted(text: str, name: str) -> Reading:
    reading = read_text(text, name, f"{name}.yaml")
    assert reading.mistakes == (), reading.mistakes
    return reading


def violations(reading: Reading, *others: Reading) -> Any:
    assert reading.journey is not None
    return prove(reading.journey, CURRENT, beside=beside_of([reading, *others]))


@pytest.mark.parametrize(("place", "how"), [*product(PLACES, HEARD)])
def test_a_keyword_that_is_a_line_of_another_journey_can_be_tapped_and_allows_one_minute(
    place: str, how: str
) -> None:
    keyword, label = HEARD[how]
    other = showing(place, label)
    for text, fits in (
        (CARE.format(keyword=keyword, steps=LATE), False),
        (CARE.format(keyword=keyword, steps=FOUR), False),
        (CARE.format(keyword=keyword, steps=AT_ONCE), True),
        (KEYWORD_WAITED_FOR.format(keyword=keyword), False),
    ):
        care = accepted(text, "care")
        assert violations(care) == (), "typed, it allows 5 messages for 48 hours"
        found = violations(care, other)
        assert (found == ()) is fits, text


@pytest.mark.parametrize(("place", "how"), [*product(PLACES, UNHEARD)])
def test_a_line_that_is_not_heard_as_the_keyword_changes_nothing(place: str, how: str) -> None:
    keyword, label = UNHEARD[how]
    for text in (CARE.format(keyword=keyword, steps=LATE), KEYWORD_WAITED_FOR.format(keyword=keyword)):
        assert violations(accepted(text, "care"), showing(place, label)) == ()


def test_a_line_of_the_journey_itself_stays_in_the_chat_for_its_next_run() -> None:
    menu = "  - send: {menu: {head: H, items: {a: Care, b: Stores}, tail: T}}\n"
    assert violations(accepted(CARE.format(keyword="care", steps=menu + AT_ONCE), "care")) == ()
    assert violations(accepted(CARE.format(keyword="care", steps=menu + LATE), "care")) != ()


def refusals_lived(*files: Path) -> str:
    (files[0].parent / "tapper.yaml").write_text(
        "name: T\nlanguage: en\nacts:\n  - follow: {}\n  - {at: 1h, tap: a}\n"
    )
    care, other = files
    done = run("simulate", other, "--with", care, "--persona", care.parent / "tapper.yaml")
    assert done.exit_code == 0, done.output
    return done.stdout


def test_check_names_the_line_in_the_other_file_and_the_simulator_shows_the_rejection(tmp_path: Path) -> None:
    care, other = tmp_path / "care.yaml", tmp_path / "menu.yaml"
    care.write_text(CARE.format(keyword="care", steps=LATE))
    other.write_text(SHOWING.format(step="  - send: {menu: {head: H, items: {a: Care, b: B}, tail: T}}"))

    for files in ([care], [care, other], [other, care]):
        done = run("check", *files)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"{care}:5:")
        (mistake,) = json.loads(run("check", *files, "--json").stdout)
        assert mistake["path"][0]["words"].startswith(f"a tap on `Care` ({other}:4:")
    assert run("check", other).exit_code == 0
    assert "no allowance" in refusals_lived(care, other)

    other.unlink()
    assert run("check", care).exit_code == 0
