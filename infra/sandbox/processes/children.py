"""Child processes that end with the sandbox, whatever happens."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from infra.sandbox.settings import GRACE, ROOT, SandboxError

_SHOWN_LINES = 25


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process in a group of its own, its output in a file; the whole group is gone afterwards.

    It learns from its standard input when we are gone, see `leash`. The group keeps a Ctrl-C in the terminal
    from reaching it before the launcher has seen it.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
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
    """Run a foreign command to its end. Raises SandboxError with the end of its output when it fails."""
    leashed = [sys.executable, "-m", "infra.sandbox.processes.leash", *command]
    async with running(leashed, environment, log) as process:
        status = await process.wait()
    if status != 0:
        raise SandboxError(f"{_end_of(log)}\n{what} failed (status {status}); the whole output is in {log}")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:])


async def abandonable[T](function: Callable[[], T]) -> T:
    """Run something that blocks in a thread for which neither a cancellation nor our end waits."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(settle_it: Callable[..., None], value: object) -> None:
        if not done.done():
            settle_it(value)

    def work() -> None:
        try:
            outcome: tuple[Callable[..., None], object] = (done.set_result, function())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it is waited for
            outcome = (done.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, daemon=True).start()
    return await done
