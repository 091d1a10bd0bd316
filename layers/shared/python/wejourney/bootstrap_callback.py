"""The composition root of the callback, apart: what it imports counts against WeChat's 5 seconds."""

from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_accounts import SecretAccounts
from wejourney.adapters.dynamo.callback_tables import DynamoFollowers, DynamoSignatures
from wejourney.adapters.journey_catalogue import load_entries
from wejourney.clock import clock_from_environment
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.callback import Watch
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.settings import setting
from wejourney.wire.official_account.request import freshness


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
        config = Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"mode": "standard", "total_max_attempts": 2},
        )
        return session.create_client(service, config=config)

    return Clients(
        sqs=client("sqs", 1, 2), dynamodb=client("dynamodb", 0.5, 1), secrets=client("secretsmanager", 1, 2)
    )


def receive_callback(watch: Watch, accounts: AccountWatch) -> ReceiveCallback:
    clients, clock = make_clients(), clock_from_environment()
    return ReceiveCallback(
        accounts=SecretAccounts(
            clients.secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, accounts, setting("APP_ID")
        ),
        followers=DynamoFollowers(clients.dynamodb, setting("FOLLOWERS_TABLE")),
        signatures=DynamoSignatures(clients.dynamodb, setting("ACCOUNTS_TABLE")),
        inbox=SqsInbox(clients.sqs, setting("INBOX_QUEUE_URL")),
        watch=watch,
        entries=load_entries(),
        now=clock.now,
        tolerance=freshness(virtual=bool(clock.file)),
    )
