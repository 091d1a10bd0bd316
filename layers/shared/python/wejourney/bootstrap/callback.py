"""The composition root of the callback, apart: what it imports counts against WeChat's 5 seconds."""

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_accounts import SecretAccounts
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.callback_tables import DynamoFollowers, DynamoSignatures
from wejourney.adapters.journey_catalogue import load_entries
from wejourney.clock import Clock, clock_from_environment
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.callback import Watch
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.settings import setting
from wejourney.wire.http import freshness

LIMITS = {
    "sqs": Limits(connect=1, read=2, attempts=2),
    "dynamodb": Limits(connect=0.5, read=1, attempts=2),
    "secretsmanager": Limits(connect=1, read=2, attempts=2),
}
"""Clients give up early.

WeChat hangs up after 5 s and delivers again, up to four times in all; so a slow read of a follower is given
up first, to leave time for the queue.
"""


def make_client(service: str, clock: Clock) -> SignedClient:
    return SignedClient(service, LIMITS[service], clock.real_now)


def receive_callback(watch: Watch, accounts: AccountWatch) -> ReceiveCallback:
    clock = clock_from_environment()
    dynamodb, secrets = make_client("dynamodb", clock), make_client("secretsmanager", clock)
    return ReceiveCallback(
        accounts=SecretAccounts(
            secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, accounts, setting("APP_ID")
        ),
        followers=DynamoFollowers(dynamodb, setting("FOLLOWERS_TABLE")),
        signatures=DynamoSignatures(dynamodb, setting("ACCOUNTS_TABLE")),
        inbox=SqsInbox(make_client("sqs", clock), setting("INBOX_QUEUE_URL")),
        watch=watch,
        entries=load_entries(),
        now=clock.now,
        tolerance=freshness(virtual=bool(clock.file)),
    )
