"""What the sandbox packages is what sam builds from the same template, so that sam is needed for AWS only."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox.package import NOT_IN_MINISTACK, Package, package
from infra.sandbox.processes import locked
from infra.sandbox.settings import ROOT, Settings
from infra.sandbox.stack import architecture
from infra.tools.template_file import read_template

UNCHECKED = (1).to_bytes(4, "little")
"""The flags of bytecode with an unchecked hash."""

URIS = ("CodeUri", "ContentUri", "DefinitionUri")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make build` makes."""
    folder = tmp_path_factory.mktemp("sam")
    make = shutil.which("make")
    assert make
    variables = [f"BUILD={folder / 'build'}", f"ARCHITECTURE={architecture()}", "SAM=infra/tools/sam"]
    done = subprocess.run(  # noqa: S603 - the command is ours
        # What is installed and compiled already is what is tested.
        [make, "--old-file=setup", "--old-file=compile", "build", *variables],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build"


@pytest.fixture(scope="module")
def packaged() -> Package:
    # Where the sandbox of the tests is: packages that are installed there stay for it.
    settings = Settings(directory=ROOT / ".sandbox" / "test")
    with locked(settings):
        return package(ROOT / "template.yaml", "bucket", settings)


def without_addresses(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """A template without what says where its files are, and what only AWS has."""
    resources = {
        name: {
            **{key: value for key, value in resource.items() if key != "Metadata"},
            "Properties": {
                key: value for key, value in resource.get("Properties", {}).items() if key not in URIS
            },
        }
        for name, resource in template["Resources"].items()
        if resource["Type"] not in NOT_IN_MINISTACK
    }
    return {**template, "Resources": resources}


@pytest.mark.long
def test_the_template_is_the_one_that_sam_builds_but_for_addresses_and_what_only_aws_has(
    built: Path, packaged: Package
) -> None:
    theirs = read_template(built / "template.yaml")
    assert without_addresses(packaged.template) == without_addresses(theirs)


def test_functions_layers_and_machines_hold_the_files_that_make_builds(
    built: Path, packaged: Package
) -> None:
    compared = 0
    for name, where, theirs in parts(built):
        compared += 1
        address = packaged.template["Resources"][name]["Properties"][where]
        if where == "DefinitionUri":
            assert packaged.files[address["Key"]].read_bytes() == theirs.read_bytes()
        else:
            assert own(archived(packaged, name), name) == own(files(theirs), name)
    assert compared == len(packaged.files) >= 9


def test_every_module_is_deployed_with_bytecode_that_is_taken_without_a_look_at_its_source(
    built: Path, packaged: Package
) -> None:
    """On Lambda folders are read-only, and times of files are lost: nothing else would be loaded."""
    version = ".".join(map(str, sys.version_info[:2]))
    template = read_template(built / "template.yaml")
    assert template["Globals"]["Function"]["Runtime"] == f"python{version}"
    for name, where, theirs in parts(built):
        if where != "DefinitionUri":
            assert without_bytecode(files(theirs)) == []
            assert without_bytecode(archived(packaged, name)) == []


def test_a_module_without_valid_bytecode_is_found() -> None:
    valid = MAGIC_NUMBER + UNCHECKED + source_hash(b"")
    compiled = cache_from_source("module.py")
    assert without_bytecode({"module.py": b"", compiled: valid}) == []
    stale, checked = MAGIC_NUMBER + UNCHECKED + source_hash(b"1"), MAGIC_NUMBER + bytes([3, 0, 0, 0])
    for bytecode in (stale, checked + source_hash(b""), b"1234" + valid[4:]):
        assert without_bytecode({"module.py": b"", compiled: bytecode}) == ["module.py"]


def parts(built: Path) -> Iterator[tuple[str, str, Path]]:
    """The resources of a built template that have files, with the property that names them, and the files."""
    for name, resource in read_template(built / "template.yaml")["Resources"].items():
        for where in set(URIS) & set(resource.get("Properties", {})):
            yield name, where, built / resource["Properties"][where]


def without_bytecode(found: Mapping[str, bytes]) -> list[str]:
    """The modules that have none of theirs, for this Python.

    https://peps.python.org/pep-0552/#specification
    """
    return [
        path
        for path, source in found.items()
        if path.endswith(".py")
        and found.get(cache_from_source(path), b"")[:16] != MAGIC_NUMBER + UNCHECKED + source_hash(source)
    ]


def archived(packaged: Package, name: str) -> Mapping[str, bytes]:
    with zipfile.ZipFile(packaged.files[f"{name}.zip"]) as archive:
        return {path: archive.read(path) for path in archive.namelist()}


def files(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def own(found: Mapping[str, bytes], name: str) -> Mapping[str, bytes]:
    """All of our own files; of the packages in DepsLayer their metadata, which names their versions."""
    if name == "DepsLayer":
        return {path: data for path, data in found.items() if path.endswith(".dist-info/METADATA")}
    return found
