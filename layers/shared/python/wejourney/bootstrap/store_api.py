"""The composition root of the API for tills."""

import os

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_accounts import SecretAccounts
from wejourney.adapters.aws.secret_keys import SecretKeys
from wejourney.adapters.aws.secret_stores import SecretStores
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore
from wejourney.adapters.dynamo.payments.payment_reports import PaymentReportStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.tills.hold_store import HoldStore
from wejourney.adapters.dynamo.tills.visit_store import NonceStore, ToldSaleStore, VisitStore
from wejourney.adapters.dynamo.token_store import TokenStore
from wejourney.adapters.people_catalogue import load_people_rules
from wejourney.adapters.programme_catalogue import load_programme
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.api import WeChatApi
from wejourney.adapters.wechat.calls import WECHAT
from wejourney.adapters.wechat.mini_program import MiniProgramApi
from wejourney.clock import clock_from_environment
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.coupons import Coupons
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.till.answer_request import AnswerRequest, TillWatch
from wejourney.services.till.refund_points import RefundPoints
from wejourney.services.till.serve_coupon import ServeCoupon
from wejourney.services.till.serve_hold import ServeHold
from wejourney.services.till.serve_visit import OpenVisit, ServeVisit
from wejourney.services.till.settle_hold import SettleHold
from wejourney.services.till.tell_sale import TellSale
from wejourney.services.till.verify_request import VerifyRequest
from wejourney.settings import setting
from wejourney.wire.http import freshness

LIMITS = Limits(connect=1, read=3, attempts=3)


def answer_request(watch: TillWatch, log: AccountWatch) -> AnswerRequest:
    clock = clock_from_environment()

    def client(service: str) -> SignedClient:
        return SignedClient(service, LIMITS, clock.real_now)

    dynamodb, secrets = client("dynamodb"), client("secretsmanager")
    table, accounts_table = Table(setting("FOLLOWERS_TABLE"), dynamodb), setting("ACCOUNTS_TABLE")
    base_url = os.environ.get("WECHAT_API_URL") or WECHAT
    tokens = AccessTokens(base_url, TokenStore(Table(accounts_table, dynamodb)), clock.real_now)
    people, visits = PeopleStore(table), VisitStore(table)
    inbox = SqsInbox(client("sqs"), setting("INBOX_QUEUE_URL"))
    ledger = Table(setting("LEDGER_TABLE"), dynamodb)
    profile = load_people_rules().profile
    holds = HoldStore(ledger, table)
    settle = SettleHold(holds, people, load_programme(), clock.now, profile.membership)
    serve = ServeVisit(visits, people, settle, clock.now)
    return AnswerRequest(
        VerifyRequest(
            SecretStores(secrets, setting("STORES_SECRET_PREFIX"), clock.real_now, log),
            NonceStore(table),
            clock.now,
            freshness(virtual=bool(clock.file)),
        ),
        OpenVisit(
            SecretAccounts(secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, log),
            visits,
            WeChatApi(base_url, tokens, clock.now),
            MiniProgramApi(base_url, tokens),
            clock.now,
        ),
        serve,
        ServeHold(serve, settle),
        RefundPoints(holds, Bookkeeping(BooksStore(ledger, table), people), load_programme(), clock.now),
        ServeCoupon(Coupons(CouponStore(ledger)), clock.now),
        TellSale(
            serve,
            ToldSaleStore(table),
            PaymentReportStore(table),
            DeliverEvents(people, PendingEventStore(table), inbox, clock.now, profile=profile),
            inbox,
            SecretKeys(secrets, setting("KEYS_SECRET_PREFIX"), clock.real_now, log),
            clock.now,
        ),
        watch,
    )
