"""Every kind of mistake, with what would be right; `‸` marks the place that must be told."""

# ruff: noqa: E501 - a case is a line

from pathlib import Path

import pytest

from wejourney.language.mistakes import Mistake
from wejourney.language.reading import read_file, read_text

HEAD = "title: T\ntrigger: {event: follow}\nsteps:\n"
ASK = "  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}\n"


def mistakes_in(text: str, name: str = "file") -> tuple[Mistake, ...]:
    return read_text(text, name, f"{name}.yaml").mistakes


CASES = {
    # --- YAML itself
    "empty file": ("‸", "the file is empty", ""),
    "broken YAML": ("title: [1\n‸", "not YAML: expected ',' or ']'", ""),
    "a tab": ("title: T\n‸\ttrigger: x\n", "not YAML: found character '\\t'", ""),
    "a control character": ("‸title: \x01\n", "not YAML", ""),
    "two documents": (HEAD + "  - tag: a\n‸---\na: 1\n", "not YAML: but found another document", ""),
    "an alias": ("title: &t T\nother: ‸*t\n", "aliases (`*name`) are not part of the language", ""),
    "a list as file": ("‸- a\n", "a journey is written as fields", "its fields are: title, trigger"),
    # --- fields
    "unknown field": (HEAD + "  - tag: a\n‸prioriti: 1\n", "a journey has no field `prioriti`", "`priority`"),
    "field twice": (HEAD + "  - tag: a\n‸title: U\n", "`title` is written twice", ""),
    "list as name": (HEAD + "  - tag: a\n? ‸[a]\n: b\n", "a field of a journey has a plain name", ""),
    "missing field": ("‸title: T\ntrigger: {event: follow}\n", "`steps` is missing", ""),
    "missing inner field": (HEAD + "  - award: ‸{points: 1}\n", "`reason` is missing", ""),
    "no value": ("‸title:\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "a text is missing", ""),
    "unknown step": (HEAD + "  - ‸sned: {text: a}\n", "a step has no field `sned`", "`send`"),
    "a list as text": (HEAD + "  - send: {text: ‸[a, b]}\n", "a text is one value", ""),
    "two steps in one": (HEAD + "  - tag: a\n    wait: ‸1h\n", "one step at a time: `wait`", "`- `"),
    "steps not a list": ("title: T\ntrigger: {event: follow}\nsteps: ‸{tag: a}\n", "is a list", ""),
    "empty steps": ("title: T\ntrigger: {event: follow}\nsteps: ‸[]\n", "a list of steps is empty", ""),
    "empty path": (HEAD + "  - send: {text: a, not_sent: ‸[]}\n", "a list of steps is empty", ""),
    "not a bool": ("title: T\ntrigger: {event: follow, when: {member: ‸1}}\nsteps:\n  - tag: a\n", "`member` is true or", ""),
    "not a number": (HEAD + "  - award: {points: ‸ten, reason: r}\n", "`points` is a whole number", ""),
    "half a point": (HEAD + "  - award: {points: ‸1.5, reason: r}\n", "`points` is a whole number", ""),
    "no points": (HEAD + "  - award: {points: ‸0, reason: r}\n", "at least one point", ""),
    "unknown event": ("title: T\ntrigger: {event: ‸folow}\nsteps:\n  - tag: a\n", "`folow` cannot be `event`", "`follow`"),
    "unknown policy": (HEAD + "  - send: {text: a, if_unsure: ‸drpo}\n", "`drpo` cannot be", "`drop`"),
    # --- durations
    "not a duration": (HEAD + "  - wait: ‸soon\n", "`soon` is not a duration", ""),
    "too long": (HEAD + "  - wait: ‸91d\n", "at most 90d", ""),
    "longer than a year": (HEAD + "  ‸- wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - wait: 90d\n", "a run may take 450d", "at most 360d"),
    # --- the trigger and the opening
    "a field of another event": ("title: T\ntrigger: {event: text, keywords: hi, key: ‸K}\nsteps:\n  - tag: a\n", "`key` belongs to the event click", ""),
    "no keyword": ("title: T\ntrigger: ‸{event: text}\nsteps:\n  - tag: a\n", "`keywords` is missing", ""),
    "answer before anything": ("title: T\ntrigger: {event: follow, when: {answer: ‸{a: b}}}\nsteps:\n  - tag: a\n", "nothing is answered before", ""),
    "scene of the profile": ("title: T\ntrigger: {event: follow, when: {scene: ‸s}}\nsteps:\n  - tag: a\n", "a field of the trigger", "`scene`"),
    "source with an opening": ("title: T\ntrigger: {event: follow, when: {source: ‸qr}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "only after the opening has left", "branch on `source`"),
    "opening of a kind": (HEAD + "  - tag: a\nopening: {menu: ‸{head: h, items: {a: b}}}\n", "cannot carry `menu`", "image, news, text"),
    "empty opening": (HEAD + "  - tag: a\nopening: ‸{}\n", "an opening says nothing", ""),
    # --- what is said
    "nothing said": (HEAD + "  - send: ‸{not_sent: [{tag: a}]}\n", "`send` says nothing", "text, image"),
    "two things said": (HEAD + "  - send: {text: a, image: ‸M}\n", "`text` is there already", "step of its own"),
    "two news": (HEAD + "  - send: {news: ‸[{title: a}, {title: b}]}\n", "WeChat takes one `news`", ""),
    "unknown language": (HEAD + "  - send: {text: {any: a, ‸xx: b}}\n", "`xx` is no language of WeChat", "zh"),
    "comma in braces": (HEAD + "  - send: {text: {en: Yes, ‸please}}\n", "`please` has no text", "needs quotes"),
    "half translated": ("title: {zh: 一, en: T}\ntrigger: {event: follow}\nsteps:\n  - send: {text: ‸{zh: 二}}\n", "there is no en of this text", "`any`"),
    "too long a text": (HEAD + f"  - send: {{text: ‸{'长' * 683}}}\n", "2049 bytes where WeChat takes 2048", ""),
    "too long a title": (HEAD + f"  - send: {{mini_program: {{title: ‸{'长' * 22}, app_id: a, page: p, picture: i}}}}\n", "66 bytes where WeChat takes 64", ""),
    "empty text": (HEAD + "  - send: {text: ‸' '}\n", "a text is empty", ""),
    "JSONata in a text": (HEAD + "  - send: {text: ‸'{% $now() %}'}\n", "JSONata would read it", ""),
    "substitution in a text": (HEAD + "  - send: {text: ‸'${Partition}'}\n", "CloudFormation would read it", ""),
    "no address": (HEAD + "  - send: {news: {title: t, description: d, url: ‸www.x, picture: https://x.example/p}}\n", "begins with https://", ""),
    # --- names
    "unknown source": (HEAD + "  - branch: [{when: {source: ‸artcle}, steps: [{tag: a}]}]\n", "`artcle` is no source", "`article`"),
    "WeChat's own name": (HEAD + "  - branch: [{when: {source: ‸ADD_SCENE_QR_CODE}, steps: [{tag: a}]}]\n", "is no source", "write `qr`"),
    "condition language": (HEAD + "  - branch: [{when: {language: ‸english}, steps: [{tag: a}]}]\n", "is no language", "en"),
    "unknown condition": (HEAD + "  - branch: [{when: {‸tagg: a}, steps: [{tag: a}]}]\n", "no field `tagg`", "`tag`"),
    "empty condition": (HEAD + "  - branch: [{when: ‸{}, steps: [{tag: a}]}]\n", "always holds", "`otherwise`"),
    "tag shape": (HEAD + "  - tag: [ok, ‸not ok]\n", "`not ok` cannot be a tag", "30 letters"),
    "question shape": (HEAD + "  - ask: {name: ‸The Style, within: 1h}\n", "cannot be the name of a question", ""),
    "choice shape": (HEAD + "  - ask: {name: a, choices: {‸A B: 1}, within: 1h}\n", "cannot be the name of a choice", ""),
    "choice `other`": (HEAD + "  - ask: {name: a, choices: {‸other: 1}, within: 1h}\n", "none of the choices", ""),
    "one word for two": (HEAD + "  - ask: {name: a, choices: {x: 1, ‸y: '１'}, within: 1h}\n", "`1` means both `x` and `y`", ""),
    "menu without choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {rng: ‸R}}, choices: {ring: 1}, within: 1h}\n", "`rng` is none of the choices of `a`", "`ring`"),
    # --- the flow
    "not asked": (HEAD + ASK + "  - branch: [{when: {answer: {‸styl: ring}}, steps: [{tag: a}]}]\n", "`styl` has not been asked", "`style`"),
    "asked later": (HEAD + "  - branch: [{when: {answer: {‸style: ring}}, steps: [{tag: a}]}]\n  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}\n", "has not been asked", ""),
    "asked on another path": (HEAD + "  - branch:\n      - {when: {tag: a}, steps: [ask: {name: x, within: 1h}]}\n      - otherwise: [branch: [{when: {answer: {‸x: y}}, steps: [{tag: a}]}]]\n", "has not been asked", ""),
    "no such choice": (HEAD + ASK + "  - branch: [{when: {answer: {style: ‸rng}}, steps: [{tag: a}]}]\n", "`rng` is no answer to `style`", "`ring`"),
    "answer of the silent": (HEAD + "  - ask: {name: a, within: 1h, unanswered: [{branch: [{when: {answer: {‸a: b}}, steps: [{tag: x}]}]}]}\n", "`a` has not been asked", ""),
    "asked twice": (HEAD + ASK + "  - ask: {name: ‸style, choices: {ring: 1, gift: 2}, within: 1h}\n", "`style` was asked before", "a name of its own"),
    "after a stop": (HEAD + "  - stop: enough\n  - ‸tag: a\n", "never reached", ""),
    "after stops on all paths": (HEAD + "  - branch: [{when: {tag: a}, steps: [{stop: x}]}, {otherwise: [{stop: y}]}]\n  - ‸tag: a\n", "never reached", ""),
    "otherwise first": (HEAD + "  - branch: [{otherwise: ‸[{tag: a}]}, {when: {tag: b}, steps: [{tag: c}]}]\n", "`otherwise` is the last case", ""),
    "only otherwise": (HEAD + "  - branch: ‸[{otherwise: [{tag: a}]}]\n", "a branch needs a case", ""),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "message", "hint"), CASES.values(), ids=CASES.keys())
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(
    marked: str, message: str, hint: str
) -> None:
    before, _, after = marked.partition("‸")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")

    found = mistakes_in(before + after)

    assert [(one.line, one.column) for one in found] == [(line, column)], [str(one) for one in found]
    assert message in found[0].message
    assert hint in found[0].hint


@pytest.mark.parametrize("name", ["Welcome", "wel come", "1st", "a--b", "-a", "a-", "a" * 41, "欢迎"])
def test_the_name_of_the_file_is_the_name_of_the_journey_and_fits_a_state_machine(name: str) -> None:
    found = mistakes_in(HEAD + "  - tag: a\n", name)

    assert [one.message for one in found] == [
        f"`{name}` cannot be a journey's name, which is the file's name"
    ]


def test_all_mistakes_of_a_file_are_told_in_order() -> None:
    text = HEAD + "  - wait: soon\n  - tag: no good\n  - branch: [{when: {source: qrr}, steps: [{tag: a}]}]\n"

    assert [(one.line, one.column) for one in mistakes_in(text)] == [(4, 11), (5, 10), (6, 30)]


def test_a_question_may_be_put_again_when_it_was_not_answered() -> None:
    again = "[{ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}}]"

    assert (
        mistakes_in(
            HEAD + f"  - ask: {{name: style, choices: {{ring: 1}}, within: 1h, unanswered: {again}}}\n"
        )
        == ()
    )


def test_a_source_that_wechat_may_add_later_is_accepted() -> None:
    assert mistakes_in(HEAD + "  - branch: [{when: {source: ADD_SCENE_NEW}, steps: [{tag: a}]}]\n") == ()


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"title: \xe9\n")

    assert [one.message for one in read_file(path).mistakes] == [
        "not UTF-8: invalid continuation byte at byte 7"
    ]


def test_a_mistake_prints_as_editors_link_it() -> None:
    assert str(Mistake("a.yaml", 3, 7, "what", "hint")) == "a.yaml:3:7: what (hint)"
