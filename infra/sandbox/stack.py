"""The product in the local AWS: the real template, packaged and deployed, its functions warmed up."""

import asyncio
import json
import platform
import shutil
from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore.exceptions import WaiterError

from infra.sandbox.fake_wechat.merchant import make_merchant
from infra.sandbox.package import Package, uv
from infra.sandbox.processes import in_daemon_thread
from infra.sandbox.settings import Account, MiniProgramAccount, SandboxError, Settings, StoreAccount
from wejourney.clock import Clock
from workbench.operations.target import Target

STACK = "wejourney-sandbox"
REGION = "cn-north-1"
TEMPLATE = "template.json"

_GET = {"rawPath": "/", "headers": {}, "requestContext": {"http": {"method": "GET", "path": "/"}}}
WARM = {"warm": True, "version": "2.0", **_GET}
"""The event on which a handler returns at once, its imports and clients ready; the callback may as well
take it for a GET that WeChat has not signed."""


def check_tools(settings: Settings) -> None:
    """Raises SandboxError when nothing could be built."""
    if shutil.which(uv()) is None:
        raise SandboxError(
            f"{uv()} is not on the PATH: run `make setup`, or install it (https://docs.astral.sh/uv)"
        )
    if not settings.template.exists():
        raise SandboxError(f"{settings.template} is missing: run this from a complete checkout")


def parameters(settings: Settings, account: Account, clock: Clock) -> dict[str, str]:
    """The template's parameters that make it the sandbox account's stack."""
    return {
        "AppId": account.app_id,
        "AppSecret": account.app_secret,
        "Token": account.token,
        "EncodingAESKey": account.encoding_aes_key,
        "Rules": account.rules,
        "Encryption": account.encryption,
        "KeepMedia": "30",
        "KeepUploads": "30",
        "WeChatApiUrl": settings.fake_url,
        "WeChatPayApiUrl": settings.fake_url,
        "VirtualClock": clock.file,
        "Architecture": architecture(),
    }


def architecture() -> str:
    """The architecture that functions can run on here."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def deploy(packaged: Package, endpoint: str, given: Mapping[str, str]) -> tuple[str, list[str]]:
    """Deploy the template; returns the id of its API, and its functions. Raises SandboxError."""
    s3, cloudformation = make_client("s3", endpoint), make_client("cloudformation", endpoint)
    s3.create_bucket(Bucket=STACK, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, file in packaged.files.items():
        s3.put_object(Bucket=STACK, Key=key, Body=file.read_bytes())
    # A template in a request must be smaller.
    s3.put_object(Bucket=STACK, Key=TEMPLATE, Body=json.dumps(packaged.template))
    declared = given.keys() & packaged.template.get("Parameters", {}).keys()
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{endpoint}/{STACK}/{TEMPLATE}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": name, "ParameterValue": given[name]} for name in declared],
    )
    created = cloudformation.get_waiter("stack_create_complete")
    try:
        created.wait(StackName=STACK, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100_000})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = (
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in events
            if event["ResourceStatus"] == "CREATE_FAILED"
        )
        told = [f"the local AWS could not deploy the template ({error})", *reasons]
        raise SandboxError("\n".join(told)) from error
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]

    def ids(kind: str) -> list[str]:
        return [found["PhysicalResourceId"] for found in resources if found["ResourceType"] == kind]

    apis = ids("AWS::ApiGatewayV2::Api")
    if len(apis) != 1:
        raise SandboxError(f"the template has {len(apis)} HTTP APIs; the sandbox needs one")
    return apis[0], ids("AWS::Lambda::Function")


def add_merchant(endpoint: str) -> None:
    """Add the secret of the merchant, as an operator does."""
    merchant = make_merchant()
    # Codes of stores stand before the first blank of what the merchant adds to an order.
    secret = merchant.secret(store_from="attach", store_until=" ")
    make_client("secretsmanager", endpoint).create_secret(
        Name=f"{STACK}/pay/{merchant.id}", SecretString=secret
    )


def add_mini_program(endpoint: str) -> None:
    """Add the secret of the mini program, as an operator does."""
    account = MiniProgramAccount()
    secret = {
        "kind": "mini_program",
        "app_secret": account.app_secret,
        "token": account.token,
        "encoding_aes_key": account.encoding_aes_key,
        "open_platform": account.open_platform,
    }
    make_client("secretsmanager", endpoint).create_secret(
        Name=f"{STACK}/wechat/{account.app_id}", SecretString=json.dumps(secret)
    )


def add_store(endpoint: str, app_id: str) -> None:
    """Add the secret of the store, as an operator does."""
    store = StoreAccount()
    make_client("secretsmanager", endpoint).create_secret(
        Name=f"{STACK}/stores/{store.name}", SecretString=json.dumps({"key": store.key, "app_id": app_id})
    )


def make_client(service: str, endpoint: str) -> Any:
    return Target(STACK, {"endpoint": endpoint, "region": REGION}).client(service)


async def warm_up(endpoint: str, functions: list[str]) -> None:
    """Start the functions' workers, so that the first event of a follower is not late."""
    client = make_client("lambda", endpoint)

    def invoke(name: str) -> None:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(WARM))
        if answer.get("FunctionError"):
            raise SandboxError(f"a function does not start: {name}: {answer['Payload'].read().decode()}")

    await asyncio.gather(*(in_daemon_thread(partial(invoke, name)) for name in functions))
