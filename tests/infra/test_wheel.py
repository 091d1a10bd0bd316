"""`uv build` makes a wheel whose `wejourney` command works where nothing else of the repository is.

Nothing is downloaded: `make setup` has put every locked package into uv's cache.
"""

import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.servers.dynamodb import ROOT

CLEAN = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), "TERM": "dumb", "COLUMNS": "120"}


def uv(*arguments: object, **environment: str) -> str:
    """Run uv in the repository with its cache alone."""
    tool = shutil.which("uv")
    if tool is None:
        pytest.skip("uv is not installed: run `make setup`")
    done = subprocess.run(  # noqa: S603 - uv, with our own arguments
        [tool, *map(str, arguments), "--quiet"],
        cwd=ROOT,
        env=os.environ | {"UV_OFFLINE": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    uv("build", "--out-dir", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`wejourney` in an environment of the wheel and of what its metadata asks for."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    uv("sync", "--locked", "--no-dev", "--no-install-project", UV_PROJECT_ENVIRONMENT=str(environment))
    uv("pip", "install", "--offline", "--no-deps", "--python", environment, wheel)
    uv("pip", "check", "--python", environment)
    return environment / "bin/wejourney"


def run(command: Path, *arguments: str, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - the command under test
        [command, *arguments], cwd=folder, env=CLEAN, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_data_that_the_command_reads(wheel: Path) -> None:
    packages = {"wejourney": ROOT / "layers/shared/python/wejourney", "workbench": ROOT / "workbench"}
    wanted = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in packages.items()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {"wejourney/py.typed", "workbench/gallery/birthday/journey.yaml"} <= held
    assert held == wanted


def test_the_source_distribution_builds_the_wheel_again(built: Path, wheel: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert (unpacked / "layers/deps/requirements.txt").is_file()
    uv("build", "--wheel", "--out-dir", tmp_path / "again", unpacked)
    (again,) = (tmp_path / "again").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.long
def test_a_journey_is_written_checked_tried_and_drawn_in_an_empty_folder(
    command: Path, tmp_path: Path
) -> None:
    file = "infra/journeys/hello.yaml"
    assert "simulate" in run(command, "--help", folder=tmp_path)
    told = run(command, "init", "hello", "--from", "welcome-by-source", folder=tmp_path)
    assert f"\n  wejourney check {file}\n" in told
    assert "1 accepted" in run(command, "check", file, folder=tmp_path)
    assert "欢迎来到" in run(command, "simulate", file, "--persona", "hello-mei", folder=tmp_path)
    run(command, "graph", file, "-o", "hello.svg", folder=tmp_path)
    assert (tmp_path / "hello.svg").read_text("utf-8").startswith("<svg")
    assert "1,000,000 runs" in run(command, "estimate", file, folder=tmp_path)


def test_the_environment_has_no_package_of_developers(command: Path) -> None:
    installed = {path.name.partition("-")[0] for path in command.parents[1].rglob("*.dist-info")}
    assert {"typer", "botocore", "pydantic", "wejourney"} <= installed
    assert installed.isdisjoint({"boto3", "pytest", "mypy", "ministack", "hatchling", "httpx"})


def test_the_layers_requirements_are_those_of_the_lock() -> None:
    options = ("--only-group", "layer", "--no-emit-project", "--no-header", "--format", "requirements-txt")
    assert uv("export", "--locked", *options) == (ROOT / "layers/deps/requirements.txt").read_text("utf-8")
