"""`wejourney compile` and `wejourney check`, as they are typed."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run
from workbench import project
from workbench.compiler.template_region import AFTER_JOURNEYS, BEGIN, END
from workbench.wording.picture_phrases import LANGUAGES

GOOD = "title: T\ntrigger: {event: follow}\nsteps:\n  - send: {text: hi}\n"
BAD = "title: T\ntrigger: {event: folow}\nsteps:\n  - tagg: x\n"


@pytest.fixture
def repository(repository: Path) -> Path:
    (repository / "infra/journeys/good.yaml").write_text(GOOD, "utf-8")
    (repository / "template.yaml").write_text(
        f"Resources:\n  {AFTER_JOURNEYS}\n  DependsOn: []\n  {BEGIN}\n  {END}\n", "utf-8"
    )
    return repository


def files(repository: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in repository.rglob("*") if path.is_file()}


def test_compile_writes_definitions_catalogue_and_template(repository: Path) -> None:
    result = run("compile", "--root", repository)

    assert result.exit_code == 0
    assert (repository / "infra/statemachines/good.asl.json").exists()
    catalogue = json.loads(
        (repository / "layers/journeys/python/journey_catalogue/catalogue.json").read_text()
    )
    assert [entry["name"] for entry in catalogue] == ["good"]
    assert "GoodJourney:" in (repository / "template.yaml").read_text("utf-8")


def test_compiling_again_changes_nothing(repository: Path) -> None:
    run("compile", "--root", repository)
    before = files(repository)

    assert run("compile", "--check", "--root", repository).exit_code == 0
    assert run("compile", "--root", repository).exit_code == 0
    assert files(repository) == before


def test_an_error_in_one_file_compiles_nothing_and_all_errors_are_printed(repository: Path) -> None:
    (repository / "infra/journeys/bad.yaml").write_text(BAD, "utf-8")
    (repository / "infra/journeys/worse.yml").write_text(GOOD, "utf-8")
    before = files(repository)

    result = run("compile", "--root", repository)

    assert result.exit_code == 1
    assert files(repository) == before
    assert result.stderr.splitlines() == [
        "infra/journeys/bad.yaml:2:18: `folow` is not a valid `event` (did you mean `follow`?)",
        "infra/journeys/bad.yaml:4:5: a step has no field `tagg` (did you mean `tag`?)",
        "infra/journeys/worse.yml:1:1: a journey's file name must end in .yaml",
        "3 errors; nothing was written",
    ]


def test_compile_check_names_outdated_files_and_writes_nothing(repository: Path) -> None:
    before = files(repository)

    result = run("compile", "--check", "--root", repository)

    assert result.exit_code == 1
    assert "differs: infra/statemachines/good.asl.json" in result.stdout
    assert files(repository) == before


def test_the_definition_of_a_deleted_journey_is_deleted(repository: Path) -> None:
    run("compile", "--root", repository)
    (repository / "infra/journeys/good.yaml").rename(repository / "infra/journeys/better.yaml")

    run("compile", "--root", repository)

    assert [path.name for path in (repository / "infra/statemachines").iterdir()] == ["better.asl.json"]


def test_journeys_with_the_same_logical_id_are_rejected(repository: Path) -> None:
    for name in ("a-1", "a1"):
        (repository / f"infra/journeys/{name}.yaml").write_text(GOOD, "utf-8")

    assert "`a1` and `a-1` both become the resource A1Journey" in run("compile", "--root", repository).stderr


def test_a_template_without_marks_is_an_error_of_one_line(repository: Path) -> None:
    (repository / "template.yaml").write_text("Resources: {}\n", "utf-8")

    result = run("compile", "--root", repository)

    assert result.exit_code == 2
    assert result.stderr.startswith("template.yaml lacks one of the lines")


def test_a_folder_without_journeys_is_an_error_of_one_line(tmp_path: Path) -> None:
    result = run("compile", "--root", tmp_path)

    assert result.exit_code == 2
    assert "has no folder infra/journeys" in result.stderr


def test_check_accepts_a_valid_journey(repository: Path) -> None:
    result = run("check", repository / "infra/journeys/good.yaml")

    assert (result.exit_code, result.stdout) == (0, "1 accepted under rule set `current`\n")


def test_check_rejects_with_each_error(repository: Path) -> None:
    path = repository / "bad.yaml"
    path.write_text(BAD, "utf-8")

    result = run("check", path)

    assert result.exit_code == 1
    assert [line.removeprefix(str(path)) for line in result.stderr.splitlines()] == [
        ":2:18: `folow` is not a valid `event` (did you mean `follow`?)",
        ":4:5: a step has no field `tagg` (did you mean `tag`?)",
    ]


def test_check_reads_the_other_journeys_in_the_folder(tmp_path: Path) -> None:
    started = "title: T\ntrigger: {event: journey}\nsteps: [{start: %s}]\n"
    for name, other in {"first": "second", "second": "first", "third": "nobody"}.items():
        (tmp_path / f"{name}.yaml").write_text(started % other, "utf-8")

    told = run("check", tmp_path / "first.yaml").stderr
    assert "start each other form an endless loop: first → second → first" in told
    assert "third" not in told
    assert "there is no journey `nobody`" in run("check", tmp_path / "third.yaml").stderr


def test_folders_and_broken_links_named_like_journeys_are_ignored(repository: Path) -> None:
    folder = repository / "infra/journeys"
    (folder / "drafts.yaml").mkdir()
    (folder / ".#good.yaml").symlink_to("nobody@nowhere.1234")  # how an editor locks a file

    assert run("check", folder / "good.yaml").exit_code == 0
    assert run("compile", "--root", repository).exit_code == 0


def test_check_reads_other_journeys_with_their_library(repository: Path) -> None:
    (repository / "infra/contents").mkdir()
    (repository / "infra/contents/hello.yaml").write_text("{text: Hello}\n", "utf-8")
    folder = repository / "infra/journeys"
    started = "title: T\ntrigger: {event: journey}\nsteps: [%s{start: %s}]\n"
    (folder / "first.yaml").write_text(started % ("", "second"), "utf-8")
    said = "{send: {content: hello, not_sent: [{tag: unreachable}]}}, "
    (folder / "second.yaml").write_text(started % (said, "first"), "utf-8")

    told = run("check", folder / "first.yaml").stderr
    assert "start each other form an endless loop: first → second → first" in told


def test_check_and_compile_reject_a_journey_too_large_for_step_functions(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 1 MB: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    file = repository / "infra/journeys/good.yaml"
    monkeypatch.setattr(project, "MOST_BYTES", 1_000)

    checked, compiled = run("check", file), run("compile", "--root", repository)

    assert checked.exit_code == compiled.exit_code == 1
    assert "good.yaml:1:1: the compiled journey has" in checked.stderr
    assert "good.yaml:1:1: the compiled journey has" in compiled.stderr
    assert not (repository / "infra/statemachines").exists()


def test_check_prints_json(repository: Path) -> None:
    path = repository / "bad.yaml"
    path.write_text(BAD, "utf-8")

    result = run("check", "--json", path, repository / "infra/journeys/good.yaml")

    assert result.exit_code == 1
    assert json.loads(result.stdout)[0] == {
        "file": str(path),
        "line": 2,
        "column": 18,
        "message": "`folow` is not a valid `event`",
        "hint": "did you mean `follow`?",
        "path": [],
    }


SIX_MESSAGES = """\
title: As the articles had it
trigger: {event: follow}
opening: {text: Welcome!}
steps:
  - send: {text: one}
  - wait: 2h
  - send: {text: two}
  - wait: 20h
  - send: {text: three}
  - send: {text: four}
  - wait: 24h
  - send: {text: five}
"""
ASKING = """\
title: The same, earning a reply first
trigger: {event: follow}
opening: {text: "Welcome! What may we show you?"}
steps:
  - ask: {name: wish, within: 24h, unanswered: [{stop: no answer}]}
  - send: {text: one}
  - wait: 2h
  - send: {text: two}
  - wait: 20h
  - send: {text: three}
  - send: {text: four}
  - wait: 24h
  - send: {text: five}
"""


def test_the_six_messages_of_the_articles_fit_2020_and_not_today_unless_they_earn_a_reply(
    tmp_path: Path,
) -> None:
    """Four sets of rules, one journey: nobody checked before publishing is mautic #5605."""
    six, asking = tmp_path / "six.yaml", tmp_path / "asking.yaml"
    six.write_text(SIX_MESSAGES, "utf-8")
    asking.write_text(ASKING, "utf-8")

    assert run("check", "--rules", "2020", six).exit_code == 0
    for rules in ("2021-06", "2023-06", "current"):
        assert run("check", "--rules", rules, six).exit_code == 1, rules
        assert run("check", "--rules", rules, asking).exit_code == 0, rules


def test_a_message_without_allowance_is_rejected_with_its_path_and_a_rewrite(tmp_path: Path) -> None:
    path = tmp_path / "late.yaml"
    path.write_text(
        "title: T\ntrigger: {event: follow}\nsteps:\n  - wait: 2h\n  - send: {text: hi}\n", "utf-8"
    )

    told = run("check", "--json", path)

    assert told.exit_code == 1
    (mistake,) = json.loads(told.stdout)
    assert (mistake["line"], mistake["column"]) == (5, 11)
    assert mistake["message"] == "no allowance: that of a follow ended at 10:01"
    told_path = [(step["clock"], step["words"]) for step in mistake["path"]]
    assert told_path == [("10:00", "follow"), ("12:00", "wait 2h"), ("12:00", "send")]
    assert "ask" in mistake["hint"]


def test_a_journey_with_a_violation_is_not_compiled(repository: Path) -> None:
    (repository / "infra/journeys/six.yaml").write_text(SIX_MESSAGES, "utf-8")

    assert run("compile", "--root", repository).exit_code == 1
    assert run("compile", "--rules", "2020", "--root", repository).exit_code == 0


@pytest.mark.parametrize("arguments", [("check",), ("check", "no-such-file.yaml"), ("compile", "--chekc")])
def test_wrong_usage_is_exit_status_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_folder_stands_for_all_its_journeys(tmp_path: Path) -> None:
    for name, waits in (("one", "1h"), ("two", "400d")):
        text = (
            f"title: T\ntrigger: {{event: text, keywords: {name}}}\nsteps:\n  - wait: {waits}\n  - tag: a\n"
        )
        (tmp_path / f"{name}.yaml").write_text(text)

    rejected = run("check", tmp_path)
    assert (rejected.exit_code, rejected.stderr.partition(":")[0]) == (1, str(tmp_path / "two.yaml"))
    (tmp_path / "two.yaml").unlink()
    assert run("check", tmp_path).stdout.startswith("1 accepted")
    (tmp_path / "one.yaml").unlink()
    assert run("check", tmp_path).exit_code == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "call",
    [
        ("check", "FILE"),
        ("simulate", "FILE", "--population", "1"),
        ("graph", "FILE"),
        ("estimate", "FILE"),
        ("diff", "FILE", "FILE"),
        ("simulate", "GOOD", "--with", "FILE", "--population", "1"),
        ("simulate", "GOOD", "--persona", "FILE"),
        ("simulate", "GOOD", "--rates", "FILE", "--population", "1"),
        ("estimate", "GOOD", "--prices", "FILE"),
        ("explain", "x", "oA"),
        ("compile",),
    ],
    ids=" ".join,
)
def test_a_file_that_cannot_be_read_is_an_error_in_one_line(
    call: tuple[str, ...], language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, file = (tmp_path / "infra/journeys" / f"{name}.yaml" for name in ("good", "x"))
    file.parent.mkdir(parents=True)
    for path in (good, file):
        path.write_text("title: T\ntrigger: {event: follow}\nsteps:\n  - tag: a\n")
    real = Path.open

    def opened(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.name == file.name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.chdir(tmp_path)
    names = {"FILE": str(file), "GOOD": str(good)}
    done = run(*(names.get(part, part) for part in call), "--lang", language)

    assert isinstance(done.exception, SystemExit)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert str(file.name) in done.stderr
