"""What `sam build` and `sam package` make of the template, for this machine and in seconds.

`tests/infra/test_package.py` holds it against what sam makes. It is made of the checkout, or of a copy of it
with somebody's drafts among its journeys.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from infra.sandbox.processes import run
from infra.sandbox.settings import PYTHON, ROOT, SandboxError, Settings
from wejourney.allowances.wechat_rules import RuleSet
from workbench.language.reading import CONTENTS_FOLDER
from workbench.project import JOURNEYS, outputs_of, read_project, refusals, write

SOURCES = ("template.yaml", "functions", "layers", "infra/statemachines")
"""What is built."""

_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
"""The property of a resource that names files of ours."""


@dataclass(frozen=True)
class Package:
    """A template whose resources refer to files in a bucket, and these files by their keys."""

    template: Mapping[str, Any]
    files: Mapping[str, Path]


def sources(settings: Settings, rules: RuleSet) -> Path:
    """The template to deploy. In a copy of the checkout, a draft takes the place of a journey of its name.

    Raises SandboxError for drafts that cannot be deployed, with each mistake.
    """
    if settings.journeys is None:
        return settings.template
    drafts = sorted(settings.journeys.glob("*.yaml"))
    if not drafts:
        raise SandboxError(f"JOURNEYS={settings.journeys}: there is no journey (*.yaml) in this folder")
    copy = settings.directory / "source"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for part in (*SOURCES, str(JOURNEYS), str(CONTENTS_FOLDER)):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, copy / part)
    for draft in drafts:
        shutil.copy(draft, copy / JOURNEYS / draft.name)
    project = read_project(copy)
    if mistakes := refusals(project, rules):
        raise SandboxError("\n".join(["JOURNEYS: these drafts cannot be deployed", *map(str, mistakes)]))
    write(project, outputs_of(project))
    return copy / "template.yaml"


def package(template: Path, bucket: str, settings: Settings) -> Package:
    """Package what a template deploys. Raises SandboxError."""
    parsed, files = yaml_parse(template.read_text("utf-8")), {}
    for name, resource in parsed["Resources"].items():
        where, properties = _CODE.get(resource["Type"]), resource.get("Properties", {})
        if where is None or where not in properties:
            continue
        source = template.parent / properties[where]
        if where == "DefinitionUri":
            files[source.name] = source
            properties[where] = {"Bucket": bucket, "Key": source.name}
        else:
            archive = files[f"{name}.zip"] = settings.directory / "build" / f"{name}.zip"
            contents = _contents(source, archive.with_suffix(""), settings)
            _zip(contents, "python/" if where == "ContentUri" else "", archive)
            properties[where] = f"s3://{bucket}/{name}.zip"
    return Package(parsed, files)


def _contents(source: Path, target: Path, settings: Settings) -> Path:
    """A folder, or what its requirements install for the machine and the Python that run its functions.

    They are installed anew only when something else is wanted.
    """
    requirements, stamp = source / "requirements.txt", target.with_suffix(".sha256")
    if not requirements.exists():
        return source
    wanted = hashlib.sha256(f"{PYTHON} {requirements.read_text('utf-8')}".encode()).hexdigest()
    if not stamp.exists() or stamp.read_text("ascii") != wanted:
        stamp.unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        command = [
            uv(), "pip", "install", "--require-hashes", "--only-binary", ":all:", "--compile-bytecode",
            "--python", PYTHON, "--target", str(target), "--requirement", str(requirements),
        ]  # fmt: skip
        run(command, settings.directory / "build.log", "installing packages")
        stamp.write_text(wanted, "ascii")
    return target


def uv() -> str:
    """The command; `uv run` tells its own."""
    return os.environ.get("UV") or "uv"


def _zip(source: Path, folder: str, target: Path) -> None:
    """Write the files below a source into an archive, in a folder of it."""
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.relative_to(source).parts:
                archive.write(file, f"{folder}{file.relative_to(source)}")
    unfinished.replace(target)
