"""What a journey itself puts into the data of its runs and tasks is bounded when it is compiled."""

from pathlib import Path

import pytest

from tests.support.virtual_time.simulated import journey
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.bounds import LARGEST_NAMES, LARGEST_TASK
from workbench.compiler.sizes import size_in_runs, task_sizes
from workbench.language.journey import Journey
from workbench.project import read_project, refusals

HEAD = "trigger: {event: text, keywords: hi}\n"


def with_messages(number: int, sign: str, *, named: bool = False) -> Journey:
    text = sign * (2_000 // len(sign.encode()))
    name = ", name: n{}-of-many-messages-here" if named else ""
    steps = "".join(f"  - send: {{text: '{text}'{name.format(i)}, not_sent: []}}\n" for i in range(number))
    return journey(f"{HEAD}steps:\n{steps}".replace(", not_sent: []", ""))


@pytest.mark.parametrize("sign", ["a", "街", "😀", '"', "\\"])
@pytest.mark.parametrize("number", [1, 20, 60])
def test_consecutive_steps_share_a_task_only_as_far_as_its_input_has_room(number: int, sign: str) -> None:
    made = with_messages(number, sign)
    sizes = dict(task_sizes(made))
    assert max(sizes.values()) <= LARGEST_TASK
    assert sum(sizes.values()) > number * 2_000
    assert (len(sizes) == 1) is (sum(sizes.values()) <= LARGEST_TASK)


def mistakes_of(text: str, folder: Path) -> list[str]:
    journeys = folder / "infra/journeys"
    journeys.mkdir(parents=True)
    (journeys / "played.yaml").write_text(f"title: T\n{HEAD}{text}", "utf-8")
    return [mistake.message for mistake in refusals(read_project(folder), RULE_SETS["current"])]


def test_a_step_that_is_larger_than_a_tasks_input_is_rejected_with_its_size(tmp_path: Path) -> None:
    words = ", ".join(f"w{number}-{'街' * 20}" for number in range(700))
    [message] = mistakes_of(
        f"steps:\n  - ask: {{name: q, choices: {{a: [{words}]}}, within: 1h}}\n", tmp_path
    )
    assert "of which it may take 80000" in message


def test_names_and_an_opening_that_are_larger_than_their_part_of_a_run_are_rejected(
    tmp_path: Path,
) -> None:
    assert size_in_runs(with_messages(3, "a", named=True)) < LARGEST_NAMES
    words = "街" * 680
    opening = f"opening: {{text: {{en: {words}, zh: {words}, ja: {words}}}}}\n"
    asks = "".join(f"  - ask: {{name: n{i:03}-{'x' * 25}, within: 1m}}\n" for i in range(240))
    found = mistakes_of(f"{opening}steps:\n{asks}  - tag: a\n", tmp_path)
    assert any("of which they may take 40000" in message for message in found)


@pytest.mark.parametrize("when", ["{tag: x}", "{answer: {q: x}}", "{event: {event: scan}}"])
def test_what_branches_find_out_is_part_of_a_run(when: str) -> None:
    asked = f"{HEAD}steps:\n  - ask: {{name: q, within: 1h}}\n"
    text = asked + f"  - branch: [{{when: {when}, steps: [{{tag: a}}]}}]\n" * 100
    without = asked + "  - tag: a\n"
    assert size_in_runs(journey(text)) > size_in_runs(journey(without)) + 1_000
