"""A sandbox in a process of its own, for the demo and for tests."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from infra.sandbox.settings import ROOT, SandboxError, Settings, environment_of


@contextlib.contextmanager
def running_sandbox(settings: Settings) -> Iterator[None]:
    """Start a sandbox, wait for its `ready`, and end it after the block, or when this process is killed.

    Raises SandboxError when it does not start; why is on its standard error, which is ours.
    """
    environment = os.environ | environment_of(settings)
    command = [sys.executable, "-m", "infra.sandbox.run", "--leashed"]
    # A session of its own: a Ctrl-C is for the process that called, which then ends the sandbox in order.
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise SandboxError("the sandbox did not start")
            yield
        finally:
            process.terminate()
            process.wait()
