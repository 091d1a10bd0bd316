"""Every download has a known hash: the layer, SAM, uv, and the packages of developers and tests."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.template import RESOURCES
from tests.support.dynamodb import ROOT

LAYER = ROOT / "layers/deps"
REQUIREMENTS = [LAYER / "requirements.txt", ROOT / "infra/tools/sam.txt", ROOT / "infra/tools/uv.txt"]
LOCK: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NPM = sorted(path for path in ROOT.glob("tests/**/package.json") if "node_modules" not in path.parts)


def commands(text: str) -> Iterator[str]:
    """The lines of a file, those that go on in the next line joined."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.lstrip().startswith("#"):
            yield line


def unlocked(text: str) -> list[str]:
    """Lines that download something of which no hash is known."""
    return [line for line in commands(text) if any(breaks(line) for breaks in RULES)]


def without_hashes(line: str) -> bool:
    """pip runs nothing of a package (wheels only) and takes only files with known hashes."""
    installs = re.search(r"\bpip3? +(install|sync|download|wheel)\b", line)
    return installs is not None and not ("--require-hashes" in line and "--only-binary" in line)


def by_name(line: str) -> bool:
    """Runs or installs the newest of what has this name, or what an address holds today."""
    pattern = r"\b(uvx|npx|pipx|uv tool|npm (install|i|exec|add)|(uv )?run --with|curl|wget|easy_install)\b"
    return re.search(pattern, line) is not None


def npm_with_scripts(line: str) -> bool:
    return re.search(r"npm\W+ci\b", line) is not None and "--ignore-scripts" not in line


def sync_without_lock(line: str) -> bool:
    return re.search(r"\buv sync\b", line) is not None and "--locked" not in line


RULES = (without_hashes, by_name, npm_with_scripts, sync_without_lock)


def callers() -> Iterator[Path]:
    """What `make`, CI, hooks, the sandbox and the tests run."""
    yield from (ROOT / name for name in ("Makefile", ".pre-commit-config.yaml", "layers/deps/Makefile"))
    yield from (path for path in (ROOT / ".ci").iterdir() if path.is_file())
    yield from (ROOT / "infra/tools/sam", *ROOT.glob("infra/**/*.sh"))
    for folder in ("infra", "functions", "layers", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" not in path.parts and path != Path(__file__):
                yield path


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.parent.name + "/" + path.name)
def test_every_requirement_has_one_version_and_hashes(path: Path) -> None:
    lines = list(commands(path.read_text("utf-8")))
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^\\]+?)?( *--hash=sha256:[0-9a-f]{64})+", line), line


@pytest.mark.parametrize("tool", ["sam", "uv"])
def test_the_locked_tools_are_those_that_are_wanted(tool: str) -> None:
    wanted = (ROOT / f"infra/tools/{tool}.in").read_text("utf-8").split()
    locked = (ROOT / f"infra/tools/{tool}.txt").read_text("utf-8")
    assert wanted
    assert all(f"\n{line} \\\n" in f"\n{locked}" for line in wanted)


def test_every_locked_package_has_hashes_and_a_wheel_so_that_none_is_built_here() -> None:
    others = [package for package in LOCK if package["name"] != PROJECT["project"]["name"]]
    for package in others:
        files = [*package["wheels"], *([package["sdist"]] if "sdist" in package else [])]
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_our_own_package_is_built_by_a_locked_backend() -> None:
    locked = {package["name"] for package in LOCK}
    assert set(PROJECT["build-system"]["requires"]) <= locked
    assert PROJECT["tool"]["uv"]["no-build-isolation-package"] == [PROJECT["project"]["name"]]


@pytest.mark.parametrize("package", NPM, ids=lambda path: path.parent.name)
def test_npm_packages_are_locked_by_hash_and_not_by_address(package: Path) -> None:
    wanted = json.loads(package.read_text("utf-8"))
    lock = json.loads((package.parent / "package-lock.json").read_text("utf-8"))
    installed = {name: one for name, one in lock["packages"].items() if name}

    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert all(f"node_modules/{name}" in installed for name in wanted["dependencies"])
    assert all(one["integrity"].startswith("sha512-") for one in installed.values())
    assert not any("resolved" in one or one.get("hasInstallScript") for one in installed.values())


def test_what_make_ci_and_tests_run_downloads_nothing_without_a_known_hash() -> None:
    found = {str(path): unlocked(path.read_text("utf-8")) for path in callers()}
    assert len(found) > 100
    assert {path: lines for path, lines in found.items() if lines} == {}


LOOSE = (
    "\tuvx --quiet --from aws-sam-cli==1.170.0 sam build",
    'SAM = ["uvx", "--from", "aws-sam-cli==1.170.0", "sam"]',
    "python -m pip install --quiet uv",
    "python -m pip install uv==0.13.9",
    "python -m pip install --require-hashes -r uv.txt",
    "python -m pip install --only-binary :all: -r uv.txt",
    "uv pip sync \\\n  requirements.txt",
    "pip download six",
    "uv tool run ruff",
    "uv run --with ruff ruff",
    "npx prettier .",
    "npm install",
    "npm ci",
    '[npm, "ci"]',
    "uv sync --quiet",
    "curl -LsSf https://example.com/install.sh | sh",
    "wget https://example.com/tool",
)


@pytest.mark.parametrize("line", LOOSE)
def test_a_download_without_a_hash_is_found(line: str) -> None:
    assert len(unlocked(line)) == 1


# --- the layer --------------------------------------------------------------------------------------------


def build_layer(folder: Path, requirements: str, architecture: str) -> subprocess.CompletedProcess[str]:
    """Build the layer of other requirements, as SAM does."""
    make = shutil.which("make")
    assert make
    shutil.copy(LAYER / "Makefile", folder)
    (folder / "requirements.txt").write_text(requirements)
    path = os.pathsep.join([str(Path(sys.base_prefix) / "bin"), os.environ["PATH"]])
    environment = os.environ | {
        "PATH": path,
        "ARTIFACTS_DIR": str(folder / "built"),
        "ARCHITECTURE": architecture,
    }
    return subprocess.run(  # noqa: S603 - our own Makefile
        [make, "build-DepsLayer"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def locked_requirement(name: str) -> str:
    """The lines of one package in the layer's requirements."""
    (found,) = re.findall(
        rf"^{name}==.*?(?=^\S|\Z)", (LAYER / "requirements.txt").read_text(), re.MULTILINE | re.DOTALL
    )
    return str(found)


def test_the_layer_is_built_by_its_makefile() -> None:
    assert RESOURCES["DepsLayer"]["Metadata"]["BuildMethod"] == "makefile"
    assert RESOURCES["DepsLayer"]["Properties"]["ContentUri"] == "layers/deps"


@pytest.mark.parametrize(("architecture", "machine"), [("arm64", "aarch64"), ("x86_64", "x86_64")])
def test_the_layer_holds_the_locked_wheels_of_its_own_processor(
    tmp_path: Path, architecture: str, machine: str
) -> None:
    found = build_layer(tmp_path, locked_requirement("cffi"), architecture)
    assert found.returncode == 0, found.stderr
    (library,) = (tmp_path / "built/python").glob("_cffi_backend*.so")
    assert machine in library.name


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_a_wheel_that_is_not_the_locked_one_is_not_installed(tmp_path: Path, architecture: str) -> None:
    """SAM's own build would download the wheels of another processor without a look at their hashes."""
    tampered = re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", locked_requirement("cffi"))
    found = build_layer(tmp_path, tampered, architecture)
    assert found.returncode != 0
    assert "DO NOT MATCH THE HASHES" in found.stderr
    assert not list((tmp_path / "built").rglob("*.so"))


def test_an_unknown_processor_is_named(tmp_path: Path) -> None:
    found = build_layer(tmp_path, locked_requirement("six"), "mips")
    assert found.returncode != 0
    assert "ARCHITECTURE is arm64 or x86_64, not mips" in found.stderr
