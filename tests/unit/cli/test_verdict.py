"""A journey that `check` rejects is shown by other commands, which say so."""

import json
from pathlib import Path

import pytest

from tests.support.cli import run

REJECTED = """\
title: A message after two hours
trigger: {event: follow}
steps:
  - wait: 2h
  - send: {text: Do you like what you have seen?}
"""
ACCEPTED = REJECTED.replace("2h", "20s")
CALLED_BY_NOBODY = ACCEPTED + "  - start: nowhere\n"
COMMANDS = {
    "graph": ["graph", "FILE", "--out", "picture.svg"],
    "graph to a pipe": ["graph", "FILE"],
    "estimate": ["estimate", "FILE"],
    "estimate as JSON": ["estimate", "FILE", "--json"],
    "simulate a population": ["simulate", "FILE", "--population", "3"],
    "simulate a population as JSON": ["simulate", "FILE", "--population", "3", "--json"],
    "simulate a persona": ["simulate", "FILE", "--persona", "mei.yaml"],
    "simulate it with another": ["simulate", "good.yaml", "--with", "FILE", "--population", "3"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mei.yaml").write_text("name: Mei\nlanguage: en\nacts: [{follow: {}}]\n")
    (tmp_path / "good.yaml").write_text(ACCEPTED)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("text", [REJECTED, CALLED_BY_NOBODY], ids=["unproved", "wrong beside others"])
def test_a_command_says_in_one_line_that_check_rejects_the_journey_that_it_shows(
    command: str, text: str
) -> None:
    arguments = COMMANDS[command]
    for name, content, rejected in (("bad.yaml", text, True), ("fine.yaml", ACCEPTED, False)):
        Path(name).write_text(content)
        done = run(*(name if argument == "FILE" else argument for argument in arguments))
        Path(name).unlink()
        assert done.exit_code == 0
        said = [line for line in done.stderr.splitlines() if "rejects this under rule set `current`" in line]
        assert len(said) == rejected
        if rejected:
            assert f"check {'good.yaml ' if 'with' in command else ''}bad.yaml" in said[0]


def test_the_estimate_as_json_holds_what_check_found() -> None:
    Path("bad.yaml").write_text(REJECTED)
    (rejected,) = json.loads(run("estimate", "bad.yaml", "--json").stdout)["rejected"]
    (found,) = json.loads(run("check", "bad.yaml", "--json").stdout)
    assert rejected == found
    assert json.loads(run("estimate", "good.yaml", "--json").stdout)["rejected"] == []


def test_the_rules_that_are_asked_for_are_those_that_decide() -> None:
    Path("bad.yaml").write_text(REJECTED)
    assert "rejects" not in run("estimate", "bad.yaml", "--rules", "2020").stderr


@pytest.mark.parametrize("version", ["old", "new"])
def test_a_comparison_says_what_check_finds_beside_the_messages(version: str) -> None:
    Path("bad.yaml").write_text(CALLED_BY_NOBODY)
    files = ("bad.yaml", "good.yaml") if version == "old" else ("good.yaml", "bad.yaml")

    told = run("diff", *files)
    rejected = json.loads(run("diff", *files, "--json").stdout)["rejected"]

    assert [line.startswith("`check` rejects this") for line in told.stderr.splitlines()] == [True]
    assert "accepted" not in told.stdout
    assert rejected[version] == json.loads(run("check", "bad.yaml", "--json").stdout)
    assert sum(map(len, rejected.values())) == 1


def test_a_comparison_tells_a_message_without_an_allowance_once() -> None:
    Path("bad.yaml").write_text(REJECTED)
    assert run("diff", "bad.yaml", "good.yaml").stderr == ""
