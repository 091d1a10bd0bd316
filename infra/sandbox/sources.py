"""What the sandbox builds: the checkout, or a copy of it with somebody's drafts among its journeys."""

import shutil
from pathlib import Path

from infra.sandbox.settings import ROOT, SandboxError, Settings
from wejourney.messaging.wechat_rules import RuleSet
from workbench.language.library import CONTENTS_FOLDER
from workbench.project import JOURNEYS, outputs_of, read_project, refusals, write

SOURCES = ("template.yaml", "functions", "layers", "infra/statemachines")
"""What is built."""


def sources(settings: Settings, rules: RuleSet) -> Path:
    """The template to deploy. In a copy of the checkout, a draft takes the place of a journey of its name.

    Raises SandboxError for drafts that cannot be deployed, with each mistake.
    """
    drafts = settings.journeys
    if drafts is None:
        return settings.template
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
    return copy / "template.yaml"


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
