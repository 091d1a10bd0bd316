"""The first section of the pages on loyalty: whoever types it has what it says, in a copy of the samples."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, page
from tests.support.cli import run
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.project import outputs_of, read_project, refusals

PAGES = ("docs/loyalty.md", "docs/loyalty.zh-CN.md")
FILES = re.compile(r"`((?:infra/)?[\w/-]+\.yaml)`[^`]*\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(
    r"^```sh\n(uv run wejourney (?:check|simulate|programme).*?)^```\n\n```\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def section(name: str) -> str:
    """What is before the second heading of the page's parts."""
    return page(name).text.split("\n## ")[1]


@pytest.fixture
def typed(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path]:
    """The section, and a copy of the samples in which its files were written."""
    text = section(request.param)
    shutil.copytree(
        ROOT / "infra", tmp_path / "infra", ignore=shutil.ignore_patterns("__pycache__", "sandbox")
    )
    shutil.copy(ROOT / "template.yaml", tmp_path)
    files = FILES.findall(text)
    assert len(files) == 5
    for name, content in files:
        (tmp_path / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    return text, tmp_path


@pytest.mark.parametrize("typed", PAGES, indirect=True)
def test_each_command_of_the_first_section_prints_what_is_below_it(typed: tuple[str, Path]) -> None:
    text, _ = typed
    language = "zh" if "（" in text else "en"
    found = COMMANDS.findall(text)
    assert len(found) == 2
    for commands, shown in found:
        for line in commands.splitlines():
            done = run("--lang", language, *shlex.split(line)[3:], columns=110)
            assert done.exit_code == 0, done.output
        assert [one.rstrip() for one in done.stdout.splitlines()] == shown.splitlines()


@pytest.mark.parametrize("typed", PAGES, indirect=True)
def test_the_mistake_of_the_first_section_is_told_as_it_says(typed: tuple[str, Path]) -> None:
    text, root = typed
    (told,) = re.findall(r"^infra/programme.yaml:\d+:\d+: .*$", text, re.MULTILINE)
    programme = root / "infra/programme.yaml"
    programme.write_text(programme.read_text("utf-8").replace("gives: 1,", "gives: 1.5,"), "utf-8")
    language = "zh" if "必须" in told else "en"
    done = run("check", "infra/journeys/points-word.yaml", "--lang", language)

    assert done.exit_code == 1
    assert told in done.output


@pytest.mark.parametrize("typed", PAGES, indirect=True)
def test_what_the_first_section_writes_can_be_deployed_beside_the_samples(typed: tuple[str, Path]) -> None:
    _, root = typed
    project = read_project(root)
    assert refusals(project, RULE_SETS["current"]) == []
    assert any("points-word" in str(path) for path in outputs_of(project))
