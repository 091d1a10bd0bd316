"""What `sam build` and `sam package` make of the template, for this machine and in seconds.

`tests/infra/test_package.py` holds it against what sam makes.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from infra.sandbox.processes.children import abandonable, run
from infra.sandbox.settings import PYTHON, Settings

REQUIREMENTS = "requirements.txt"
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


async def package(template: Path, bucket: str, settings: Settings) -> Package:
    """Package what a template deploys. Raises SandboxError."""
    parsed, files = await abandonable(lambda: yaml_parse(template.read_text("utf-8"))), {}
    for name, resource in parsed["Resources"].items():
        where = _CODE.get(resource["Type"])
        if where is None or where not in resource["Properties"]:
            continue
        source = template.parent / resource["Properties"][where]
        if where == "DefinitionUri":
            key, file = source.name, source
            resource["Properties"][where] = {"Bucket": bucket, "Key": key}
        else:
            key, file = f"{name}.zip", settings.directory / "build" / f"{name}.zip"
            contents = await _contents(source, file.with_suffix(""), settings)
            await abandonable(partial(_zip, contents, "python/" if where == "ContentUri" else "", file))
            resource["Properties"][where] = f"s3://{bucket}/{key}"
        files[key] = file
    return Package(parsed, files)


async def _contents(source: Path, target: Path, settings: Settings) -> Path:
    """A folder, or what its requirements install for the machine and the Python that run its functions.

    They are installed anew only when something else is wanted.
    """
    requirements, stamp = source / REQUIREMENTS, target.with_suffix(".sha256")
    wanted = _hash(requirements)
    if wanted and wanted != _hash_in(stamp):
        _forget(target, stamp)
        command = [
            uv(), "pip", "install", "--require-hashes", "--only-binary", ":all:", "--compile-bytecode",
            "--python", PYTHON, "--target", str(target), "--requirement", str(requirements),
        ]  # fmt: skip
        await run(command, os.environ, settings.directory / "build.log", "installing packages")
        stamp.write_text(wanted, "ascii")
    return target if wanted else source


def _hash(requirements: Path) -> str:
    """What is to be installed; empty for nothing."""
    if not requirements.exists():
        return ""
    return hashlib.sha256(f"{PYTHON} {requirements.read_text('utf-8')}".encode()).hexdigest()


def _hash_in(stamp: Path) -> str:
    return stamp.read_text("ascii") if stamp.exists() else ""


def _forget(target: Path, stamp: Path) -> None:
    stamp.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)


def uv() -> str:
    """The command; `uv run` tells its own."""
    return os.environ.get("UV") or "uv"


def _zip(source: Path, folder: str, target: Path) -> None:
    """Write the files below a source into an archive, in a folder of it."""
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for file in _files(source):
            archive.write(file, f"{folder}{file.relative_to(source)}")
    unfinished.replace(target)


def _files(source: Path) -> Iterator[Path]:
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.relative_to(source).parts:
            yield file
