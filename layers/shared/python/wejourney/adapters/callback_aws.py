"""The callback's AWS services on plain botocore: what it imports counts against WeChat's 5 seconds."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from wejourney.adapters.secret_accounts import cause_of
from wejourney.domain.allowance import Window
from wejourney.domain.errors import CallbackRefusedError
from wejourney.domain.events import InboundEvent
from wejourney.domain.followers import Follower, FollowerState, LiveRun, OpenWait
from wejourney.services.callback_ports import FollowerUnreadableError, InboxUnavailableError

_LARGEST_MESSAGE = 1024 * 1024
"""Bytes, the limit of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""


@dataclass(frozen=True)
class Clients:
    """The botocore clients of one session."""

    sqs: Any
    dynamodb: Any
    secrets: Any


def make_clients() -> Clients:
    """Clients that give up early.

    WeChat hangs up after 5 s and delivers again, up to four times in all; so a slow read of a follower is
    given up first, to leave time for the queue.
    """
    session = get_session()

    def client(service: str, connect: float, read: float) -> Any:
        return session.create_client(
            service,
            config=Config(
                connect_timeout=connect,
                read_timeout=read,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        )

    return Clients(
        sqs=client("sqs", 1, 2), dynamodb=client("dynamodb", 0.5, 1), secrets=client("secretsmanager", 1, 2)
    )


@dataclass(frozen=True)
class SqsInbox:
    """The inbox: a FIFO queue with one group per follower."""

    client: Any
    queue_url: str

    def put(self, event: InboundEvent, opening: str | None) -> None:
        """Queue an event; a repeated delivery within SQS's 5 minutes is dropped there."""
        body = json.dumps({"event": event.to_dict(), "opening": opening}, separators=(",", ":"))
        if len(body) > _LARGEST_MESSAGE:
            raise CallbackRefusedError(413, "the event is larger than a queue message can be")
        group = hashlib.sha256(f"{event.app_id}#{event.openid}".encode()).hexdigest()
        try:
            self.client.send_message(
                QueueUrl=self.queue_url,
                MessageBody=body,
                MessageGroupId=group,
                MessageDeduplicationId=event.id,
            )
        except (BotoCoreError, ClientError) as exc:
            raise InboxUnavailableError(cause_of("SendMessage", exc)) from exc


@dataclass(frozen=True)
class DynamoFollowers:
    """Reads followers from the followers table."""

    client: Any
    table: str

    def read(self, app_id: str, openid: str) -> FollowerState:
        """The follower's slice. One page of a Query holds 1 MB: many hundreds of runs and questions."""
        try:
            page = self.client.query(
                TableName=self.table,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :slice)",
                ExpressionAttributeValues={
                    ":pk": {"S": f"{app_id}#{openid}"},
                    ":slice": {"S": "FOLLOWER"},
                },
            )
            return _state([_plain(item) for item in page["Items"]])
        except (BotoCoreError, ClientError) as exc:
            raise FollowerUnreadableError(cause_of("Query", exc)) from exc
        except (KeyError, TypeError, ValueError) as exc:
            # Only the kind of error: its text may quote the record.
            raise FollowerUnreadableError(f"a record that cannot be read: {type(exc).__name__}") from exc


def _plain(item: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """An item without DynamoDB's type marks, of those types that the followers table has."""
    plain: dict[str, Any] = {}
    for name, typed in item.items():
        ((mark, value),) = typed.items()
        if mark == "N":
            plain[name] = int(value)
        elif mark == "SS":
            plain[name] = frozenset(value)
        elif mark != "NULL":
            plain[name] = value
    return plain


def _state(items: list[dict[str, Any]]) -> FollowerState:
    return FollowerState(
        follower=next((_follower(item) for item in items if item["sk"] == "FOLLOWER"), None),
        live_runs=tuple(
            LiveRun(item["journey"], item["run_id"], item["event_id"], _time(item.get("over_by")))
            for item in items
            if item["sk"].startswith("FOLLOWER#RUN#")
        ),
        waits=tuple(_wait(item) for item in items if item["sk"].startswith("FOLLOWER#WAIT#")),
    )


def _follower(item: dict[str, Any]) -> Follower:
    known = {name: item[name] for name in Follower.__dataclass_fields__ if name in item}
    if "windows" in known:
        known["windows"] = tuple(Window.from_dict(window) for window in json.loads(known["windows"]))
    if "followed_at" in known:
        known["followed_at"] = _time(known["followed_at"])
    return Follower(**known)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _wait(item: dict[str, Any]) -> OpenWait:
    choices = json.loads(item.get("choices", "{}"))
    return OpenWait(
        run_id=item["run_id"],
        step=item["step"],
        name=item["name"],
        asked_at=datetime.fromisoformat(item["asked_at"]),
        token=item["token"],
        run=json.loads(item["run"]),
        choices={key: tuple(words) for key, words in choices.items()},
    )
