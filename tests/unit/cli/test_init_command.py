"""`wejourney new`, as it is typed."""

from pathlib import Path

import pytest

from tests.support.cli import run
from workbench.gallery import kinds, read_exhibit
from workbench.language.reading import read_file
from workbench.simulator.persona import read_persona


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("arguments", [(), ("--list",), ("birthday", "--list")])
def test_the_gallery_is_listed_and_nothing_is_written(repository: Path, arguments: tuple[str, ...]) -> None:
    result = run("new", *arguments, "--root", repository)

    assert result.exit_code == 0
    assert all(kind in result.stdout for kind in kinds())
    assert files(repository) == {}


def test_the_list_says_which_journeys_can_be_deployed() -> None:
    lines = run("new", "--list").stdout.splitlines()

    ready = {kind: line for kind in kinds() for line in lines if f"│ {kind} " in line}
    assert [kind for kind, line in ready.items() if "not yet" not in line] == [
        "event-reminder",
        "welcome-by-source",
    ]


@pytest.mark.parametrize("kind", kinds())
def test_a_journey_and_its_people_are_written_and_can_be_read_and_drawn(repository: Path, kind: str) -> None:
    result = run("new", kind, "ours", "--root", repository)

    assert result.exit_code == 0
    exhibit = read_exhibit(kind)
    assert files(repository) == {
        "infra/journeys/ours.yaml": exhibit.text,
        **{f"infra/personas/ours-{name}.yaml": text for name, text in exhibit.personas.items()},
    }
    assert read_file(repository / "infra/journeys/ours.yaml").mistakes == ()
    for path in (repository / "infra/personas").iterdir():
        assert read_persona(path).mistakes == ()
    assert run("graph", repository / "infra/journeys/ours.yaml").exit_code == 0


def test_without_a_name_it_is_called_as_in_the_gallery(repository: Path) -> None:
    run("new", "birthday", "--root", repository)

    assert "infra/journeys/birthday.yaml" in files(repository)


def test_what_to_do_next_is_said(repository: Path) -> None:
    told = run("new", "welcome-by-source", "hello", "--root", repository).stdout

    for command in (
        "uv run wejourney check infra/journeys/hello.yaml",
        "uv run wejourney simulate infra/journeys/hello.yaml --persona hello-mei",
        "uv run wejourney graph infra/journeys/hello.yaml",
        "uv run wejourney compile",
    ):
        assert f"  {command}" in told
    assert "cannot be deployed" not in told


def test_why_a_journey_cannot_be_deployed_yet_is_said_where_it_is_written(repository: Path) -> None:
    told = run("new", "post-purchase", "--root", repository).stdout

    assert "It cannot be deployed yet:" in told
    line = 1 + read_exhibit("post-purchase").text.splitlines().index("  event: payment")
    assert f"infra/journeys/post-purchase.yaml:{line}:" in told
    assert "the runtime has no payments yet" in told
    assert "`uv run wejourney compile` refuses" in told


@pytest.mark.parametrize("taken", ["infra/journeys/ours.yaml", "infra/personas/ours-tom.yaml"])
def test_nothing_is_overwritten_nor_half_of_it_written(repository: Path, taken: str) -> None:
    (repository / taken).parent.mkdir(exist_ok=True)
    (repository / taken).write_text("mine", "utf-8")

    result = run("new", "birthday", "ours", "--root", repository)

    assert result.exit_code == 2
    assert f"{taken} exists already" in result.stderr
    assert files(repository) == {taken: "mine"}


def test_a_kind_that_is_not_there_is_refused_with_the_one_that_was_meant(repository: Path) -> None:
    result = run("new", "birtday", "--root", repository)

    assert result.exit_code == 2
    assert "did you mean `birthday`?" in result.stderr
    assert files(repository) == {}


@pytest.mark.parametrize("name", ["Birthday", "../birthday", "b" * 41])
def test_a_name_that_no_journey_can_have_is_refused(repository: Path, name: str) -> None:
    result = run("new", "birthday", name, "--root", repository)

    assert result.exit_code == 2
    assert "cannot be a journey's name" in result.stderr
    assert files(repository) == {}


def test_a_folder_without_journeys_is_one_clear_line(tmp_path: Path) -> None:
    result = run("new", "birthday", "--root", tmp_path)

    assert result.exit_code == 2
    assert result.stderr.startswith("no folder infra/journeys here")
    assert files(tmp_path) == {}
