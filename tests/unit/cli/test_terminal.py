"""Where commands write, and how wide."""

import os
from pathlib import Path

import pytest
import typer
from rich.table import Table

from tests.support.cli import run
from workbench import cli
from workbench.cli.consoles import PIPE_WIDTH, complaints, output
from workbench.cli.terminal import USAGE, fail, print_json
from workbench.language.mistakes import verbatim

LONG = "word " * 100
CLI = Path(cli.__path__[0])


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_each_command_asks_anew_how_wide_the_terminal_is() -> None:
    """Two commands in one process, as tests have them: the second knows nothing of the first's width."""
    narrow, wide = (run("init", columns=columns).stdout for columns in (70, 100))
    assert widest(narrow) <= 70 < widest(wide) <= 100


def test_there_is_one_place_that_makes_consoles() -> None:
    sources = {path.name: path.read_text("utf-8") for path in CLI.glob("*.py")}
    makers = {name for name, text in sources.items() if "Console(" in text or "Terminal(" in text}
    assert makers == {"consoles.py"}


def test_a_pipe_gets_whole_tables_whatever_the_terminal_around_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((40, 20)))
    table = Table()
    table.add_row(LONG)
    output().print(table)
    assert widest(capsys.readouterr().out) == PIPE_WIDTH


def test_a_line_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    output().print(LONG)
    complaints().print(LONG)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (f"{LONG}\n", f"{LONG}\n")


@pytest.mark.parametrize("text", ["[red]oX[/]", "[/]", ":smile:", "a [link=x]b[/link]"])
def test_texts_are_printed_without_interpreting_markup(capsys: pytest.CaptureFixture[str], text: str) -> None:
    table = Table(text, title=text)
    table.add_row(text)
    output().print(text)
    output().print(table)
    complaints().print(text)
    shown = capsys.readouterr()
    assert shown.out.count(text) == 4
    assert shown.err == f"{text}\n"


def test_a_failure_is_one_line_on_stderr_and_an_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        fail(verbatim("no [such] thing"))
    assert ended.value.exit_code == USAGE
    assert capsys.readouterr() == ("", "no [such] thing\n")


def test_json_keeps_chinese_and_prints_other_types_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"said": "你好", "file": Path("a.yaml")})
    assert capsys.readouterr().out == '{\n  "said": "你好",\n  "file": "a.yaml"\n}\n'
