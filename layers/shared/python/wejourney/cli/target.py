"""Which deployment a command speaks to: the sandbox while it runs, else a stack in AWS."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from wejourney.adapters.dead_letters import DeadLetters
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.adapters.inbox_queue import SqsInbox
from wejourney.cli.terminal import fail
from wejourney.clock import Clock

SANDBOX_STATE = Path(".sandbox/state.json")
DEFAULT_STACK = "wejourney"

_IN_SANDBOX = "start the sandbox again with `make sandbox`, or name a stack in AWS with --stack"
_IN_AWS = "name it with --stack, choose its region with AWS_DEFAULT_REGION, or run `make sandbox`"


class NoTargetError(Exception):
    """There is no such deployment, or it cannot be reached; the text says what to do."""


@dataclass(frozen=True)
class Target:
    """A deployed stack. `sandbox` is the state that the sandbox's launcher left, None on AWS."""

    stack: str
    sandbox: dict[str, Any] | None = None

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs. Raises NoTargetError."""
        try:
            found = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        except (ClientError, BotoCoreError) as error:
            what_to_do = _IN_SANDBOX if self.sandbox else _IN_AWS
            raise NoTargetError(f"stack {self.stack} cannot be read ({error}): {what_to_do}") from error
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    @property
    def app_id(self) -> str:
        """The account that was deployed with the stack."""
        return self.outputs["AppId"]

    @property
    def clock(self) -> Clock:
        """The deployment's clock."""
        described = self.sandbox and self.sandbox.get("clock")
        if not described:
            return Clock()
        return Clock(**described)

    @property
    def followers(self) -> FollowerStore:
        """The followers' table."""
        self._export()
        return FollowerStore(self.outputs["FollowersTable"])

    @property
    def ledger(self) -> LedgerStore:
        """The books."""
        self._export()
        return LedgerStore(self.outputs["LedgerTable"])

    @property
    def inbox(self) -> SqsInbox:
        """The door for what other systems know."""
        return SqsInbox(self.client("sqs"), self.outputs["InboxQueueUrl"])

    @property
    def dead_letters(self) -> DeadLetters:
        """What was put aside."""
        outputs = self.outputs
        return DeadLetters(self.client("sqs"), outputs["DeadLettersUrl"], outputs["InboxQueueUrl"])

    def client(self, service: str) -> Any:
        """A client for this deployment."""
        self._export()
        make: Any = boto3.client
        return make(service)

    def _export(self) -> None:
        """PynamoDB and boto3 both take the sandbox's address from the environment."""
        if self.sandbox is not None:
            os.environ |= {
                "AWS_ENDPOINT_URL": self.sandbox["endpoint"],
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": self.sandbox["region"],
                "AWS_REGION": self.sandbox["region"],
            }


def find_target(stack: str | None) -> Target:
    """The named stack; without a name the sandbox if it runs, else the default stack."""
    state = Path(os.environ.get("SANDBOX_DIR", SANDBOX_STATE.parent)) / SANDBOX_STATE.name
    if stack is None and state.exists():
        described = json.loads(state.read_text(encoding="utf-8"))
        return Target(described["stack"], described)
    return Target(stack or os.environ.get("WEJOURNEY_STACK", DEFAULT_STACK))


def open_target(stack: str | None) -> Target:
    """The deployment of a command; where there is none, one clear line and the end."""
    target = find_target(stack)
    try:
        target.outputs  # noqa: B018 - read once here, before the command does anything
    except NoTargetError as error:
        fail(str(error))
    return target


OpenId = Annotated[str, typer.Argument(help="A follower.")]
AppId = Annotated[str | None, typer.Option(help="The account; without it the one deployed with the stack.")]
Stack = Annotated[
    str | None,
    typer.Option(
        help="The stack in AWS; without it the sandbox if it runs, else WEJOURNEY_STACK, else `wejourney`."
    ),
]
