"""The composition root of the function that asks WeChat Pay."""

import os
from dataclasses import dataclass

from wejourney.adapters.aws.secret_accounts import SecretDirectory
from wejourney.adapters.aws.signed_client import Limits
from wejourney.adapters.dynamo.payments.open_orders import OpenOrderStore
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.payments.trade_bills import TradeBillStore
from wejourney.adapters.pay.api import PayApi
from wejourney.bootstrap.pay_notices import Aws
from wejourney.clock import Clock, clock_from_environment
from wejourney.services.payments.import_trade_bills import ImportTradeBills
from wejourney.services.payments.report_payment import ReportPayment
from wejourney.services.payments.sweep_orders import SweepOrders
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.payments import PaymentWatch
from wejourney.settings import setting
from wejourney.wire.http import freshness

WECHAT_PAY = "https://api.mch.weixin.qq.com"

LIMITS = Limits(connect=1, read=5, attempts=3)


@dataclass(frozen=True)
class PayReconciliation:
    """What the function does, each on its schedule."""

    import_trade_bills: ImportTradeBills
    sweep_orders: SweepOrders


def reconcile_payments(watch: PaymentWatch, accounts: AccountWatch) -> PayReconciliation:
    clock = clock_from_environment()
    aws = Aws(LIMITS, clock)
    table = aws.table("FOLLOWERS_TABLE")
    orders, open_orders = OrderStore(table), OpenOrderStore(table)
    directory = SecretDirectory(aws.client("secretsmanager"), setting("MERCHANTS_SECRET_PREFIX"))
    merchants = aws.merchants(accounts)
    queries = pay_api(clock)
    report = ReportPayment(PaymentReportStore(table), orders, aws.inbox(), watch, clock.now)
    bills = TradeBillStore(aws.table("ACCOUNTS_TABLE"))
    return PayReconciliation(
        ImportTradeBills(directory, merchants, queries, bills, open_orders, report, watch, clock.now),
        SweepOrders(directory, merchants, queries, orders, open_orders, report, watch, clock.now),
    )


def pay_api(clock: Clock) -> PayApi:
    base_url = os.environ.get("WECHAT_PAY_API_URL") or WECHAT_PAY
    return PayApi(base_url, clock.now, freshness(virtual=bool(clock.file)))
