"""What the sandbox builds: the checkout, or a copy of it with somebody's drafts among its journeys."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.sandbox.settings import ROOT, SandboxError, Settings
from wejourney.messaging.rule_sets import RuleSet
from workbench.language.library import CONTENTS_FOLDER
from workbench.project import JOURNEYS, outputs_of, read_project, refusals, write

SOURCES = ("template.yaml", "functions", "layers", "infra/statemachines")
"""What the build depends on."""


def sources(settings: Settings, rules: RuleSet) -> Path:
    """The root of what is built. A draft with the name of a journey takes its place.

    Raises SandboxError for drafts that cannot be deployed, with each mistake.
    """
    drafts = settings.journeys
    if drafts is None:
        return ROOT
    found = sorted(drafts.glob("*.yaml"))
    if not found:
        raise SandboxError(f"JOURNEYS={drafts}: there is no journey (*.yaml) in this folder")
    copy = settings.directory / "source"
    shutil.rmtree(copy, ignore_errors=True)
    for part in (*SOURCES, str(JOURNEYS), str(CONTENTS_FOLDER)):
        _copy(ROOT / part, copy / part)
    for draft in found:
        shutil.copy(draft, copy / JOURNEYS / draft.name)
    _compile(copy, rules)
    return copy


def source_files(root: Path) -> Iterator[Path]:
    """The files that the build depends on."""
    for source in SOURCES:
        path = root / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _compile(root: Path, rules: RuleSet) -> None:
    project = read_project(root)
    mistakes = refusals(project, rules)
    if mistakes:
        raise SandboxError("\n".join(["JOURNEYS: these drafts cannot be deployed", *map(str, mistakes)]))
    write(project, outputs_of(project))
