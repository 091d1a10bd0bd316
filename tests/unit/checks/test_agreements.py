"""Who agrees has said yes: which ways to an `agree` are accepted, and which are not."""

import pytest

from workbench.language.reading import read_text

QUESTION = "{name: q, text: May we?, choices: {agrees: 1, declines: 2}, within: 1h%s}"
ASK = f"  - ask: {QUESTION % ''}\n"
ASK_OR_STOP = f"  - ask: {QUESTION % ', unanswered: [{stop: silent}]'}\n"
AGREE = "  - agree: newsletter\n"
YES = "  - branch: [{when: %s, steps: [%s{agree: newsletter}]}]\n"
ANSWERED = "{answer: {q: agrees}}"
PROBLEM = "`agree: newsletter` is reached without a yes of the follower right before it"


def problems(steps: str, trigger: str = "{event: scan}", before: str = "") -> list[str]:
    text = f"title: T\ntrigger: {trigger}\n{before}steps:\n{steps}  - tag: end\n"
    return [mistake.message for mistake in read_text(text, "j", "j.yaml").mistakes]


TRIGGERS = {
    "{event: text, keywords: [news, yes*]}": True,
    "{event: click, key: NEWS}": True,
    '{event: text, keywords: [news, "*"]}': False,
    "{event: follow, scene: news-*}": False,
    "{event: scan, scene: news-*}": False,
    "{event: view, url: https://x.example/agree}": False,
    "{event: payment}": False,
    "{event: mini_program, name: button.tapped}": False,
    "{event: tag, tag: vip}": False,
    "{event: segment, segment: gold}": False,
    "{event: consent_withdrawn, name: newsletter}": False,
    "{event: journey}": False,
    '{event: schedule, at: "10:00"}': False,
}
"""What begins a run, and whether it can be a yes."""


@pytest.mark.capability(row="38")
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_word_or_a_button_that_begins_a_run_can_be_a_yes_and_nothing_else(trigger: str) -> None:
    assert problems(AGREE, trigger) == ([] if TRIGGERS[trigger] else [PROBLEM])


@pytest.mark.parametrize("trigger", [trigger for trigger in TRIGGERS if "journey" not in trigger])
def test_what_is_waited_for_counts_as_what_begins_a_run_and_no_later_than_its_limit(trigger: str) -> None:
    event = trigger.removeprefix("{").removesuffix("}")
    if "schedule" in event or "follow" in event:
        return  # Nothing waits for these.
    accepted = [] if TRIGGERS[trigger] else [PROBLEM]
    stop = ", within: 1h, otherwise: [{stop: never}]"

    assert problems(f"  - wait: {{{event}{stop}}}\n{AGREE}") == accepted
    assert problems(f"  - wait: {{{event}, within: 1h}}\n{AGREE}") == [PROBLEM]
    assert problems(f"  - wait: {{{event}, since: entry{stop}}}\n{AGREE}") == [PROBLEM]
    assert problems(f"  - wait: {{{event}, within: 1h, otherwise: [{{agree: newsletter}}]}}\n") == [PROBLEM]


CONDITIONS = {
    ANSWERED: True,
    "{answer: {q: agrees}, tag: vip}": True,
    "{any: [{answer: {q: agrees}}, {answer: {q: declines}}]}": True,
    "{any: [{answer: {q: agrees}}, {tag: vip}]}": False,
    "{not: {answer: {q: declines}}}": False,
    "{answer: {q: other}}": False,
    "{answer: {q: {known: true}}}": False,
    "{tag: vip}": False,
    "{event: {event: text, keywords: [yes]}}": False,
}


@pytest.mark.capability(row="38")
@pytest.mark.parametrize("ask", [ASK, ASK_OR_STOP], ids=["goes on", "stops"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_answer_is_a_yes_where_the_condition_needs_a_certain_one(condition: str, ask: str) -> None:
    expected = [] if CONDITIONS[condition] else [PROBLEM]

    assert problems(ask + YES % (condition, "")) == expected
    assert problems(ask + YES % (condition, "{tag: a}, ")) == expected


BETWEEN = {
    "nothing": ("", True),
    "a tag": ("{tag: a}, ", True),
    "a notice to the staff": ("{notify: {staff: shop, text: x}}, ", True),
    "another agreement": ("{agree: care}, ", True),
    "a branch": ("{branch: [{when: {tag: a}, steps: [{tag: b}]}]}, ", True),
    "a split": ("{split: {name: s, shares: [{percent: 50, steps: [{tag: b}]}, {percent: 50}]}}, ", True),
    "a message": ("{send: {text: Thanks}}, ", False),
    "a message that need not leave": ("{send: {text: Thanks, not_sent: [{tag: a}]}}, ", False),
    "a pause": ("{wait: 1m}, ", False),
    "a time of day": ('{wait: {until: "09:00"}}, ', False),
    "a wait for a date": ("{wait: {date: d, within: 1d, passed: go_on}}, ", False),
    "another wait": ("{wait: {event: scan, within: 1h}}, ", False),
    "another question": ("{ask: {name: other_one, text: And?, within: 1h}}, ", False),
    "a chat with the staff": ("{hand_over: {staff: shop, within: 1h}}, ", False),
    "a withdrawal": ("{withdraw: newsletter}, ", False),
    "a message in a branch": ("{branch: [{when: {tag: a}, steps: [{send: {text: b}}]}]}, ", False),
    "repeated": (
        "{repeat: {every: 1h, times: 2, until: {tag: a}, steps: [{agree: newsletter}]}}, ",
        False,
    ),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_the_yes_comes_right_before_the_agreement(name: str) -> None:
    steps, accepted = BETWEEN[name]

    found = problems(ASK_OR_STOP + YES % (ANSWERED, steps))
    assert set(found) == (set() if accepted else {PROBLEM})
    word = steps + "{agree: newsletter}"
    found = problems(f"  - branch: [{{when: {{member: true}}, steps: [{word}]}}]\n", "{event: click, key: K}")
    assert set(found) == (set() if accepted else {PROBLEM})


def test_an_answer_that_was_looked_at_after_something_else_is_no_yes_any_more() -> None:
    assert problems(ASK_OR_STOP + "  - wait: 1d\n" + YES % (ANSWERED, "")) == [PROBLEM]


def test_an_answer_to_a_later_question_is_no_answer_to_the_first() -> None:
    second = "  - ask: {name: r, text: And?, choices: {agrees: 1, declines: 2}, within: 1h}\n"
    assert problems(ASK + second + YES % (ANSWERED, "")) == [PROBLEM]
    assert problems(ASK + second + YES % ("{answer: {r: agrees}}", "")) == []


def test_a_question_that_is_asked_again_is_answered_in_the_end() -> None:
    again = f"  - ask: {QUESTION % ', retry: 2'}\n"
    assert problems(again + YES % (ANSWERED, "")) == []


@pytest.mark.parametrize("path", ["unanswered", "not_sent"])
def test_no_answer_is_no_yes(path: str) -> None:
    assert problems(f"  - ask: {QUESTION % f', {path}: [{{agree: newsletter}}]'}\n") == [PROBLEM]


def test_every_path_must_bring_a_yes() -> None:
    otherwise = "  - branch: [{when: %s, steps: [{tag: a}]}, {otherwise: [%s]}]\n" + AGREE
    assert problems(ASK + otherwise % (ANSWERED, "{tag: b}")) == [PROBLEM]
    assert problems(ASK + otherwise % (ANSWERED, "{stop: no}")) == []


def test_the_opening_answers_the_word_that_begins_the_run() -> None:
    opening = "opening: {text: You are on the list.}\n"
    assert problems(AGREE, "{event: text, keywords: [news]}", opening) == []


def test_a_withdrawal_needs_nothing_before_it() -> None:
    assert problems("  - wait: 1d\n  - withdraw: newsletter\n") == []


def test_the_message_says_where_and_what_to_do_in_both_languages() -> None:
    text = "title: T\ntrigger: {event: scan}\nsteps:\n  - tag: a\n  - agree: newsletter\n"
    (mistake,) = read_text(text, "j", "j.yaml").mistakes

    assert (mistake.line, mistake.column) == (5, 5)
    assert mistake.hint.startswith("put it right after an answer")
    assert mistake.in_words("zh").startswith(
        "j.yaml:5:5: 执行 `agree: newsletter` 之前，用户没有明确表示同意（"
    )
