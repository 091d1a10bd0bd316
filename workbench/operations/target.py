"""Which deployment a command uses: the sandbox, or a stack in AWS if it was named."""

import fcntl
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session, get_session

from wejourney.adapters.aws.media_bucket import MediaBucket
from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.dynamo.access_store import AccessStore
from wejourney.adapters.dynamo.binding_store import BindingStore
from wejourney.adapters.dynamo.code_store import CodeStore
from wejourney.adapters.dynamo.counter_store import CounterStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.media_store import MediaStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.segment_store import SegmentStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.uploads.upload_store import UploadStore
from wejourney.clock import Clock
from wejourney.errors import WejourneyError
from wejourney.services.ports.keys import PHONES, DeploymentKey
from workbench.operations.dead_letters import DeadLetterQueue
from workbench.wording.phrases import Phrase, phrase

OUTPUTS = frozenset(
    {"AccountsTable", "AppId", "CreateCodeFunction", "DeadLettersUrl", "FollowersTable", "InboxQueueUrl"}
    | {"JourneyCountersTable", "JourneyMachinePrefix", "LedgerTable", "MediaBucket"}
    | {"UploadBucket"}
)
"""The outputs of a stack that commands use."""

UNCHECKED = Config(parameter_validation=False)
"""For calls with many values: botocore's checks take a quarter of an import, and DynamoDB checks again."""

_OF_REGION = Config(
    signature_version="s3v4",
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
"""For addresses that a browser opens: botocore's own choice is an older signature in some regions."""

SANDBOX = Path(".sandbox")
STACK_VARIABLE = "WEJOURNEY_STACK"

_NAME_ONE = phrase("name a stack", variable=STACK_VARIABLE)
_IN_SANDBOX = phrase("start the sandbox again", other=_NAME_ONE)
_IN_AWS = phrase("check the stack")


class NoTargetError(Exception):
    """There is no such deployment, or it cannot be reached; `problem` says what to do."""

    def __init__(self, problem: Phrase) -> None:
        super().__init__(problem.in_words("en"))
        self.problem = problem


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
            problem = phrase("stack cannot be read", stack=self.stack, why=str(error), hint=what_to_do)
            raise NoTargetError(problem) from error
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
        if missing := sorted(OUTPUTS - outputs.keys()):
            raise NoTargetError(phrase("stack lacks outputs", stack=self.stack, names=tuple(missing)))
        return outputs

    @property
    def app_id(self) -> str:
        return self.outputs["AppId"]

    @property
    def clock(self) -> Clock:
        return Clock(**self.sandbox["clock"]) if self.sandbox else Clock()

    @property
    def followers(self) -> FollowerStore:
        return FollowerStore(self._table("FollowersTable"), self.outputs["LedgerTable"])

    @property
    def codes(self) -> CodeStore:
        return CodeStore(self._table("FollowersTable"))

    @property
    def counters(self) -> CounterStore:
        return CounterStore(self._table("JourneyCountersTable"))

    @property
    def bindings(self) -> BindingStore:
        return BindingStore(self._table("AccountsTable"))

    @property
    def segments(self) -> SegmentStore:
        return SegmentStore(self._table("FollowersTable"))

    @property
    def ledger(self) -> BooksStore:
        return BooksStore(self._table("LedgerTable"), self._table("FollowersTable"))

    @property
    def sales(self) -> SaleStore:
        return SaleStore(self._table("LedgerTable"))

    @property
    def inbox(self) -> SqsInbox:
        return SqsInbox(self.client("sqs"), self.outputs["InboxQueueUrl"])

    @property
    def accesses(self) -> AccessStore:
        return AccessStore(self._table("FollowersTable"))

    @property
    def identities(self) -> PeopleStore:
        return PeopleStore(self._table("FollowersTable"))

    @property
    def pending_events(self) -> PendingEventStore:
        return PendingEventStore(self._table("FollowersTable"))

    @property
    def personal_data(self) -> KmsPersonalData:
        return KmsPersonalData(self.client("kms"), self.clock.real_now)

    @property
    def media(self) -> MediaStore:
        return MediaStore(self._table("FollowersTable"))

    @property
    def media_objects(self) -> MediaBucket:
        return MediaBucket(self.client("s3"), self.outputs["MediaBucket"])

    @property
    def uploads(self) -> UploadStore:
        return UploadStore(self._table("FollowersTable"))

    @property
    def upload_files(self) -> MediaBucket:
        return MediaBucket(self.client("s3"), self.outputs["UploadBucket"])

    def upload_address(self, name: str) -> str:
        """Where an uploaded picture can be seen for an hour, by who uses the command's own permissions."""
        place = {"Bucket": self.outputs["UploadBucket"], "Key": name}
        s3 = self.client("s3", _OF_REGION)
        address: str = s3.generate_presigned_url("get_object", Params=place, ExpiresIn=3600)
        return address

    @property
    def caller(self) -> str:
        """The ARN of who uses the command."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    @property
    def phone_key(self) -> bytes:
        """The deployment's key for hashes of phone numbers. Raises NoTargetError."""
        name = f"{self.stack}/keys/{PHONES}"
        try:
            text = self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
            return DeploymentKey.from_secret(PHONES, text).current
        except (ClientError, BotoCoreError, WejourneyError) as error:
            raise NoTargetError(phrase("import no phone key", name=name, why=str(error))) from error

    @property
    def dead_letters(self) -> DeadLetterQueue:
        outputs = self.outputs
        return DeadLetterQueue(self.client("sqs"), outputs["DeadLettersUrl"], outputs["InboxQueueUrl"])

    def client(self, service: str, config: Config | None = None) -> Any:
        return self._session.create_client(service, endpoint_url=self._endpoint, config=config)

    def _table(self, output: str) -> Table:
        return Table(self.outputs[output], self._dynamodb)

    @cached_property
    def _dynamodb(self) -> Any:
        """One client serves all tables: each costs time and memory at start."""
        return self.client("dynamodb", UNCHECKED)

    @property
    def _endpoint(self) -> str | None:
        return self.sandbox["endpoint"] if self.sandbox else None

    @cached_property
    def _session(self) -> Session:
        return _isolated_session(self.sandbox["region"]) if self.sandbox else get_session()


def _isolated_session(region: str) -> Session:
    """A session for the sandbox: no variable, file or proxy that a developer has configured changes it."""
    variables = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in Session.SESSION_VARIABLES.items()
    }
    no_file = (None, None, os.devnull, None)
    session = Session(variables | {"config_file": no_file, "credentials_file": no_file})
    session.set_config_variable("region", region)
    session.set_credentials("test", "test")
    session.set_default_client_config(Config(proxies={}))
    return session


def find_target(stack: str | None) -> Target:
    """The named stack; without a name this folder's sandbox; without one the stack in WEJOURNEY_STACK.

    Without `stack`, a sandbox that was killed, failed or is not ready yet is an error, never a reason to go
    on to AWS. Names of blanks name nothing. Raises NoTargetError.
    """
    if stack and stack.strip():
        return Target(stack.strip())
    directory = Path(os.environ.get("SANDBOX_DIR") or SANDBOX)
    if _locked(directory / "lock") or (directory / "state.json").exists():
        return sandbox_target(directory)
    if named := os.environ.get(STACK_VARIABLE, "").strip():
        return Target(named)
    raise NoTargetError(phrase("no sandbox", folder=str(directory), other=_NAME_ONE))


def sandbox_target(directory: Path) -> Target:
    """The sandbox that runs in this directory. Raises NoTargetError when none does."""
    state = directory / "state.json"
    if not _locked(directory / "lock"):
        raise NoTargetError(
            phrase("sandbox has ended", folder=str(directory), file=str(state), other=_NAME_ONE)
        )
    try:
        described: Any = {"starting": True}
        if state.exists():
            described = json.loads(state.read_text(encoding="utf-8"))
        if "starting" in described:
            raise NoTargetError(phrase("sandbox is starting", folder=str(directory)))
        port = urlsplit(described["endpoint"]).port
        wanted = {name: described[name] for name in ("region", "clock")}
        Clock(**wanted["clock"])
        found = Target(described["stack"], {**wanted, "endpoint": f"http://127.0.0.1:{port:d}"})
    except (OSError, ValueError, TypeError, KeyError) as error:
        problem = phrase("state cannot be read", file=str(state), why=repr(error), hint=_IN_SANDBOX)
        raise NoTargetError(problem) from error
    return found


def _locked(file: Path) -> bool:
    """Whether a sandbox holds the lock of its directory, which ends with it however it ends.

    Raises NoTargetError if nobody can tell.
    """
    try:
        with file.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    except OSError as error:
        problem = phrase("lock cannot be read", file=str(file), why=error.strerror)
        raise NoTargetError(problem) from error
    return False
