"""Every download has a known hash: the layer, SAM, uv, and the packages of developers and tests."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.infra.template import RESOURCES
from tests.support.servers.dynamodb import ROOT

LAYER = ROOT / "layers/deps"
REQUIREMENTS = [LAYER / "requirements.txt", ROOT / "infra/tools/sam.txt", ROOT / "infra/tools/uv.txt"]
LOCK: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NPM = sorted(path for path in ROOT.glob("tests/**/package.json") if "node_modules" not in path.parts)


type Rule = Callable[[str], bool]


def commands(text: str) -> Iterator[str]:
    """The lines of a file, those that go on in the next line joined."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.lstrip().startswith("#"):
            yield line


def written_as_lists(text: str) -> Iterator[str]:
    """The commands of a Python file that are lists of words over several lines."""
    try:
        nodes = ast.walk(ast.parse(text))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.List | ast.Tuple) and node.lineno != node.end_lineno:
            yield " ".join(
                str(word.value) if isinstance(word, ast.Constant) else ast.unparse(word) for word in node.elts
            )


def unlocked(text: str) -> list[str]:
    """Commands that download something of which no hash is known."""
    return [one for one in (*commands(text), *written_as_lists(text)) if is_loose(one.strip())]


@cache
def is_loose(command: str) -> bool:
    """Whether a command, or one of a line's commands, breaks a rule. Quotes and brackets become blanks."""
    words = re.sub(r"""[\s"'`,\[\](){}]+""", " ", command)
    return any(rule(part) for part in re.split(r"&&|\|\|?|;|\$ ", words) for rule in RULES)


def matching(*patterns: str) -> Rule:
    found = re.compile("|".join(patterns))
    return lambda command: found.search(command) is not None


OPTIONS = r"(?: -\S+(?:[ =](?!(?:install|i|ci|add|run|clone|pull|sync)\b)[^-\s]\S*)?)*"
"""Options between a program and its subcommand, with or without values."""


def without_hashes(command: str) -> bool:
    """pip runs nothing of a package (wheels only) and takes files with known hashes, or uv is offline."""
    installs = re.search(rf"\bpip[\d.]*{OPTIONS} (install|sync|download|wheel)\b", command)
    hashed = "--require-hashes" in command and "--only-binary" in command
    return installs is not None and not hashed and re.search(r"\buv pip install --offline ", command) is None


def npm_with_scripts(command: str) -> bool:
    return (
        re.search(rf"\bnpm{OPTIONS} (ci|clean-install)\b", command) is not None
        and "--ignore-scripts" not in command
    )


def sync_without_lock(command: str) -> bool:
    return re.search(rf"\buv{OPTIONS} sync\b", command) is not None and "--locked" not in command


def image_without_digest(command: str) -> bool:
    runs = rf"\b(docker|podman|nerdctl){OPTIONS}( compose| image| container)? (run|pull|create|build|up)\b"
    return re.search(rf"{runs}|^ ?FROM \S+", command) is not None and "@sha256:" not in command


ARCHIVE = r"\.(whl|jar|zip|tgz|tar|gz|xz|bz2|zst|sh|exe|msi|deb|rpm|apk|dmg|pkg|so|bin|pyz)(?=[ ?#]|$)"
by_name = matching(
    r"\b(uvx|npx|bunx|pipx|pipenv|easy_install|corepack|curl|wget|aria2c|Invoke-WebRequest)\b",
    rf"\buv{OPTIONS} (tool|add|x)\b",
    r"\buv (run|sync|lock|export)\b.* (-U|-P|--upgrade\S*|--refresh\S*|--with\S*)( |=|$)",
    rf"\b(uv )?run{OPTIONS} --with\S*( |=|$)",
    rf"\bnpm{OPTIONS} (install|i|in|add|exec|x|update|up|upgrade|create|init)\b",
    rf"\b(yarn|pnpm|bun|deno){OPTIONS} (install|i|add|dlx|x|up|update|upgrade|create|exec)\b",
    r"^ ?(yarn|pnpm)( -\S+)* ?$",
    rf"\bpoetry{OPTIONS} (install|add|update)\b",
    rf"\b(apt|apt-get|apk|yum|dnf|brew|port|choco|winget|snap){OPTIONS} (install|add)\b",
    rf"\b(conda|mamba|gem|cargo|go){OPTIONS} (install|add|get)\b",
    rf"\bgit{OPTIONS} (clone|submodule|pull|fetch)\b",
    r"\bgit\+(https?|ssh|file)\b",
    rf"https?://\S+{ARCHIVE}",
    r"\burl(open|retrieve)\b.* f?https?://[^/ ]*\.[a-z]",
    r"\b(httpx|requests|urllib3|aiohttp)\.\w+ .*https?://[^/ ]*\.[a-z]",
    rf"\b(urlopen|urlretrieve|httpx\.\w+|requests\.\w+) .*\S{ARCHIVE}",
)
"""Runs or installs the newest of what has this name, or what an address holds today."""

RULES = (without_hashes, by_name, npm_with_scripts, sync_without_lock, image_without_digest)


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
    "pip install --offline uv",
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
    "python -m pip --quiet install uv",
    "python -m pip --log file -q install uv",
    "pip3.13  install uv",
    '[sys.executable, "-m", "pip", "install", "ruff"]',
    '[sys.executable, "-m", "pip", "--quiet", "install", "ruff"]',
    'command = [\n    sys.executable,\n    "-m",\n    "pip",\n    "install",\n    "ruff",\n]',
    "pip install git+https://example.com/tool",
    'urllib.request.urlopen("https://example.com/tool.jar")',
    'urlopen("https://example.com/latest")',
    'urlretrieve(f"https://example.com/{name}.zip", path)',
    'URL = "https://example.com/tool-1.0.tar.gz"',
    'httpx.get("https://example.com/tool-1.0-py3-none-any.whl")',
    'httpx.get(f"{base}/tool-1.0-py3-none-any.whl")',
    'httpx.stream("GET", "https://example.com/latest")',
    'requests.get("https://example.com/latest")',
    "git clone https://example.com/tool",
    "git -C folder clone --depth 1 https://example.com/tool",
    '["git", "clone", address]',
    "git submodule update --init",
    "uv run --with-requirements x python",
    "uv run -q --with=ruff ruff",
    "uv run --with-editable . python",
    "uv run --upgrade pytest",
    "uv run -U pytest",
    "uv run --upgrade-package ruff ruff",
    "uv sync --locked --upgrade",
    "uv lock --upgrade",
    "uv add ruff",
    "uv --quiet add ruff",
    "uv  sync",
    "npm  install",
    "npm --silent install",
    "npm i left-pad",
    "npm --prefix tests ci",
    "npm update",
    "yarn",
    "yarn install",
    "yarn --silent add x",
    "pnpm install",
    "pnpm dlx prettier",
    "docker run x:latest",
    "docker run --rm -v a:b x:latest",
    "docker pull x",
    "podman run x",
    "docker compose up",
    "FROM python:3.13",
    "apt-get -y install make",
    "brew install uv",
    "cargo install ruff",
    "make lint && npx prettier .",
)
STRICT = (
    "python -m pip install --only-binary :all: --require-hashes -r uv.txt",
    "uv pip sync --quiet --require-hashes --only-binary :all: --python p requirements.txt",
    "uv pip install --offline --no-deps built.whl",
    "uv sync --quiet --locked --python p",
    "uv run -q pytest",
    "npm ci --ignore-scripts",
    '[npm, "ci", "--ignore-scripts"]',
    "docker run x@sha256:0123",
    'httpx.get("http://127.0.0.1:8701/sandbox/clock")',
    "git rev-parse HEAD",
)


@pytest.mark.parametrize("line", LOOSE)
def test_a_download_without_a_hash_is_found(line: str) -> None:
    assert len(unlocked(line)) == 1


@pytest.mark.parametrize("command", STRICT)
def test_a_download_with_a_known_hash_and_what_downloads_nothing_is_let_through(command: str) -> None:
    assert unlocked(command) == []


def test_what_make_hooks_and_scripts_run_takes_the_lock_as_it_is() -> None:
    """Without --locked, `uv run` resolves again what pyproject.toml wants and writes another lock."""
    assert "\nexport UV_LOCKED := 1\n" in (ROOT / "Makefile").read_text("utf-8")
    others = [path for path in callers() if path.suffix != ".py" and path != ROOT / "Makefile"]
    runs = [one for path in others for one in commands(path.read_text("utf-8")) if "uv run" in one]
    assert runs
    assert [one for one in runs if "uv run --locked" not in one] == []


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


def test_a_wheel_that_is_not_the_locked_one_is_not_installed(tmp_path: Path) -> None:
    """SAM's own build would download the wheels of another processor without a look at their hashes."""
    tampered = re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", locked_requirement("cffi"))
    found = build_layer(tmp_path, tampered, "arm64")
    assert found.returncode != 0
    assert "DO NOT MATCH THE HASHES" in found.stderr
    assert not list((tmp_path / "built").rglob("*.so"))


def test_an_unknown_processor_is_named(tmp_path: Path) -> None:
    found = build_layer(tmp_path, locked_requirement("cffi"), "mips")
    assert found.returncode != 0
    assert "ARCHITECTURE is arm64 or x86_64, not mips" in found.stderr
