"""The composition root of the callback, apart: what it imports counts against WeChat's 5 seconds."""

from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

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

_SECONDS = {"sqs": (1, 2), "dynamodb": (0.5, 1), "secretsmanager": (1, 2)}
"""To connect and to read: clients give up early.

WeChat hangs up after 5 s and delivers again, up to four times in all; so a slow read of a follower is given
up first, to leave time for the queue.
"""


def make_client(session: Session, service: str) -> Any:
    connect, read = _SECONDS[service]
    config = Config(
        connect_timeout=connect, read_timeout=read, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return session.create_client(service, config=config)


def receive_callback(watch: Watch, accounts: AccountWatch) -> ReceiveCallback:
    session, clock = get_session(), clock_from_environment()
    dynamodb, secrets = make_client(session, "dynamodb"), make_client(session, "secretsmanager")
    return ReceiveCallback(
        accounts=SecretAccounts(
            secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, accounts, setting("APP_ID")
        ),
        followers=DynamoFollowers(dynamodb, setting("FOLLOWERS_TABLE")),
        signatures=DynamoSignatures(dynamodb, setting("ACCOUNTS_TABLE")),
        inbox=SqsInbox(make_client(session, "sqs"), setting("INBOX_QUEUE_URL")),
        watch=watch,
        entries=load_entries(),
        now=clock.now,
        tolerance=freshness(virtual=bool(clock.file)),
    )
