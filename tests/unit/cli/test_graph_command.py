"""`wejourney graph`, as it is typed."""

import sys
from pathlib import Path

import pytest
import typer

from tests.support.cli import run
from workbench.cli.commands import graph_command
from workbench.drawing import png
from workbench.project import write_file
from workbench.wording.picture_phrases import LANGUAGES

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


# --- formats -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out.png", "OUT.PNG", "a.svg.png"])
def test_a_file_that_is_named_png_is_one_twice_as_large_as_the_svg(
    good: Path, tmp_path: Path, name: str
) -> None:
    svg = run("graph", good).stdout
    result = run("graph", good, "-o", tmp_path / name)
    if "no font here" in result.stderr:
        pytest.skip("needs a font")
    assert result.exit_code == 0
    data = (tmp_path / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width = float(svg.partition('width="')[2].partition('"')[0])
    assert int.from_bytes(data[16:20]) == pytest.approx(2 * width, abs=2)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name",
    ["out.pdf", "out.jpg", "out.gif", "out.webp", "out.html", "out.svgz", "out.svg.gz", "out", "png", ".png"],
)
def test_another_format_is_an_error_that_names_those_there_are_before_anything_is_read(
    tmp_path: Path, name: str, language: str
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD, "utf-8")
    result = run("graph", file, "-o", tmp_path / name, "--lang", language)
    assert result.exit_code == 2
    assert all(text in result.stderr for text in (f"`{name}`", ".svg", ".png"))
    assert "folow" not in result.stderr
    assert sorted(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("letter", ["A", "等"])
def test_a_letter_that_no_font_has_is_an_error_and_no_file_is_written(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    monkeypatch.setattr(png, "_is_drawn", lambda text, _family: text != letter)
    monkeypatch.setattr(png, "_letters", lambda _svg: iter("等A"))
    result = run("graph", good, "-o", tmp_path / "out.png")
    assert result.exit_code == 2
    assert f"no font here has the letter `{letter}`" in result.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.svg"
    write_file(file, b"old")
    assert file.read_bytes() == b"old"

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    for how in ({}, {"is_new": True}):
        with pytest.raises(OSError, match="No space left"):
            write_file(file, b"new", **how)
    assert file.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [file]


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    file = tmp_path / "out.yaml"
    write_file(file, b"old", is_new=True)
    with pytest.raises(FileExistsError):
        write_file(file, b"new", is_new=True)
    assert file.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [file]


def test_an_error_names_the_file_or_folder_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        write_file(tmp_path / "nowhere" / "x.svg", b"new")
    assert missing.value.filename == str(tmp_path / "nowhere")
    (tmp_path / "x.svg").mkdir()
    with pytest.raises(OSError, match=r"x\.svg") as taken:
        write_file(tmp_path / "x.svg", b"new")
    assert (taken.value.filename, taken.value.filename2) == (str(tmp_path / "x.svg"), None)
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]
