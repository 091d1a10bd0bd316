from pathlib import Path

import pytest

from wejourney.messaging.contents import Text
from workbench.language.reading import read_file, read_library
from workbench.language.step_types import Send
from workbench.project import read_project

JOURNEY = """\
title: {en: T, zh: T}
trigger: {event: follow}
steps:
  - send: {content: care}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("infra/journeys", "infra/contents"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def write(repository: Path, **files: str) -> Path:
    for name, text in files.items():
        (repository / f"infra/contents/{name}.yaml").write_text(text, "utf-8")
    journey = repository / "infra/journeys/first.yaml"
    journey.write_text(JOURNEY, "utf-8")
    return journey


def test_a_content_of_the_library_is_written_into_the_journey(repository: Path) -> None:
    path = write(repository, care="text: {en: Care, zh: 保养}\n")

    reading = read_file(path)

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert reading.journey.steps == (Send(Text({"en": "Care", "zh": "保养"})),)


@pytest.mark.parametrize(
    ("written", "line", "column", "message"),
    [
        ("txt: a\n", 1, 1, "a content has no field `txt`"),
        ("text: ' '\n", 1, 7, "a text is empty"),
        ("news:\n  title: a\n", 2, 3, "`description` is missing"),
        ("text: Hi {tier}\n", 1, 7, "`{tier}` has no fallback"),
        ("template: {id: a, data: {thng1: b}}\n", 1, 26, "`thng1` is not a template field"),
        ("[a]\n", 1, 1, "write a content as fields"),
        ("", 1, 1, "the file is empty"),
    ],
)
def test_a_mistake_in_a_content_is_reported_once_in_its_own_file(
    repository: Path, written: str, line: int, column: int, message: str
) -> None:
    path = write(repository, care=written)

    for mistakes in (read_file(path).mistakes, read_project(repository).mistakes):
        first = mistakes[0]
        assert (first.file, first.line, first.column) == ("infra/contents/care.yaml", line, column)
        assert message in first.message
        assert {mistake.file for mistake in mistakes} == {"infra/contents/care.yaml"}
        assert len(mistakes) == len(set(mistakes))


def test_a_content_that_nobody_uses_is_checked_with_the_project(repository: Path) -> None:
    path = write(repository, care="text: a\n", other="text: {xx: a}\n")

    assert read_file(path).mistakes == ()
    assert [mistake.file for mistake in read_project(repository).mistakes] == ["infra/contents/other.yaml"]


def test_an_unknown_content_gets_the_nearest_name(repository: Path) -> None:
    path = write(repository, caer="text: a\n")

    [mistake] = read_file(path).mistakes

    assert (mistake.line, mistake.column) == (4, 21)
    assert (mistake.message, mistake.hint) == ("there is no content `care`", "did you mean `caer`?")


def test_a_mistake_that_depends_on_the_journey_is_reported_where_the_content_is_used(
    repository: Path,
) -> None:
    path = write(repository, care="text: {en: 'Size {answer.size|S}'}\n")

    mistakes = read_file(path).mistakes

    assert {(mistake.file, mistake.line, mistake.column) for mistake in mistakes} == {(str(path), 4, 21)}
    assert [mistake.message for mistake in mistakes] == [
        "the question `size` is not asked on this path",
        "this text has no `zh`, but other texts of this journey do",
    ]


@pytest.mark.parametrize("name", ["Care", "a b", "a--b"])
def test_the_file_of_a_content_is_named_like_that_of_a_journey(repository: Path, name: str) -> None:
    write(repository, **{name: "text: a\n"})

    [mistake] = read_library(repository).mistakes[name]

    assert mistake.message == f"`{name}.yaml` is not a valid file name for a content"


def test_a_file_outside_of_a_repository_has_no_library(tmp_path: Path) -> None:
    path = tmp_path / "first.yaml"
    path.write_text(JOURNEY, "utf-8")

    [mistake] = read_file(path).mistakes

    assert mistake.hint == "the folder infra/contents is empty"
