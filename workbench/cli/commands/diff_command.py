"""`wejourney diff`: compare two versions of a journey, step by step and persona by persona."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from workbench.checks.purposes import CONSENTS
from workbench.cli.consoles import output
from workbench.cli.options import AsJson, RulesName, rule_set
from workbench.cli.spoken import language
from workbench.cli.terminal import (
    REJECTED,
    USAGE,
    busy,
    fail,
    journey_or_reject,
    print_json,
    said,
    value_or_reject,
)
from workbench.cli.verdict import say_if_rejected
from workbench.compare.comparison import UNDER_WAY, Behaviour, Comparison, compare
from workbench.language.reading import CONTENTS_FOLDER, Reading, read_file
from workbench.project import (
    JOURNEYS,
    PERSONAS,
    CheckedFiles,
    files_in,
    people_rules_for,
    personas_folder,
    read_together,
)
from workbench.proof.premises import ALONE
from workbench.simulator.deployment import simulated_account
from workbench.simulator.persona import read_persona
from workbench.wording.phrases import phrase

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_LIST = ("ls-tree", "--full-tree", "--name-only", "-z", "--end-of-options")
_SHOW = ("show", "--end-of-options")


def diff(
    old: Annotated[str, typer.Argument(), phrase("diff old")],
    new: Annotated[str, typer.Argument(), phrase("diff new")],
    *,
    personas: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False),
        phrase("diff --personas"),
    ] = None,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    allowed = rule_set(rules)
    versions = {"old": _version(old), "new": _version(new)}
    before, after = (journey_or_reject(reading, USAGE) for reading, _ in versions.values())
    beside = {name: ALONE if checked is None else checked.beside for name, (_, checked) in versions.items()}
    people = {
        path.name: value_or_reject(read_persona(path), USAGE)
        for path in files_in(personas or personas_folder(Path(new)))
    }
    rules_of_people = people_rules_for(Path(new))
    with busy(phrase("comparing"), shown=not as_json):
        found = compare(
            before, after, people, simulated_account(allowed), allowed, language(), beside, rules_of_people
        )
    # What `check` finds beside the messages that are told: of files, which have others around them.
    rejected = {
        name: [
            mistake.to_dict(language())
            for mistake in say_if_rejected(checked, allowed, as_json=as_json, proved=True)
        ]
        if checked is not None and not found.violations[name]
        else []
        for name, (_, checked) in versions.items()
    }
    if as_json:
        print_json({**found.to_dict(), "rejected": rejected})
    else:
        _print(found, rules)
    if found.differs:
        raise typer.Exit(REJECTED)


# --- a file, or a git revision of one ----------------------------------------------------------------


def _version(name: str) -> tuple[Reading, CheckedFiles | None]:
    """Read a journey's file among others, or `REVISION:path` with the contents and purposes of then."""
    if Path(name).is_file():
        checked = read_together([Path(name)])
        return checked.reading(Path(name)), checked
    revision, colon, path = name.partition(":")
    if not colon or not Path(path).name:
        fail(phrase("no file or revision", name=name))
    with TemporaryDirectory() as folder:
        contents, file = Path(folder) / CONTENTS_FOLDER, Path(folder) / JOURNEYS / Path(path).name
        contents.mkdir(parents=True)
        file.parent.mkdir(parents=True)
        listed = _git(name, *_LIST, revision, f"{CONTENTS_FOLDER.as_posix()}/", CONSENTS.as_posix())
        for beside in listed.decode().split("\0")[:-1]:
            (Path(folder) / beside).write_bytes(_git(name, *_SHOW, f"{revision}:{beside}"))
        file.write_bytes(_git(name, *_SHOW, name))
        return read_file(file, name), None


def _git(asked: str, *arguments: str) -> bytes:
    """What git prints. Errors quote `asked`, which the user has typed."""
    git = shutil.which("git")
    if git is None:
        fail(phrase("no git"))
    done = subprocess.run([git, *arguments], capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()
        fail(phrase("git cannot read", name=asked, why=why.removeprefix("fatal: ")))
    return done.stdout


# --- for people --------------------------------------------------------------------------------------


def _print(found: Comparison, rules: str) -> None:
    out = output()
    if not found.differs:
        out.print(said(phrase("no difference")), style="green")
    for change in found.changes:
        sign, style = _SIGNS[change.sort]
        what = said(phrase(f"changed {change.what}"))
        out.print(f"{sign} {what} {change.place}  {change.words}".rstrip(), style=style)
        for value in change.values:
            out.print(f"    {value.in_words(language())}")
    _print_behaviours(found.behaviours)
    for name, violations in found.violations.items():
        if violations:
            out.print(f"\n{said(phrase(f'{name} version rejected', rules=rules))}", style="red")
        else:
            out.print(f"\n{said(phrase(f'{name} version accepted', rules=rules))}", style="green")
        for violation in violations:
            out.print(f"  {violation}")
    if found.differs:
        out.print(f"\n{said(UNDER_WAY)}", style="bold")


def _print_behaviours(behaviours: Sequence[Behaviour]) -> None:
    out = output()
    if not behaviours:
        out.print(f"\n{said(phrase('no persona simulated', folder=PERSONAS.as_posix()))}")
    shown = [behaviour for behaviour in behaviours if behaviour.enters or behaviour.differs]
    for behaviour in shown:
        outcome = phrase("transcript changes" if behaviour.differs else "same transcript")
        title = phrase("compared persona", name=behaviour.persona, file=behaviour.file, outcome=outcome)
        out.print(f"\n{said(title)}")
        for line in behaviour.diff(language()):
            out.print(line, style={"+": "green", "-": "red"}.get(line[0], ""))
    hidden, count = len(behaviours) - len(shown), len(behaviours)
    if hidden:
        out.print(f"\n{said(phrase('enter neither', n=hidden, all=count))}")
