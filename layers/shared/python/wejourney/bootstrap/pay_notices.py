"""The composition roots of the functions for WeChat Pay: what it tells, and what it is asked."""

from dataclasses import dataclass

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_accounts import KeptSecrets
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.table import Table
from wejourney.clock import Clock, clock_from_environment
from wejourney.merchants import Merchant
from wejourney.services.payments.receive_pay_notice import ReceivePayNotice
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.merchants import NoticeWatch
from wejourney.settings import setting
from wejourney.wire.http import freshness

LIMITS = Limits(connect=1, read=1, attempts=2)
"""A notice takes up to four calls; what does not answer is given up, and WeChat delivers again."""


def receive_pay_notice(watch: NoticeWatch, accounts: AccountWatch) -> ReceivePayNotice:
    clock = clock_from_environment()
    aws = Aws(LIMITS, clock)
    table = aws.table("FOLLOWERS_TABLE")
    return ReceivePayNotice(
        merchants=aws.merchants(accounts),
        orders=OrderStore(table),
        reports=PaymentReportStore(table),
        inbox=aws.inbox(),
        watch=watch,
        app_id=setting("APP_ID"),
        now=clock.now,
        tolerance=freshness(virtual=bool(clock.file)),
    )


@dataclass(frozen=True)
class Aws:
    """What the functions for WeChat Pay use of AWS."""

    limits: Limits
    clock: Clock

    def client(self, service: str) -> SignedClient:
        return SignedClient(service, self.limits, self.clock.real_now)

    def table(self, variable: str) -> Table:
        return Table(setting(variable), self.client("dynamodb"))

    def inbox(self) -> SqsInbox:
        return SqsInbox(self.client("sqs"), setting("INBOX_QUEUE_URL"))

    def merchants(self, accounts: AccountWatch) -> KeptSecrets[Merchant]:
        secrets, prefix = self.client("secretsmanager"), setting("MERCHANTS_SECRET_PREFIX")
        return KeptSecrets(secrets, prefix, self.clock.real_now, accounts, Merchant.from_secret)
