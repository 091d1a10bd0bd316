"""Processes that end with the one that started them, however that one ends, `kill -9` included.

The parent holds the other end of the child's standard input and never writes to it: it is at its end when the
parent is gone. `python -m infra.sandbox.processes COMMAND…` runs a command that ignores its input.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

from infra.sandbox.settings import ROOT, SandboxError, Settings, environment_of

_SHOWN_LINES = 25
_ATTEMPTS = 10
_PAUSE = 0.1
"""Seconds. Commands look at the lock by taking it for a moment (`workbench.operations.target`)."""


def end_with_parent(grace: float = 0.0) -> None:
    """Kill this process and its group as soon as the parent is gone.

    With a `grace`, in seconds, this process first gets a SIGTERM and that much time to end by itself.
    """

    def wait() -> None:
        while os.read(0, 1):
            pass
        if grace:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(grace)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def run(command: Sequence[str], log: Path, what: str) -> None:
    """Run a foreign command, which ends with us. Raises SandboxError with the end of its output."""
    leashed = [sys.executable, "-m", "infra.sandbox.processes", *command]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - the caller's command
            leashed, cwd=ROOT, stdin=-1, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        status = process.wait()
    if status != 0:
        shown = "\n".join(log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:])
        raise SandboxError(f"{shown}\n{what} failed (status {status}); the whole output is in {log}")


@contextlib.contextmanager
def running_sandbox(settings: Settings) -> Iterator[None]:
    """Start a sandbox, wait for its `ready`, and end it after the block, or when this process is killed.

    Raises SandboxError when it does not start; why is on its standard error, which is ours.
    """
    # A session of its own: a Ctrl-C is for the process that called, which then ends the sandbox in order.
    with subprocess.Popen(
        [sys.executable, "-m", "infra.sandbox.run", "--leashed"],
        cwd=ROOT, env=os.environ | environment_of(settings), stdin=-1, stdout=-1, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise SandboxError("the sandbox did not start")
            yield
        finally:
            process.terminate()
            process.wait()


async def in_daemon_thread[T](function: Callable[[], T]) -> T:
    """Run something that blocks in a thread for which neither a cancellation nor our end waits."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def work() -> None:
        try:
            outcome.set_result(function())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it is waited for
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return await asyncio.wrap_future(outcome)


@contextlib.contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the lock of the sandbox's directory, which the system releases when we end, however we end.

    Raises SandboxError if another sandbox holds it.
    """
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(settings.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise SandboxError(f"SANDBOX_DIR={settings.directory} cannot be written to: {exc.strerror}") from exc
    with open(descriptor, "r+", encoding="ascii") as file:  # noqa: PTH123 - a Path cannot open a descriptor
        if not _taken(descriptor):
            raise SandboxError(
                f"a sandbox already runs in {settings.directory} (process {file.read() or 'unknown'}): "
                "stop it, or set SANDBOX_DIR, API_PORT and FAKE_PORT to start another one"
            )
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _taken(descriptor: int) -> bool:
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


if __name__ == "__main__":
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the parent's command
    end_with_parent()
    sys.exit(child.wait())
