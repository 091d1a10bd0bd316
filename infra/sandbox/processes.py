"""Child processes that end with the sandbox, whatever happens."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from infra.sandbox.settings import ROOT, SandboxError

GRACE = 8.0
"""Seconds that a process gets to end by itself."""

_SHOWN_LINES = 25


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process in a group of its own, its output in a file; the whole group is gone afterwards.

    The group keeps a Ctrl-C in the terminal from reaching it before the launcher has seen it.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await process.wait()
    # What the process has left behind in its group, and the process itself if it would not end.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def run(command: Sequence[str], environment: Mapping[str, str], log: Path, what: str) -> None:
    """Run a command to its end. Raises SandboxError with the end of its output when it fails."""
    async with running(command, environment, log) as process:
        status = await process.wait()
    if status != 0:
        raise SandboxError(f"{_end_of(log)}\n{what} failed (status {status}); the whole output is in {log}")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:])
