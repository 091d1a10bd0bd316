"""Start the sandbox and keep it until it is told to end.

The launcher itself serves the fake WeChat and the API's port; MiniStack is its one lasting child.
"""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from rich.console import Console
from starlette.applications import Starlette

from infra.sandbox import stack as aws
from infra.sandbox.fake_wechat.app import create_app
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.package import package, sources
from infra.sandbox.processes import in_daemon_thread, locked
from infra.sandbox.proxy import create_proxy
from infra.sandbox.settings import (
    GRACE,
    ROOT,
    Account,
    SandboxError,
    Settings,
    load_account,
    settings_from_environment,
)
from infra.sandbox.time_control import TimeControl
from infra.sandbox.timekeeper import held
from wejourney.clock import Clock

AWS_STARTS_WITHIN = 60.0

_progress = Console(stderr=True)


def launch() -> int:
    """Run a sandbox; the exit status is 0 when it was told to end."""
    try:
        asyncio.run(_run_until_told(settings_from_environment()))
    except SandboxError as error:
        told = str(error)
    except OSError as error:
        if error.filename is None:
            raise
        told = f"{error.filename} cannot be used ({error.strerror}): move it away, or set SANDBOX_DIR"
    else:
        return 0
    print(told, file=sys.stderr)  # noqa: T201 - this is the command's output
    return 1


async def _run_until_told(settings: Settings) -> None:
    sandbox = asyncio.create_task(_run(settings))

    def end() -> None:
        if not sandbox.cancelling():
            sandbox.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    with contextlib.suppress(asyncio.CancelledError):
        await sandbox


async def _run(settings: Settings) -> None:
    """The sandbox from the first check to the end of its last process."""
    account = load_account()
    aws.check_tools(settings)
    with (
        locked(settings),
        _bound("API_PORT", settings.api_port) as api_socket,
        _bound("FAKE_PORT", settings.fake_port) as fake_socket,
        _state_file(settings),
    ):
        with _bound("AWS_PORT", settings.aws_port) as probe:
            endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        file = settings.directory / "clock"
        file.write_text(str(int(settings.starts.timestamp() if settings.starts else time.time())), "ascii")
        clock = Clock(str(file))
        async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None)) as http:
            times = TimeControl(endpoint, http, partial(held, file))
            fake = create_app(World(account, clock), settings.api_url, http, times)
            async with _served(fake, fake_socket), _local_aws(settings, endpoint, clock) as ended:
                api_id = await _deployed(settings, endpoint, account, clock)
                proxy = create_proxy(endpoint, api_id, http)
                async with _served(proxy, api_socket):
                    if settings.speed:
                        await times.ask("/run", json.dumps({"speed": settings.speed}).encode())
                    running = {
                        "endpoint": endpoint,
                        "region": aws.REGION,
                        "stack": aws.STACK,
                        "api": settings.api_url,
                        "fake": settings.fake_url,
                        "speed": settings.speed,
                        "clock": vars(clock),
                        "pid": os.getpid(),
                    }
                    _write_state(settings, running)
                    print("ready", flush=True)  # noqa: T201 - the contract's one line
                    await asyncio.wait({ended})
                    raise SandboxError(f"the local AWS has ended; see {settings.directory / 'aws.log'}")


async def _deployed(settings: Settings, endpoint: str, account: Account, clock: Clock) -> str:
    """Build, deploy and warm up, and say so where somebody watches. Returns the id of the API."""
    given = aws.parameters(settings, account, clock)
    with _step("building the functions"):
        packaged = await in_daemon_thread(
            lambda: package(sources(settings, account.rule_set), aws.STACK, settings)
        )
    with _step("deploying to the local AWS"):
        api_id, functions = await in_daemon_thread(lambda: aws.deploy(packaged, endpoint, given))
        await in_daemon_thread(lambda: aws.add_merchant(endpoint))
        await in_daemon_thread(lambda: aws.add_mini_program(endpoint))
        await in_daemon_thread(lambda: aws.add_store(endpoint, account.app_id))
    with _step("warming up the functions"):
        await aws.warm_up(endpoint, functions)
    return api_id


@contextlib.contextmanager
def _step(title: str) -> Iterator[None]:
    if not _progress.is_terminal:
        yield
        return
    began = time.monotonic()
    with _progress.status(f"{title} …"):
        yield
    _progress.print(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.0f} s[/]")


def _bound(variable: str, port: int) -> socket.socket:
    """The port, taken before anything long begins. Raises SandboxError when somebody else has it."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as exc:
        raise SandboxError(
            f"port {port} is taken ({exc.strerror}): end what uses it, or set {variable} to a free port"
        ) from exc


@contextlib.asynccontextmanager
async def _served(app: Starlette, bound: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(app, log_level="warning", lifespan="off", date_header=False, server_header=False)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    # Signals are the launcher's: uvicorn would end each server by itself.
    serving = asyncio.create_task(server._serve([bound]))  # noqa: SLF001
    try:
        while not server.started:
            if serving.done():
                await serving
                raise SandboxError("a server of the sandbox did not start")
            await asyncio.sleep(0.02)
        yield
    finally:
        # What is still under way is cut off: on purpose, so without a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def _local_aws(settings: Settings, endpoint: str, clock: Clock) -> AsyncIterator[asyncio.Task[int]]:
    """MiniStack, a process in a group of its own: what is done when it has ended.

    It learns from its standard input when we are gone (`end_with_parent`). Its group keeps a Ctrl-C in the
    terminal from reaching it before us, and is gone afterwards as a whole.
    """
    scratch = settings.directory / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    log = settings.directory / "aws.log"
    try:
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "infra.sandbox.local_aws",
                cwd=ROOT, env=_aws_settings(endpoint, settings, clock), stdin=asyncio.subprocess.PIPE,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        ended = asyncio.create_task(process.wait())
        try:
            await _answering(endpoint, ended, log)
            yield ended
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
                await asyncio.wait({ended}, timeout=GRACE)
            # What it has left behind in its group, and itself if it would not end.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait({ended})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _aws_settings(endpoint: str, settings: Settings, clock: Clock) -> Mapping[str, str]:
    """MiniStack's environment, which it hands on to the functions: no AWS or proxy of the developer."""
    unwanted = ("AWS_", "POWERTOOLS_", "PYNAMODB_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {
        **kept,
        "NO_PROXY": "*",
        "no_proxy": "*",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": endpoint.rpartition(":")[2],
        "MINISTACK_REGION": aws.REGION,
        "CLOCK": clock.file,
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_WARM_TTL_SECONDS": str(7 * 24 * 3600),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(settings.directory / "tmp"),
        "SANDBOX_LAYERS": str(settings.directory / "layers"),
        "METER": str(settings.meter or ""),
        "PYTHONPATH": str(ROOT),
    }


async def _answering(endpoint: str, ended: asyncio.Task[int], log: Path) -> None:
    gives_up = time.monotonic() + AWS_STARTS_WITHIN
    async with httpx.AsyncClient(trust_env=False) as http:
        while not ended.done() and time.monotonic() < gives_up:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"{endpoint}/_ministack/health")).is_success:
                    return
            await asyncio.sleep(0.1)
    raise SandboxError(f"the local AWS did not start; see {log}")


@contextlib.contextmanager
def _state_file(settings: Settings) -> Iterator[None]:
    """Keep a state file from before the build until the sandbox has ended because it was told to.

    A sandbox that is killed or fails leaves it behind: commands then stop instead of going on to AWS.
    """
    _write_state(settings, {"starting": True, "pid": os.getpid()})
    try:
        yield
    except asyncio.CancelledError:
        settings.state_file.unlink(missing_ok=True)
        raise


def _write_state(settings: Settings, state: Mapping[str, Any]) -> None:
    unfinished = settings.state_file.with_suffix(".part")
    unfinished.write_text(json.dumps(state, indent=2))
    unfinished.rename(settings.state_file)
