"""`check` of all journeys of a repository finds what `compile` finds, and of each alone nothing less of it."""

# ruff: noqa: E501 - a case is a line

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.language.test_mistakes import CASES
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.project import JOURNEYS, journey_files, read_project, read_together, refusals

RULES = RULE_SETS["current"]
FINE = "title: T\ntrigger: {event: follow}\nsteps: [{tag: a}]\n"
WORD = "title: T\ntrigger: {event: text, keywords: hi}\nsteps: "


def sent(content: str) -> str:
    return f"{WORD}[{{send: {{{content}, purpose: service}}}}]\n"


FILES: Mapping[str, Mapping[str, str]] = {
    "nothing": {},
    "a mass message": {"infra/journeys/first.yaml": sent("mass: {text: a}")},
    "a mass message instead": {"infra/journeys/first.yaml": sent("text: a, instead: [{mass: {text: a}}]")},
    "a template instead": {
        "infra/journeys/first.yaml": sent("text: a, instead: [{template: {id: T, data: {thing1: a}}}]")
    },
    "a notice": {"infra/journeys/first.yaml": sent("notice: {id: T, data: {thing1: a}}")},
    "a message that may not leave": {
        "infra/journeys/first.yaml": f"{WORD}[{{wait: 3d}}, {{send: {{text: a}}}}]\n"
    },
    "a journey of another suffix": {"infra/journeys/other.yml": FINE},
    "a journey of another name": {"infra/journeys/No Name.yaml": FINE},
    "a content that nobody sends": {"infra/contents/a.yaml": "text: ''\n"},
    "a content of another suffix": {"infra/contents/a.yml": "text: a\n"},
    "a content that is not there": {"infra/journeys/first.yaml": sent("content: missing")},
    "the people": {"infra/profile.yaml": "attributes: {name of a dog: text}\n"},
    "a segment": {"infra/segments/a.yaml": "when: {answer: {a: b}}\n"},
    "the purposes": {"infra/consents.yaml": "newsletter: {}\n"},
    "a purpose that is not there": {"infra/journeys/first.yaml": f"{WORD}[{{agree: newsletter}}]\n"},
    "the accounts": {"infra/accounts.yaml": "shop: {}\n"},
    "the programme": {"infra/programme.yaml": "assets: {points: {expires: never}}\n"},
    "an offer that is not there": {
        "infra/journeys/first.yaml": f"{WORD}[{{branch: [{{when: {{offer: tote}}, steps: [{{tag: a}}]}}]}}]\n"
    },
    "a coupon that is not there": {
        "infra/journeys/first.yaml": f"{WORD}[{{send: {{text: 'Code: {{coupon.spring|none}}'}}}}]\n"
    },
    "a coupon that is": {
        "infra/programme.yaml": "coupons: {spring: {takes: 10%, valid: 7d}}\n",
        "infra/journeys/first.yaml": f"{WORD}[{{coupon: spring}}, {{send: {{text: 'Code: {{coupon.spring|none}}'}}}}]\n",
    },
    "two journeys that start each other": {
        "infra/journeys/first.yaml": "title: T\ntrigger: {event: follow}\nagain: always\nsteps: [{start: second}]\n",
        "infra/journeys/second.yaml": "title: T\ntrigger: {event: journey, journey: first}\nagain: always\nsteps: [{start: first}]\n",
    },
    "a reward for a follow": {
        "infra/journeys/first.yaml": "title: T\ntrigger: {event: follow}\nsteps: [{award: 5}]\n"
    },
}


def written(repository: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text, "utf-8")


def compiled(repository: Path) -> set[str]:
    return {str(one) for one in refusals(read_project(repository), RULES)}


def checked(repository: Path, *files: Path) -> set[str]:
    found = read_together(files or journey_files(repository / JOURNEYS))
    return {str(one).removeprefix(f"{repository}/") for one in (*found.refusals(RULES), *found.lacks)}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_check_rejects_what_compile_rejects(repository: Path, files: Mapping[str, str]) -> None:
    written(repository, {"infra/journeys/fine.yaml": FINE, **files})
    expected = compiled(repository)

    assert checked(repository) == expected
    assert bool(expected) is (files not in (FILES["nothing"], FILES["a coupon that is"]))


@pytest.mark.parametrize("case", CASES)
def test_check_rejects_each_mistake_in_a_file_that_compile_rejects(repository: Path, case: str) -> None:
    written(repository, {"infra/journeys/first.yaml": CASES[case][0].replace("‸", "")})

    assert checked(repository) == compiled(repository) != set()


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_of_each_journey_alone_check_finds_what_compile_finds_in_its_file(
    repository: Path, files: Mapping[str, str]
) -> None:
    written(repository, {"infra/journeys/fine.yaml": FINE, **files})
    expected = compiled(repository)

    for file in journey_files(repository / JOURNEYS):
        own = f"{JOURNEYS.as_posix()}/{file.name}:"
        assert {one for one in checked(repository, file) if one.startswith(own)} == {
            one for one in expected if one.startswith(own)
        }
