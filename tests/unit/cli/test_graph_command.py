"""`wejourney graph`, as it is typed."""

import sys
from pathlib import Path

import pytest
import typer

from tests.support.cli import run
from workbench.cli import graph_command

GOOD = """\
title: {en: Hello, zh: 你好}
trigger: {event: follow}
steps:
  - wait: 2h
  - tag: x
  - stop: enough
"""
BAD = "title: T\ntrigger: {event: folow}\nsteps:\n  - tagg: x\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, "utf-8")
    return file


def test_a_picture_goes_to_stdout_as_svg_in_english(good: Path) -> None:
    result = run("graph", good)
    assert result.exit_code == 0
    assert result.stdout.startswith("<svg ")
    assert result.stdout.endswith("</svg>\n")
    assert "Wait 2 hours" in result.stdout


def test_a_terminal_is_told_how_to_write_the_svg_to_a_file(
    good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(typer.Exit) as ended:
        graph_command.graph(good)
    told = capsys.readouterr()
    assert ended.value.exit_code == 2
    assert told.out == ""
    assert "-o good.svg" in told.err


def test_a_picture_is_written_to_a_file_in_chinese(good: Path, tmp_path: Path) -> None:
    result = run("graph", good, "--lang", "zh", "-o", tmp_path / "out.svg")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "等待 2 小时" in (tmp_path / "out.svg").read_text("utf-8")


def test_an_error_is_printed_as_check_prints_it_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD, "utf-8")
    result = run("graph", file, "-o", tmp_path / "out.svg")
    assert result.exit_code == 1
    assert result.stderr == run("check", file).stderr
    assert "did you mean `follow`?" in result.stderr
    assert not (tmp_path / "out.svg").exists()


@pytest.mark.parametrize("options", [("--lang", "fr"), ("--format", "png")])
def test_an_unknown_language_or_option_is_a_usage_error(good: Path, options: tuple[str, str]) -> None:
    assert run("graph", good, *options).exit_code == 2


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    assert run("graph", tmp_path / "none.yaml").exit_code == 2


def test_an_output_path_that_cannot_be_written_is_a_usage_error(good: Path, tmp_path: Path) -> None:
    result = run("graph", good, "-o", tmp_path / "no/such/folder/out.svg")
    assert result.exit_code == 2
    assert "out.svg" in result.stderr
