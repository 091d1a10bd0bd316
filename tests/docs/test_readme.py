"""The README: short, its example is a journey, and its commands work."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, page, without_comments
from tests.support.cli import run
from workbench.compiler.state_machine import compile_journey
from workbench.language.reading import read_text

READMES = ("README.md", "README.zh-CN.md")
MOST_WORDS = 1_200


@pytest.mark.parametrize("name", READMES)
def test_the_readme_is_short(name: str) -> None:
    assert len(page(name).text.split()) <= MOST_WORDS


@pytest.mark.parametrize("name", READMES)
def test_the_journey_has_ten_lines_and_compiles(name: str) -> None:
    example = page(name).block("yaml")
    reading = read_text(example, "a-first-journey", "README.md")

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert compile_journey(reading.journey, "README.md")["States"]
    assert len(example.splitlines()) == 10


@pytest.mark.parametrize("name", READMES)
def test_the_commands_work_in_the_repository_with_the_journey_saved(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("infra/journeys", "infra/personas", "infra/contents"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "template.yaml", tmp_path)
    shutil.copy(ROOT / "infra/profile.yaml", tmp_path / "infra")
    (tmp_path / "infra/journeys/a-first-journey.yaml").write_text(page(name).block("yaml"), "utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [
        found
        for language, block in page(name).blocks
        if language == "sh"
        for found in re.findall(r"^uv run wejourney (.*)$", without_comments(block), re.MULTILINE)
    ]

    assert [command.split()[0] for command in commands] == [
        "check",
        "simulate",
        "graph",
        "estimate",
        "compile",
    ]
    for command in commands:
        result = run(*shlex.split(command))
        assert result.exit_code == 0, (command, result.output)
    assert (tmp_path / "a-first-journey.svg").exists()
    assert (tmp_path / "infra/statemachines/a-first-journey.asl.json").exists()


@pytest.mark.parametrize("name", READMES)
def test_check_rejects_the_journey_with_a_wait_of_50_hours_as_the_page_says(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / "a-first-journey.yaml"
    file.write_text(page(name).block("yaml").replace("wait: 22h", "wait: 50h"), "utf-8")

    result = run("check", file)

    assert result.exit_code == 1
    assert "no allowance" in result.stderr


@pytest.mark.parametrize("name", READMES)
def test_the_make_targets_can_be_run(name: str) -> None:
    """Make itself reads them, and prints what it would do."""
    targets = [line.split()[1] for line in page(name).command_lines if line.startswith("make ")]

    assert {"demo", "test", "sandbox"} <= set(targets)
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607 - ours


@pytest.mark.parametrize("name", READMES)
def test_every_page_for_users_is_linked(name: str) -> None:
    linked = {link.replace(".zh-CN.", ".") for link in page(name).links}
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}

    assert {path.replace(".zh-CN.", ".") for path in pages} <= linked


@pytest.mark.parametrize("name", READMES)
def test_the_picture_names_every_function_but_those_that_only_commands_call(name: str) -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    shown = {function for function in functions if function in page(name).block("mermaid")}

    assert functions - shown == {"check_setup", "create_code"}
