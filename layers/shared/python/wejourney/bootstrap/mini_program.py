"""The composition root of the function for mini programs."""

import os

from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_accounts import SecretAccounts
from wejourney.adapters.aws.secret_keys import SecretKeys
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.aws.upload_bucket import UploadAddresses
from wejourney.adapters.dynamo.callback_tables import DynamoSignatures
from wejourney.adapters.dynamo.loyalty.game_store import BoardStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore, GiftTries
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table, dynamodb_client
from wejourney.adapters.dynamo.token_store import TokenStore
from wejourney.adapters.dynamo.uploads.upload_store import UploadStore, stranger_tries
from wejourney.adapters.people_catalogue import load_people_rules
from wejourney.adapters.programme_catalogue import load_programme
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.calls import WECHAT
from wejourney.adapters.wechat.mini_program import MiniProgramApi
from wejourney.clock import clock_from_environment
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.leader_boards import LeaderBoards
from wejourney.services.loyalty.serve_gifts import ServeGifts, claimed_coupon_codes
from wejourney.services.loyalty.serve_leaders import ServeLeaders
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.mini_programs import MiniProgramWatch
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.services.receive_mini_program import ReceiveMiniProgram
from wejourney.services.uploads.serve_uploads import ServeUploads
from wejourney.settings import days_in, setting
from wejourney.wire.http import freshness
from wejourney.wire.mini_program.push import open_push

LIMITS = Limits(connect=1, read=2, attempts=2)


def receive_mini_program(watch: MiniProgramWatch, log: AccountWatch) -> ReceiveMiniProgram:
    clock = clock_from_environment()

    def client(service: str) -> SignedClient:
        return SignedClient(service, LIMITS, clock.real_now)

    secrets, table = client("secretsmanager"), setting("ACCOUNTS_TABLE")
    accounts = SecretAccounts(secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, log)
    inbox = SqsInbox(client("sqs"), setting("INBOX_QUEUE_URL"))
    base_url = os.environ.get("WECHAT_API_URL") or WECHAT
    tokens = AccessTokens(base_url, TokenStore(Table(table, dynamodb_client(clock.real_now))), clock.real_now)
    push = ReceiveCallback(
        accounts=accounts,
        followers=None,
        signatures=DynamoSignatures(client("dynamodb"), table),
        inbox=inbox,
        watch=watch,
        entries=(),
        now=clock.now,
        tolerance=freshness(virtual=bool(clock.file)),
        open=open_push,
    )
    keys = SecretKeys(secrets, setting("KEYS_SECRET_PREFIX"), clock.real_now, log)
    dynamodb = client("dynamodb")
    followers = Table(setting("FOLLOWERS_TABLE"), dynamodb)
    people, programme = PeopleStore(followers), load_programme()
    gifts = Gifts(
        GiftStore(Table(setting("LEDGER_TABLE"), dynamodb), followers),
        people,
        programme,
        load_people_rules().profile,
        inbox,
        clock.now,
        coupon_code=claimed_coupon_codes(keys),
    )
    return ReceiveMiniProgram(
        accounts=accounts,
        keys=keys,
        wechat=MiniProgramApi(base_url, tokens),
        inbox=inbox,
        push=push,
        uploads=ServeUploads(
            UploadStore(followers),
            UploadAddresses(setting("UPLOAD_BUCKET"), clock.real_now),
            people,
            stranger_tries(followers),
            inbox,
            clock.now,
            is_on=days_in("KEEP_UPLOADS") > 0,
        ),
        gifts=ServeGifts(gifts, people, GiftTries(followers), inbox, keys, clock.now),
        leaders=ServeLeaders(LeaderBoards(BoardStore(followers), people, programme), people, clock.now),
        watch=watch,
        now=clock.now,
    )
