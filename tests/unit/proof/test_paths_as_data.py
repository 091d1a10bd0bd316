"""The path to a message without an allowance is data: what happens when, where, and what is still allowed."""

import json
import re
from pathlib import Path

import pytest

from tests.support.cli import run
from tests.support.examples.small_journeys import small_journey
from tests.unit.proof.test_brute_force import rules_of
from wejourney.allowances.allowance_windows import SENDING_MARGIN
from workbench.proof.paths import allowances_of
from workbench.proof.prove import prove, violation_text
from workbench.proof.state import moment

REJECTED = """\
title: T
trigger: {event: follow}
opening: {text: "Welcome! Rings or presents?"}
steps:
  - ask:
      name: wish
      within: 24h
      unanswered:
        - stop: no answer
  - wait: {until: "09:00"}
  - wait: 1d
  - send: {text: Do you like what you have seen?}
"""


@pytest.mark.parametrize("first", [0, 200, 400])
def test_after_the_path_nothing_is_left_that_the_last_message_could_take(first: int) -> None:
    found = 0
    for number in range(first, first + 200):
        journey, rules = small_journey(number), rules_of(number)
        for violation in prove(journey, rules):
            if not violation.confirmed:
                continue
            found += 1
            *_, last = violation.behaviour
            times = [happened.at for happened in violation.behaviour]
            assert times == sorted(times)
            assert (last.kind in ("send", "ask"), last.step) == (True, violation.at)
            left = allowances_of(violation, rules)
            assert len(left) == len(times)
            usable = [window for window in left[-1] if window.until > moment(last.at) + SENDING_MARGIN]
            assert usable == [], f"journey {number}"
    assert found > 50


def test_check_tells_the_path_of_a_rejected_journey_in_json_by_time_and_place(tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(REJECTED)

    (mistake,) = json.loads(run("check", file, "--json").stdout)

    assert list(mistake) == ["file", "line", "column", "message", "hint", "path"]
    assert [(step["at"], step["clock"], step["line"], step["kind"]) for step in mistake["path"]] == [
        (0, "09:00", 2, "start"),
        (86_400, "09:00 on day 2", 6, "answer"),
        (172_800, "09:00 on day 3", 10, "until"),
        (259_200, "09:00 on day 4", 11, "wait"),
        (259_200, "09:00 on day 4", 12, "send"),
    ]
    follow = {"act": "follow", "count": 3, "until": "09:01", "until_at": 60}
    answer = {"act": "message", "count": 5, "until": "09:00 on day 4", "until_at": 259_200}
    assert [step["left"] for step in mistake["path"]] == [[follow], [answer], [answer], [], []]


@pytest.mark.parametrize("columns", [60, 100, 200])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_people_read_one_line_for_each_step_of_the_path(language: str, columns: int, tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(REJECTED)
    path = json.loads(run("check", file, "--json", "--lang", language).stdout)[0]["path"]

    told, *lines = run("check", file, "--lang", language, columns=columns).stderr.splitlines()

    assert told.startswith(f"{file}:12:")
    assert max(len(line) for line in lines) <= columns
    if columns > 60:
        for line, step in zip(lines, path, strict=True):
            assert line.strip().startswith(step["clock"])
            assert f"{step['line']}:{step['column']}" in line


def test_a_path_in_chinese_has_no_english_words() -> None:
    checked = 0
    for number in range(300):
        journey, rules = small_journey(number), rules_of(number)
        for violation in prove(journey, rules):
            text = violation_text(violation, "zh")
            # Names of the language and of the author stay: events, questions, fields, conditions.
            names = re.sub(
                r"`[^`]*`|（[a-z_]+）|情况 \d+（[^→]*）|发生 [a-z_]+|没有 [a-z_]+|[a-z_]+ 此前", "", text
            )
            left = re.findall(r"[A-Za-z]{2,}", names.partition(" → ")[2])
            assert left == [], text
            checked += 1
    assert checked > 100


@pytest.mark.parametrize(
    "condition",
    [
        "{attribute: {city: Paris}}",
        "{attribute: {age: {from: 20}}}",
        "{attribute: {city: {known: true}}}",
        "{not: {attribute: {city: {known: true}}}}",
        "{any: [{attribute: {city: Paris}}, {tag: vip}]}",
        "{points: 10, tag: vip}",
        "{date: birthday}",
        "{language: fr}",
        "{member: true}",
    ],
)
def test_a_path_may_go_through_a_case_of_any_condition(condition: str, tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(
        "title: T\ntrigger: {event: follow}\nopening: {text: Hi}\nsteps:\n  - wait: 3m\n  - branch:\n"
        f"      - when: {condition}\n        steps:\n          - send: {{text: Late}}\n"
        "      - otherwise:\n          - stop: y\n"
    )

    done = run("check", file, "--json")

    assert (done.exit_code, done.exception.__class__) == (1, SystemExit), done.output
    (mistake,) = json.loads(done.stdout)
    assert [step["kind"] for step in mistake["path"]] == ["start", "wait", "case", "send"], mistake
