"""One sandbox per directory: a file lock, which the system releases when its holder ends, however it ends."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from infra.sandbox.settings import SandboxError, Settings

_ATTEMPTS = 10
_PAUSE = 0.1
"""Seconds. Commands look at the lock by taking it for a moment (`workbench.operations.target`)."""


@contextlib.contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the lock of the sandbox's directory. Raises SandboxError if another sandbox holds it."""
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
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if attempt + 1 < _ATTEMPTS:
            time.sleep(_PAUSE)
    return False
