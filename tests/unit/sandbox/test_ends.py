"""However and whenever a sandbox ends, nothing of it is left; and two never share a directory."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import httpx
import pytest

from infra.sandbox import processes
from infra.sandbox.launcher import launch
from infra.sandbox.processes import locked
from infra.sandbox.settings import DEFAULT_SPEED, ROOT, SandboxError, Settings
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import free_port
from tests.support.servers.processes import descendants, left_of
from tests.support.servers.tiny_stack import environment_of_a_tiny_stack
from workbench.operations.target import NoTargetError, Target, find_target


def environment(directory: Path, phase: str = "", **more: str) -> dict[str, str]:
    stack = environment_of_a_tiny_stack(directory, phase)
    ports = {name: str(free_port()) for name in ("API_PORT", "FAKE_PORT")}
    return {
        "PATH": os.environ["PATH"],
        "SANDBOX_DIR": str(directory),
        **ports,
        **stack,
        **more,
    }


@contextmanager
def launcher(environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "infra.sandbox.run", *options],
        cwd=ROOT, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_phase(process: subprocess.Popen[str], directory: Path, phase: str) -> None:
    """Wait until the sandbox hangs in the phase, or runs."""
    state, marker = directory / "state.json", directory / "marker"
    deadline = time.monotonic() + PATIENCE
    while not (
        marker.exists() or (phase == "running" and state.exists() and "endpoint" in state.read_text())
    ):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


# SIGINT and SIGTERM have one handler, which does not know the phase.
@pytest.mark.parametrize(
    ("phase", "number"),
    [
        ("building", signal.SIGINT),
        ("deploying", signal.SIGTERM),
        ("warming", signal.SIGINT),
        ("running", signal.SIGTERM),
    ],
)
def test_in_every_phase_a_sandbox_that_is_told_to_end_ends_at_once_and_leaves_nothing(
    tmp_path: Path, phase: str, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = environment(tmp_path, phase)
    with ThreadPoolExecutor(1) as pool, launcher(started) as process:
        wait_for_phase(process, tmp_path, phase)
        if phase == "running":
            ask_for_what_is_not_answered(f"http://127.0.0.1:{started['FAKE_PORT']}", pool)
        children = descendants(process.pid)
        assert children

        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)

        assert left_of(children, within=PATIENCE) == []
        assert (process.returncode, errors) == (0, "")
        assert not (tmp_path / "state.json").exists()
        assert not (tmp_path / "tmp").exists()
        monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
        monkeypatch.setenv("WEJOURNEY_STACK", "production")
        assert find_target(None) == Target("production")


def ask_for_what_is_not_answered(fake: str, pool: ThreadPoolExecutor) -> None:
    """Begin a request that must not hold up the end."""
    assert httpx.get(f"{fake}/sandbox/clock", timeout=PATIENCE).json()["speed"] == DEFAULT_SPEED
    httpx.post(
        f"{fake}/sandbox/faults", json={"path": "token", "timeout": 60}, timeout=PATIENCE
    ).raise_for_status()
    asked = pool.submit(httpx.get, f"{fake}/cgi-bin/token", timeout=PATIENCE)
    while not httpx.get(f"{fake}/sandbox/calls", timeout=PATIENCE).json():
        assert not asked.done()


# While it deploys, the same processes run as while it warms up.
@pytest.mark.parametrize(
    ("phase", "before", "named"),
    [
        ("building", None, ""),
        ("building", "of one that was killed", "production"),
        ("warming", None, "production"),
        ("running", None, "production"),
    ],
)
def test_a_sandbox_that_is_killed_leaves_no_process_and_no_lock_and_lets_no_command_through_to_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str, before: str | None, named: str
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
    monkeypatch.setenv("WEJOURNEY_STACK", named)
    if before is not None:
        (tmp_path / "state.json").write_text(before)
    settings = Settings(directory=tmp_path)
    with launcher(environment(tmp_path, phase)) as process:
        wait_for_phase(process, tmp_path, phase)
        children = descendants(process.pid)
        assert children
        with pytest.raises(SandboxError, match=f"process {process.pid}"), locked(settings):
            pass
        if phase != "running":
            with pytest.raises(NoTargetError, match="is starting"):
                find_target(None)

        process.kill()
        process.wait()

        assert left_of(children, within=PATIENCE) == []
        with pytest.raises(NoTargetError, match="has ended"):
            find_target(None)
    with locked(settings):
        assert settings.lock_file.read_text() == str(os.getpid())


def test_a_sandbox_that_was_started_for_a_test_ends_with_the_test_that_is_killed(tmp_path: Path) -> None:
    program = (
        "from infra.sandbox.processes import running_sandbox; from infra.sandbox.settings import *\n"
        "with running_sandbox(settings_from_environment()): pass"
    )
    parent = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(tmp_path, "building"),
        start_new_session=True,
    )
    wait_for_phase(parent, tmp_path, "building")  # type: ignore[arg-type] # its output is not text, but nothing reads it
    children = descendants(parent.pid)
    parent.kill()
    parent.wait()
    assert len(children) >= 4, "the launcher, the leash of uv, uv and its child"
    assert left_of(children, within=PATIENCE) == []


def why_it_does_not_start(environment: dict[str, str]) -> list[str]:
    """The lines that a launcher, which runs in this process, writes."""
    output, errors = StringIO(), StringIO()
    with patch.dict(os.environ, environment), redirect_stdout(output), redirect_stderr(errors):
        assert launch() == 1
    assert output.getvalue() == ""
    return errors.getvalue().splitlines()


def contents(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(file): (file.stat().st_mtime_ns, file.read_bytes() if file.is_file() else b"")
        for file in sorted(directory.rglob("*"))
    }


def test_a_second_sandbox_of_a_directory_is_one_clear_line_and_changes_nothing(tmp_path: Path) -> None:
    with locked(Settings(directory=tmp_path)):
        for file in ("state.json", "tmp/code/app.py", "build/Layer.zip", "aws.log", "build/Layer.sha256"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("of the first")
        started = environment(tmp_path)
        before = contents(tmp_path)

        (line,) = why_it_does_not_start(started)

        assert line.startswith(f"a sandbox already runs in {tmp_path} (process {os.getpid()}): stop it, or")
        assert contents(tmp_path) == before


def test_after_a_failed_start_no_command_goes_to_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
    monkeypatch.setenv("WEJOURNEY_STACK", "production")
    failing = environment(tmp_path, "building") | {"UV": "false"}
    assert any("installing packages failed" in line for line in why_it_does_not_start(failing))
    with pytest.raises(NoTargetError, match="has ended"):
        find_target(None)


@pytest.mark.parametrize("file", ["lock", "state.json", "state.part", "tmp", "aws.log", "build.log"])
def test_a_file_that_cannot_be_used_is_one_clear_line(tmp_path: Path, file: str) -> None:
    if file == "tmp":
        (tmp_path / file).touch()
    else:
        (tmp_path / file / "x").mkdir(parents=True)
    (line,) = why_it_does_not_start(environment(tmp_path, "building"))
    assert str(tmp_path) in line
    assert "SANDBOX_DIR" in line


def test_a_command_that_looks_at_the_lock_does_not_keep_a_sandbox_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(directory=tmp_path)
    with locked(settings):
        pass
    with settings.lock_file.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        # The command lets go while the sandbox waits for its next attempt.
        lets_go = SimpleNamespace(sleep=lambda _seconds: fcntl.flock(looking, fcntl.LOCK_UN))
        monkeypatch.setattr(processes, "time", lets_go)
        with locked(settings):
            pass


def test_a_directory_that_cannot_be_written_to_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SandboxError, match="SANDBOX_DIR") as caught,
        locked(Settings(directory=tmp_path / "file")),
    ):
        pass
    assert "\n" not in str(caught.value)
