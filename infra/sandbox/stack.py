"""The product in the local AWS: the real template, built and deployed with sam, its functions warmed up."""

import asyncio
import hashlib
import json
import os
import platform
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from infra.sandbox.account import Account
from infra.sandbox.environment import local_environment
from infra.sandbox.processes import abandonable, run
from infra.sandbox.settings import ROOT, SandboxError, Settings
from infra.sandbox.sources import source_files, sources
from wejourney.clock import Clock
from workbench.operations.target import Target

STACK = "wejourney-sandbox"
REGION = "cn-north-1"
SAM = shlex.quote(str(ROOT / "infra/tools/sam"))
TEMPLATE = ROOT / "template.yaml"

WARM = {
    "warm": True,
    "version": "2.0",
    "rawPath": "/",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/"}},
}
"""The event on which a handler returns at once, its imports and clients ready; the callback may as well
take it for a GET that WeChat has not signed."""
WARM_WORKERS = 2
"""Per function: two followers may be served at once before a third waits for a cold start."""


@dataclass(frozen=True)
class Stack:
    """The deployed stack."""

    endpoint: str
    api_id: str
    functions: tuple[str, ...]


def aws_environment(endpoint: str) -> dict[str, str]:
    """The environment in which AWS tools talk to the local AWS and to nothing else."""
    return local_environment(endpoint, REGION) | {
        "SAM_CLI_TELEMETRY": "0",
    }


def check_tools() -> None:
    """Raises SandboxError when sam could not run."""
    command = _sam()[0]
    if shutil.which(command) is None:
        raise SandboxError(f"{command} is not on the PATH: set SAM to your own sam, or leave it out")
    if not TEMPLATE.exists():
        raise SandboxError(f"{TEMPLATE} is missing: run this from a complete checkout")


def _sam() -> list[str]:
    return shlex.split(os.environ.get("SAM") or SAM)


def parameters(settings: Settings, account: Account, clock: Clock) -> dict[str, str]:
    """The template's parameters that make it the sandbox account's stack."""
    return {
        "AppId": account.app_id,
        "AppSecret": account.app_secret,
        "Token": account.token,
        "EncodingAESKey": account.encoding_aes_key,
        "Rules": account.rules,
        "Encryption": account.encryption,
        "WeChatApiUrl": settings.fake_url,
        "VirtualClock": clock.to_json(),
        "Architecture": architecture(),
    }


def architecture() -> str:
    """The architecture that functions can run on here."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


async def build(settings: Settings, account: Account) -> None:
    """Build what has changed since the last time. Raises SandboxError."""
    root = await abandonable(lambda: sources(settings, account.rule_set))
    built, stamp = settings.directory / "build", settings.directory / "build.sha256"
    wanted = _fingerprint(root)
    if (built / "template.yaml").exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    command = [
        *_sam(), "build", "--cached", "--parallel",
        "--template", str(root / TEMPLATE.name),
        "--build-dir", str(built),
        "--cache-dir", str(settings.directory / "cache"),
        "--config-file", str(_config(settings, {"Architecture": architecture()})),
    ]  # fmt: skip
    environment = aws_environment("") | {"ARCHITECTURE": architecture()}
    await run(command, environment, settings.directory / "build.log", "sam build")
    stamp.write_text(wanted)


async def deploy(settings: Settings, endpoint: str, account: Account, clock: Clock) -> Stack:
    """Deploy the built template as it is deployed to AWS."""
    command = [
        *_sam(), "deploy", "--stack-name", STACK, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-progressbar",
        "--template", str(settings.directory / "build" / "template.yaml"),
        "--config-file", str(_config(settings, parameters(settings, account, clock))),
    ]  # fmt: skip
    await run(command, aws_environment(endpoint), settings.directory / "deploy.log", "sam deploy")
    return await abandonable(lambda: _describe(endpoint))


def _config(settings: Settings, overrides: Mapping[str, str]) -> Path:
    """A configuration file for sam: the developer's own samconfig.toml is not for the sandbox."""
    file = settings.directory / "samconfig.toml"
    values = ", ".join(json.dumps(f"{name}={json.dumps(value)}") for name, value in overrides.items())
    file.write_text(f"version = 0.1\n[default.global.parameters]\nparameter_overrides = [{values}]\n")
    return file


def _fingerprint(root: Path) -> str:
    digest = hashlib.sha256(f"{architecture()}\0{root}".encode())
    for file in source_files(root):
        digest.update(f"\0{file.relative_to(root)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def make_client(service: str, endpoint: str) -> Any:
    """A client of the local AWS."""
    return Target(STACK, {"endpoint": endpoint, "region": REGION}).client(service)


def _describe(endpoint: str) -> Stack:
    resources = make_client("cloudformation", endpoint).describe_stack_resources(StackName=STACK)[
        "StackResources"
    ]

    def ids(kind: str) -> tuple[str, ...]:
        return tuple(one["PhysicalResourceId"] for one in resources if one["ResourceType"] == kind)

    apis = ids("AWS::ApiGatewayV2::Api")
    if len(apis) != 1:
        raise SandboxError(f"the template has {len(apis)} HTTP APIs; the sandbox needs one")
    return Stack(endpoint, apis[0], ids("AWS::Lambda::Function"))


async def warm_up(stack: Stack) -> None:
    """Start the functions' workers, so that the first event of a follower is not late."""
    client = make_client("lambda", stack.endpoint)

    def invoke(name: str) -> str | None:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(WARM))
        return f"{name}: {answer['Payload'].read().decode()}" if answer.get("FunctionError") else None

    calls = [partial(invoke, name) for name in stack.functions for _ in range(WARM_WORKERS)]
    failed = list(filter(None, await asyncio.gather(*map(abandonable, calls))))
    if failed:
        raise SandboxError(f"a function does not start: {failed[0]}")
