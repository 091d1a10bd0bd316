"""What `sam build` and `sam package` make of the template, for this machine and in seconds.

`tests/infra/test_package.py` holds it against what sam makes. It is made of the checkout, or of a copy of it
with somebody's drafts among its journeys.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.sandbox.processes import run
from infra.sandbox.settings import PYTHON, ROOT, SandboxError, Settings
from infra.tools.template_file import read_template
from wejourney.allowances.wechat_rules import RuleSet
from workbench.project import FILES_READ, JOURNEYS, outputs_of, read_project, refusals, write

SOURCES = ("template.yaml", "functions", "layers", "infra/statemachines")
"""What is built."""

_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}
"""The property of a resource that names a folder of ours with modules."""


@dataclass(frozen=True)
class Package:
    """A template whose resources refer to files in a bucket, and these files by their keys."""

    template: Mapping[str, Any]
    files: Mapping[str, Path]


NOT_IN_MINISTACK = frozenset({"AWS::Events::Archive"})
"""Types of resources that the sandbox goes without: nothing in the template may need one."""


def sources(settings: Settings, rules: RuleSet) -> Path:
    """The template to deploy. In a copy of the checkout, files of the project and drafts take their places.

    Raises SandboxError for drafts that cannot be deployed, with each mistake.
    """
    if settings.journeys is None and settings.project is None:
        return settings.template
    drafts = sorted(settings.journeys.glob("*.yaml")) if settings.journeys is not None else []
    if settings.journeys is not None and not drafts:
        raise SandboxError(f"JOURNEYS={settings.journeys}: there is no journey (*.yaml) in this folder")
    copy = settings.directory / "source"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    _lay(ROOT, copy, SOURCES)
    lay_over(copy, *filter(None, (ROOT, settings.project)))
    for draft in drafts:
        shutil.copy(draft, copy / JOURNEYS / draft.name)
    project = read_project(copy)
    if mistakes := refusals(project, rules):
        raise SandboxError(
            "\n".join(["PROJECT, JOURNEYS: these files cannot be deployed", *map(str, mistakes)])
        )
    write(project, outputs_of(project))
    return copy / "template.yaml"


def lay_over(copy: Path, *roots: Path) -> None:
    """Copy the files of several projects into one: those of a later one take the place of those before."""
    for root in roots:
        _lay(root, copy, map(str, FILES_READ))


def _lay(root: Path, copy: Path, parts: Iterable[str]) -> None:
    for part in parts:
        (copy / part).parent.mkdir(parents=True, exist_ok=True)
        if (root / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / part, copy / part, ignore=ignored, dirs_exist_ok=True)
        elif (root / part).exists():
            shutil.copy(root / part, copy / part)


def package(template: Path, bucket: str, settings: Settings) -> Package:
    """Package what a template deploys. Raises SandboxError."""
    parsed, files = read_template(template), {}
    for name, folder in built(template, settings).items():
        archive = files[f"{name}.zip"] = folder.with_suffix(".zip")
        _zip(folder, archive)
        resource = parsed["Resources"][name]
        resource["Properties"][_CODE[resource["Type"]]] = f"s3://{bucket}/{name}.zip"
    parsed["Resources"] = {
        name: resource
        for name, resource in parsed["Resources"].items()
        if resource["Type"] not in NOT_IN_MINISTACK
    }
    for resource in parsed["Resources"].values():
        properties = resource.get("Properties", {})
        if "DefinitionUri" in properties:
            source = template.parent / properties["DefinitionUri"]
            files[source.name] = source
            properties["DefinitionUri"] = {"Bucket": bucket, "Key": source.name}
    return Package(parsed, files)


def built(template: Path, settings: Settings) -> Mapping[str, Path]:
    """The contents of the functions and layers of a template, with bytecode. Raises SandboxError."""
    folders, own = {}, []
    for name, resource in read_template(template)["Resources"].items():
        if (where := _CODE.get(resource["Type"])) is None:
            continue
        source = template.parent / resource["Properties"][where]
        target = folders[name] = settings.directory / "build" / name
        imported = target / "python" if where == "ContentUri" else target
        if (source / "requirements.txt").exists():
            _install(source / "requirements.txt", target, imported, settings)
        else:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, imported, ignore=shutil.ignore_patterns("__pycache__"))
            own.append(target)
    _compile(own, settings)
    return folders


def _install(requirements: Path, target: Path, imported: Path, settings: Settings) -> None:
    """Install packages for the machine and the Python that run the functions, if others are there."""
    stamp = target.with_suffix(".sha256")
    wanted = hashlib.sha256(f"{PYTHON} {imported} {requirements.read_text('utf-8')}".encode()).hexdigest()
    if stamp.exists() and stamp.read_text("ascii") == wanted:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    command = [
        uv(), "pip", "install", "--require-hashes", "--only-binary", ":all:", "--python", PYTHON,
        "--target", str(imported), "--requirement", str(requirements),
    ]  # fmt: skip
    run(command, settings.directory / "build.log", "installing packages")
    _compile([target], settings)
    stamp.write_text(wanted, "ascii")


def _compile(folders: Iterable[Path], settings: Settings) -> None:
    """In a process of its own: what a process has loaded before shows in the bytecode."""
    command = [PYTHON, str(ROOT / "infra/tools/bytecode.py"), *map(str, folders)]
    run(command, settings.directory / "build.log", "compiling")


def uv() -> str:
    """The command; `uv run` tells its own."""
    return os.environ.get("UV") or "uv"


def _zip(source: Path, target: Path) -> None:
    """Write the files below a source into an archive."""
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(source))
    unfinished.replace(target)
