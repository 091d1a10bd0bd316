"""What the sandbox packages is what sam builds from the same template, so that sam is needed for AWS only."""

import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.sandbox.package import Package, package
from infra.sandbox.settings import ROOT, Settings
from infra.sandbox.stack import architecture

URIS = ("CodeUri", "ContentUri", "DefinitionUri")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` makes."""
    folder = tmp_path_factory.mktemp("sam")
    environment = os.environ | {"ARCHITECTURE": architecture(), "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(  # noqa: S603 - the command is ours
        [
            str(ROOT / "infra/tools/sam"), "build", "--build-dir", str(folder / "build"), "--no-cached",
            "--parameter-overrides", f"Architecture={architecture()}",
        ],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build"


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Package:
    settings = Settings(directory=tmp_path_factory.mktemp("sandbox"))
    return package(ROOT / "template.yaml", "bucket", settings)


def without_addresses(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """A template without what says where its files are."""
    resources = {
        name: {
            **{key: value for key, value in resource.items() if key != "Metadata"},
            "Properties": {
                key: value for key, value in resource.get("Properties", {}).items() if key not in URIS
            },
        }
        for name, resource in template["Resources"].items()
    }
    return {**template, "Resources": resources}


@pytest.mark.long
def test_the_template_is_the_one_that_sam_builds_but_for_addresses(built: Path, packaged: Package) -> None:
    theirs = yaml_parse((built / "template.yaml").read_text("utf-8"))
    assert without_addresses(packaged.template) == without_addresses(theirs)


def test_functions_layers_and_machines_hold_the_files_that_sam_builds(built: Path, packaged: Package) -> None:
    template = yaml_parse((built / "template.yaml").read_text("utf-8"))
    compared = 0
    for name, resource in template["Resources"].items():
        for where in set(URIS) & set(resource.get("Properties", {})):
            compared += 1
            theirs = built / resource["Properties"][where]
            address = packaged.template["Resources"][name]["Properties"][where]
            if where == "DefinitionUri":
                assert packaged.files[address["Key"]].read_bytes() == theirs.read_bytes()
            else:
                ours = packaged.files[str(address).removeprefix("s3://bucket/")]
                assert contents(ours, name) == files(theirs, name)
    assert compared == len(packaged.files) >= 9


def contents(archive: Path, name: str) -> Mapping[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return compared({path: opened.read(path) for path in opened.namelist()}, name)


def files(folder: Path, name: str) -> Mapping[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return compared(found, name)


def compared(found: Mapping[str, bytes], name: str) -> Mapping[str, bytes]:
    """All of our own files; of the packages in DepsLayer their metadata, which names their versions."""
    if name == "DepsLayer":
        return {path: data for path, data in found.items() if path.endswith(".dist-info/METADATA")}
    return {path: data for path, data in found.items() if not path.endswith(".pyc")}
