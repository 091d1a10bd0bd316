"""The composition root of the function for WeChat Pay's notices, which have 5 seconds like the callback."""

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_accounts import KeptSecrets
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.order_store import OrderStore
from wejourney.adapters.dynamo.table import Table
from wejourney.clock import clock_from_environment
from wejourney.merchants import Merchant
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.merchants import NoticeWatch
from wejourney.services.receive_pay_notice import ReceivePayNotice
from wejourney.settings import setting
from wejourney.wire.http import freshness

LIMITS = Limits(connect=1, read=1, attempts=2)
"""A notice takes up to three calls; what does not answer is given up, and WeChat delivers again."""


def receive_pay_notice(watch: NoticeWatch, accounts: AccountWatch) -> ReceivePayNotice:
    clock = clock_from_environment()

    def client(service: str) -> SignedClient:
        return SignedClient(service, LIMITS, clock.real_now)

    prefix = setting("MERCHANTS_SECRET_PREFIX")
    return ReceivePayNotice(
        merchants=KeptSecrets(
            client("secretsmanager"), prefix, clock.real_now, accounts, Merchant.from_secret
        ),
        orders=OrderStore(Table(setting("FOLLOWERS_TABLE"), client("dynamodb"))),
        inbox=SqsInbox(client("sqs"), setting("INBOX_QUEUE_URL")),
        watch=watch,
        app_id=setting("APP_ID"),
        now=clock.now,
        tolerance=freshness(virtual=bool(clock.file)),
    )
