"""`wejourney diff`, as it is typed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import run
from workbench.gallery import GALLERY

WELCOME = GALLERY / "welcome-by-source"
OLD = (WELCOME / "journey.yaml").read_text("utf-8")
NEW = OLD.replace("wait: 20h", "wait: 22h")


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old/hello.yaml", tmp_path / "new/hello.yaml"
    for path, text in ((old, OLD), (new, NEW)):
        path.parent.mkdir()
        path.write_text(text, "utf-8")
    return old, new


def test_the_same_journey_is_exit_status_0(versions: tuple[Path, Path]) -> None:
    old, _ = versions
    result = run("diff", old, old, "--personas", WELCOME / "personas")
    assert result.exit_code == 0
    assert result.stdout.startswith("no difference\n")
    assert "Live runs" not in result.stdout


def test_a_change_is_shown_by_step_persona_and_proof_with_exit_status_1(
    versions: tuple[Path, Path],
) -> None:
    result = run("diff", *versions, "--personas", WELCOME / "personas")
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[:2] == ["~ step 4  Wait 22 hours", "    wait: 20h → 22h"]
    assert "Mei (mei.yaml): transcript changes" in lines
    assert "Tom (tom.yaml): same transcript" in lines
    assert "WeChat allows every message of the old version under rule set `current`." in lines
    assert "WeChat allows every message of the new version under rule set `current`." in lines


def test_personas_that_enter_neither_version_are_only_counted(
    versions: tuple[Path, Path], tmp_path: Path
) -> None:
    people = shutil.copytree(WELCOME / "personas", tmp_path / "people")
    (people / "lee.yaml").write_text("name: Lee\nacts:\n  - {at: 0s, say: hello}\n", "utf-8")
    result = run("diff", *versions, "--personas", people)
    assert "Lee" not in result.stdout
    assert "1 of 3 personas enter neither version" in result.stdout.splitlines()
    told = json.loads(run("diff", *versions, "--personas", people, "--json").stdout)
    assert {life["file"]: life["enters"] for life in told["behaviours"]} == {
        "lee.yaml": False,
        "mei.yaml": True,
        "tom.yaml": True,
    }


def test_diff_says_that_live_runs_stay_on_their_version(versions: tuple[Path, Path]) -> None:
    """mautic #4144: "You basically have to be 100% sure of any send dates before you launch"."""
    assert (
        run("diff", *versions)
        .stdout.splitlines()[-1]
        .startswith("Live runs finish on the version they started with")
    )


def test_a_rejected_new_version_is_reported_and_exits_1(versions: tuple[Path, Path]) -> None:
    old, new = versions
    new.write_text(OLD.replace("wait: 20h", "wait: 3d"), "utf-8")
    result = run("diff", old, new)
    assert result.exit_code == 1
    assert "The new version is rejected under rule set `current`:" in result.stdout
    assert "no allowance" in result.stdout


def test_scripts_read_json(versions: tuple[Path, Path]) -> None:
    result = run("diff", *versions, "--personas", WELCOME / "personas", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["differs"] is True
    assert told["changes"] == [
        {
            "sort": "changed",
            "what": "step",
            "place": "4",
            "words": "Wait 22 hours",
            "values": [{"name": "wait", "old": "20h", "new": "22h"}],
        }
    ]
    assert [(life["persona"], life["differs"]) for life in told["behaviours"]] == [
        ("Mei", True),
        ("Tom", False),
    ]
    assert told["rules"] == {"old": [], "new": []}


def test_a_version_with_an_error_cannot_be_compared(versions: tuple[Path, Path]) -> None:
    old, new = versions
    new.write_text(NEW.replace("event: follow", "event: folow"), "utf-8")
    result = run("diff", old, new)
    assert result.exit_code == 2
    assert "did you mean `follow`?" in result.stderr


def test_a_persona_with_an_error_is_a_usage_error_with_its_place(
    versions: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people/lee.yaml").write_text("nam: Lee\n", "utf-8")
    result = run("diff", *versions, "--personas", tmp_path / "people")
    assert result.exit_code == 2
    assert "lee.yaml:1:1" in result.stderr


@pytest.mark.parametrize(
    "version", ["no-such-file.yaml", "HEAD:infra/journeys/no-such-file.yaml", "--x:y", "HEAD:"]
)
def test_a_missing_version_is_a_usage_error(versions: tuple[Path, Path], version: str) -> None:
    result = run("diff", versions[0], "--", version)
    assert result.exit_code == 2
    assert result.stderr != ""


def test_unknown_rules_are_a_usage_error(versions: tuple[Path, Path]) -> None:
    assert run("diff", *versions, "--rules", "1999").exit_code == 2


# --- versions of git's history ---------------------------------------------------------------------

LIBRARY = """\
title: T
trigger: {event: follow}
steps:
  - send: {content: greeting}
"""


def git(*arguments: str) -> None:
    program = shutil.which("git")
    assert program is not None
    subprocess.run([program, *arguments], check=True, capture_output=True)  # noqa: S603 - our own commands


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose last commit has another greeting than its files."""
    monkeypatch.chdir(tmp_path)
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "infra/journeys").mkdir(parents=True)
    (tmp_path / "infra/contents").mkdir()
    (tmp_path / "infra/journeys/hello.yaml").write_text(LIBRARY, "utf-8")
    (tmp_path / "infra/contents/greeting.yaml").write_text("text: Hello\n", "utf-8")
    git("init", "--quiet")
    git("add", "infra")
    author = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    git(*author, "commit", "--quiet", "--no-verify", "-m", "First")
    (tmp_path / "infra/contents/greeting.yaml").write_text("text: Good day\n", "utf-8")
    return tmp_path


def test_a_git_revision_is_read_with_the_contents_that_it_had(history: Path) -> None:
    assert (history / ".git").is_dir()
    result = run("diff", "HEAD:infra/journeys/hello.yaml", "infra/journeys/hello.yaml")
    assert result.exit_code == 1
    assert "    text.any: Hello → Good day" in result.stdout.splitlines()
    assert "No persona was simulated" in result.stdout


def test_a_revision_that_git_cannot_read_is_named_as_it_was_typed(
    versions: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(versions[0].parent.parent))
    monkeypatch.chdir(versions[0].parent)
    result = run("diff", "HEAD:infra/journeys/hello.yaml", "hello.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith("git cannot read HEAD:infra/journeys/hello.yaml: ")


def test_two_git_revisions_are_compared(history: Path) -> None:
    assert (history / ".git").is_dir()
    version = "HEAD:infra/journeys/hello.yaml"
    assert run("diff", version, version).exit_code == 0


def test_a_git_revision_is_read_with_the_purposes_that_it_had(history: Path) -> None:
    """A journey that asks for a consent is another one with another version of the text."""
    purposes, file = history / "infra/consents.yaml", history / "infra/journeys/hello.yaml"
    purposes.write_text('newsletter: {title: News, version: "1", text: I agree.}\n', "utf-8")
    trigger = "{event: text, keywords: [news]}"
    file.write_text(f"title: T\ntrigger: {trigger}\nsteps:\n  - agree: newsletter\n", "utf-8")
    git("add", "infra")
    author = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    git(*author, "commit", "--quiet", "--no-verify", "-m", "Second")
    versions = ("HEAD:infra/journeys/hello.yaml", "infra/journeys/hello.yaml")
    assert run("diff", *versions).exit_code == 0

    purposes.write_text('newsletter: {title: News, version: "2", text: I agree.}\n', "utf-8")
    result = run("diff", *versions)
    assert result.exit_code == 1
    assert "    version: 1 → 2" in result.stdout.splitlines()
