"""A command loads what it needs and reads each file once: counted, in a fresh interpreter."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run
from workbench.checks import deployable
from workbench.cli.main import FUNCTIONS, load
from workbench.compare import comparison
from workbench.language import reading

ROOT = Path(__file__).parents[3]

SCRIPT = """
import json, sys

opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
sys.argv = ["wejourney", *sys.argv[1:]]
from workbench.cli.main import main

try:
    main()
except SystemExit as end:
    status = end.code or 0
print(json.dumps({
    "status": status,
    "modules": sorted(sys.modules),
    "opened": [path for path in opened if path.endswith(".yaml")],
}))
"""


def started(*arguments: str, folder: Path = ROOT) -> Any:
    """The exit status, the modules imported and the YAML files opened by a command."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)  # noqa: S603 - ours
    return json.loads(done.stdout.splitlines()[-1])


def imported(start: Any, *packages: str) -> list[str]:
    return [name for name in start["modules"] if name.partition(".")[0] in packages]


def test_help_imports_no_command() -> None:
    start = started("--help")

    assert start["status"] == 0
    assert imported(start, "workbench") == [
        "workbench",
        "workbench.cli",
        "workbench.cli.consoles",
        "workbench.cli.help",
        "workbench.cli.main",
        "workbench.cli.spoken",
        "workbench.wording",
        "workbench.wording.help_phrases",
        "workbench.wording.picture_phrases",
    ]
    assert not imported(start, "wejourney", "botocore", "pynamodb", "pydantic", "ruamel", "yaml")
    # 327: Python's own, typer's and rich's. With all commands there were more than 1,100.
    assert len(start["modules"]) < 360


def test_check_imports_neither_aws_nor_the_simulator_nor_the_slow_parser() -> None:
    start = started("check", "infra/journeys/welcome-back.yaml")

    assert start["status"] == 0
    assert not imported(start, "botocore", "pynamodb", "cryptography", "ruamel")
    packages = {".".join(name.split(".")[:2]) for name in imported(start, "workbench")}
    unneeded = {"simulator", "estimate", "operations", "drawing", "compare", "trace"}
    assert not packages & {f"workbench.{package}" for package in unneeded}
    # 406 with pydantic, by which typer reads arguments; 29 more are of the programme, a language of its own.
    assert len(start["modules"]) < 495


def test_check_opens_each_file_once(tmp_path: Path) -> None:
    for folder in ("infra/journeys", "infra/contents"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "infra/profile.yaml", tmp_path / "infra")
    files = [f"infra/journeys/{name}.yaml" for name in ("welcome-back", "welcome-from-store")]
    others = [f"infra/journeys/other-{number}.yaml" for number in range(100)]
    for other in others:
        shutil.copy(tmp_path / files[0], tmp_path / other)

    start = started("check", *files, folder=tmp_path)

    assert start["status"] == 0
    opened = Counter(str(Path(path)).removeprefix(f"{tmp_path}/") for path in start["opened"])
    assert opened == dict.fromkeys(
        [*files, *others, "infra/contents/new-collection.yaml", "infra/profile.yaml"], 1
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_help_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    listed = " ".join(run("--help", columns=400).stdout.split())
    summary, _, _ = load(name).help.partition("\n")

    assert f"│ {name} {summary}" in listed
    assert f"\n\n{summary}\n\n" in run(name, "--help", columns=400).stdout


def test_the_version_is_printed_without_a_command() -> None:
    done = run("--version")
    assert (done.exit_code, done.stdout) == (0, f"wejourney {metadata.version('wejourney')}\n")


def test_of_a_hundred_journeys_only_the_one_that_is_asked_for_is_checked_and_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("infra/journeys", "infra/contents"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    asked = tmp_path / "infra/journeys/welcome-back.yaml"
    for number in range(100):
        shutil.copy(asked, asked.with_name(f"other-{number}.yaml"))
    done: Counter[str] = Counter()

    def counted(module: Any, name: str) -> None:
        real = getattr(module, name)

        def call(*arguments: Any, **more: Any) -> Any:
            done[name] += 1
            return real(*arguments, **more)

        monkeypatch.setattr(module, name, call)

    counted(reading, "check_journey")
    counted(deployable, "prove")

    run("check", asked)

    assert done == {"check_journey": 1, "prove": 1}


READERS = (
    ("graph", "FILE"),
    ("estimate", "FILE"),
    ("simulate", "FILE", "--population", "1"),
    ("simulate", "FILE", "--with", "OTHER", "--population", "1"),
    ("diff", "FILE", "OTHER"),
)


@pytest.mark.parametrize("call", READERS, ids=" ".join)
def test_a_command_that_shows_journeys_opens_and_proves_each_once(
    call: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, name in (("a", "file"), ("a", "beside"), ("b", "other")):
        (tmp_path / folder).mkdir(exist_ok=True)
        text = f"title: T\ntrigger: {{event: text, keywords: {name}}}\nsteps:\n  - send: {{text: hi}}\n"
        (tmp_path / folder / f"{name}.yaml").write_text(text)
    opened, proved = Counter[str](), Counter[str]()
    for module in (deployable, comparison):
        monkeypatch.setattr(module, "prove", _counted(module.prove, proved, lambda journey: journey.name))
    monkeypatch.setattr(Path, "open", _counted(Path.open, opened, lambda path: path.stem))

    named = {"FILE": str(tmp_path / "a/file.yaml"), "OTHER": str(tmp_path / "b/other.yaml")}
    done = run(*(named.get(part, part) for part in call))

    shown = {"file", *(["other"] if "OTHER" in call else [])}
    assert done.exit_code == (1 if call[0] == "diff" else 0)
    assert {name: opened[name] for name in ("file", "beside", *shown)} == dict.fromkeys(("beside", *shown), 1)
    assert sum(proved.values()) == len(shown)


def _counted(real: Any, count: Counter[str], name: Any) -> Any:
    def call(first: Any, *arguments: Any, **more: Any) -> Any:
        count[name(first)] += 1
        return real(first, *arguments, **more)

    return call
