"""`wejourney init`, as it is typed."""

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


def test_without_arguments_the_gallery_is_listed_and_nothing_is_written(repository: Path) -> None:
    result = run("init", "--root", repository)

    assert result.exit_code == 0
    assert all(kind in result.stdout for kind in kinds())
    assert files(repository) == {}


def test_a_name_without_a_kind_is_a_usage_error_that_lists_the_kinds(repository: Path) -> None:
    result = run("init", "ours", "--root", repository)

    assert result.exit_code == 2
    assert result.stderr.startswith("`ours` needs --from KIND: ")
    assert all(kind in result.stderr for kind in kinds())
    assert files(repository) == {}


def test_the_list_says_which_journeys_can_be_deployed() -> None:
    lines = run("init").stdout.splitlines()

    ready = {kind: line for kind in kinds() for line in lines if f"│ {kind} " in line}
    assert [kind for kind, line in ready.items() if "not yet" not in line] == [
        "booking-reminder",
        "event-reminder",
        "my-points",
        "opt-in",
        "opt-out",
        "welcome-by-source",
    ]


@pytest.mark.parametrize("kind", kinds())
def test_a_journey_and_its_people_are_written_and_can_be_read_and_drawn(repository: Path, kind: str) -> None:
    result = run("init", "ours", "--from", kind, "--root", repository)

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


def test_the_default_name_is_the_one_in_the_gallery(repository: Path) -> None:
    run("init", "--from", "birthday", "--root", repository)

    assert "infra/journeys/birthday.yaml" in files(repository)


def test_the_next_commands_are_printed(repository: Path) -> None:
    printed = run("init", "hello", "--from", "welcome-by-source", "--root", repository).stdout

    for command in (
        "uv run wejourney check infra/journeys/hello.yaml",
        "uv run wejourney simulate infra/journeys/hello.yaml --persona hello-mei",
        "uv run wejourney graph infra/journeys/hello.yaml",
        "uv run wejourney compile",
    ):
        assert f"  {command}" in printed
    assert "cannot be deployed" not in printed


def test_parts_that_cannot_be_deployed_yet_are_listed_with_their_line(repository: Path) -> None:
    printed = run("init", "--from", "win-back", "--root", repository).stdout

    assert "This journey cannot be deployed yet:" in printed
    line = 1 + read_exhibit("win-back").text.splitlines().index("      mass:") + 1
    assert f"infra/journeys/win-back.yaml:{line}:" in printed
    assert "the runtime cannot send a mass message yet" in printed
    assert "`uv run wejourney compile` rejects" in printed


@pytest.mark.parametrize("taken", ["infra/journeys/ours.yaml", "infra/personas/ours-tom.yaml"])
def test_existing_files_are_never_overwritten_and_nothing_is_half_written(
    repository: Path, taken: str
) -> None:
    (repository / taken).parent.mkdir(exist_ok=True)
    (repository / taken).write_text("mine", "utf-8")

    result = run("init", "ours", "--from", "birthday", "--root", repository)

    assert result.exit_code == 2
    assert f"{taken} already exists" in result.stderr
    assert files(repository) == {taken: "mine"}


def test_an_unknown_kind_is_a_usage_error_with_the_nearest_one(repository: Path) -> None:
    result = run("init", "--from", "birtday", "--root", repository)

    assert result.exit_code == 2
    assert "did you mean `birthday`?" in result.stderr
    assert files(repository) == {}


@pytest.mark.parametrize("name", ["Birthday", "../birthday", "b" * 41])
def test_an_invalid_journey_name_is_rejected(repository: Path, name: str) -> None:
    result = run("init", name, "--from", "birthday", "--root", repository)

    assert result.exit_code == 2
    assert "is not a valid journey name" in result.stderr
    assert files(repository) == {}


def test_an_empty_folder_gets_its_folders_for_journeys_and_personas(tmp_path: Path) -> None:
    assert run("init", "--from", "birthday", "--root", tmp_path).exit_code == 0
    assert (tmp_path / "infra/journeys/birthday.yaml").is_file()
    assert (tmp_path / "infra/personas/birthday-mei.yaml").is_file()
