"""A journey is the same however its file is named, and wherever the command is called from."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import run

ROOT = Path(__file__).parents[3]
JOURNEY = """\
title: The new collection
trigger: {event: text, keywords: new}
steps:
  - send: {content: new-collection}
"""
PERSONA = """\
name: Nan
language: en
acts:
  - say: new
"""

COMMANDS = {
    "check": ["check", "FILE"],
    "graph": ["graph", "FILE", "--out", "picture.svg"],
    "estimate": ["estimate", "FILE"],
    "simulate a persona": ["simulate", "FILE", "--persona", "nan"],
    "simulate its own personas": ["simulate", "FILE"],
    "simulate a population": ["simulate", "FILE", "--population", "5"],
    "simulate another with it": ["simulate", "OTHER", "--with", "FILE", "--population", "5"],
    "diff": ["diff", "OTHER", "FILE"],
}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two repositories that lie beside each other: `ours` has the content that the journey sends."""
    for name in ("ours", "theirs"):
        for part in ("journeys", "contents", "personas", "notes"):
            (tmp_path / name / "infra" / part).mkdir(parents=True)
    ours = tmp_path / "ours/infra"
    shutil.copy(ROOT / "infra/contents/new-collection.yaml", ours / "contents")
    (ours / "journeys/new.yaml").write_text(JOURNEY)
    (ours / "journeys/older.yaml").write_text(JOURNEY.replace("keywords: new", "keywords: old"))
    (ours / "personas/nan.yaml").write_text(PERSONA)
    (ours / "journeys/new.personas").mkdir()
    (ours / "journeys/new.personas/nan.yaml").write_text(PERSONA)
    (tmp_path / "linked").symlink_to(ours / "journeys")
    (tmp_path / "new.yaml").symlink_to(ours / "journeys/new.yaml")
    (tmp_path / "older.yaml").symlink_to(ours / "journeys/older.yaml")
    (tmp_path / "theirs/infra/journeys/new.yaml").symlink_to(ours / "journeys/new.yaml")
    (tmp_path / "theirs/infra/journeys/older.yaml").symlink_to(ours / "journeys/older.yaml")
    return tmp_path


def namings(folders: Path) -> Iterator[tuple[Path, str]]:
    """Where somebody stands, and what the folder of the journey is called from there."""
    places = ["", "ours", "ours/infra", "ours/infra/journeys", "ours/infra/notes", "theirs", "theirs/infra"]
    for place in map(folders.joinpath, places):
        there = folders / "ours/infra/journeys"
        yield place, str(there)
        yield place, os.path.relpath(there, place)
        yield place, f"{folders}/theirs/infra/notes/../../../ours/infra/journeys"
        yield place, os.path.relpath(folders / "linked", place)
        yield place, os.path.relpath(folders, place)
        yield place, os.path.relpath(folders / "theirs/infra/journeys", place)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_the_same_of_a_journey_however_its_file_is_named(
    command: str, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command from each place and by each kind of name, `check` in all 42 combinations."""
    answers = {}
    used = list(namings(folders))[:: 1 if command == "check" else 5]
    for place, folder in used:
        monkeypatch.chdir(place)
        names = {"FILE": f"{folder}/new.yaml", "OTHER": f"{folder}/older.yaml"}
        done = run(*(names.get(argument, argument) for argument in COMMANDS[command]))
        answers[place, folder] = (done.exit_code, done.stdout.replace(f"{folder}/", ""), done.stderr)

    assert len(answers) == len(used) == (42 if command == "check" else 9)
    assert len(set(answers.values())) == 1, answers
    assert next(iter(answers.values()))[0] == (1 if command == "diff" else 0)


def test_a_file_that_is_given_by_two_names_is_checked_once(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders / "ours")

    done = run("check", "infra/journeys/new.yaml", "../linked/new.yaml", folders / "new.yaml")

    assert done.stdout == "1 accepted under rule set `current`\n"


def test_a_journey_whose_repository_has_no_such_content_is_rejected_from_everywhere(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lonely = folders / "theirs/infra/journeys/lonely.yaml"
    lonely.write_text(JOURNEY)
    for place in ("ours", "ours/infra/journeys", "theirs"):
        monkeypatch.chdir(folders / place)
        for name in (lonely, os.path.relpath(lonely)):
            done = run("check", name)
            assert (done.exit_code, "there is no content `new-collection`" in done.stderr) == (1, True)
