"""Every command prints on every terminal: what its encoding lacks is replaced, and nothing fails."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli.main import main

ROOT = Path(__file__).parents[3]
MENU = "workbench/gallery/win-back/journey.yaml"
MEI = "workbench/gallery/win-back/personas/mei.yaml"
WELCOME = "infra/journeys/welcome-from-store.yaml"

COMMANDS = {
    "help": (["--help"], 0),
    "init": (["init"], 0),
    "check": (["check", WELCOME], 0),
    "check a wreck": (["check", "wreck.yaml", "没有😀.yaml"], 1),
    "a file that does not exist": (["check", "没有.yaml"], 2),
    "simulate": (["simulate", MENU, "--persona", MEI], 0),
    "simulate in Chinese": (["simulate", MENU, "--persona", MEI, "--lang", "zh"], 0),
    "simulate as JSON": (["simulate", MENU, "--persona", MEI, "--json"], 0),
    "simulate a population": (["simulate", WELCOME, "--population", "20", "--lang", "zh"], 0),
    "graph": (["graph", WELCOME, "--lang", "zh"], 0),
    "diff": (["diff", "workbench/gallery/birthday/journey.yaml", MENU], 1),
    "estimate": (["estimate", WELCOME], 0),
    "schema": (["schema"], 0),
}
ENCODINGS = ("ascii", "cp1252", "latin-1", "gbk", "big5", "shift_jis", "cp437", "gb18030", "utf-8")


@pytest.fixture
def wreck(tmp_path: Path) -> None:
    for name in ("wreck.yaml", "没有😀.yaml"):
        (tmp_path / name).write_text("标题：😀\n", "utf-8")
    for part in ("infra", "workbench"):
        (tmp_path / part).symlink_to(ROOT / part)


def printed(arguments: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes, bytes]:
    """The exit status of a command, and what it wrote on terminals of this encoding."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr(sys, "argv", ["wejourney", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue() for stream in streams)
    return int(ended.value.code or 0), out, err


@pytest.mark.usefixtures("wreck")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_in_the_encoding_of_the_terminal_and_never_fails_by_it(
    command: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, status = COMMANDS[command]

    ended, out, err = printed(arguments, encoding, monkeypatch)

    assert ended == status, err
    is_file = command in ("graph", "schema")
    assert out.decode("utf-8" if is_file else encoding) + err.decode(encoding)
    if "--json" in arguments:
        # Nothing is lost: JSON names the characters that the encoding does not have.
        assert json.loads(out.decode(encoding)) == json.loads(printed(arguments, "utf-8", monkeypatch)[1])


def test_a_whole_process_survives_a_terminal_of_gbk() -> None:
    command = [sys.executable, "-m", "infra.sandbox.run", "demo", "--help"]
    environment = {"PYTHONIOENCODING": "gbk", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment)  # noqa: S603
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
