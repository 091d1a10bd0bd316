"""The composition root of the functions behind the inbox: which adapter serves which port."""

import os
import secrets
from functools import cache

from aws_lambda_powertools import Metrics

from wejourney.adapters.aws.event_bus import EventBus
from wejourney.adapters.aws.media_bucket import MediaBucket
from wejourney.adapters.aws.media_queue import SqsMediaQueue
from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.aws.queues import DeadLetters, SqsInbox
from wejourney.adapters.aws.secret_accounts import SecretAccounts
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.aws.signed_s3 import SignedS3
from wejourney.adapters.aws.step_functions import StepFunctionsRuns
from wejourney.adapters.aws.upload_bucket import UploadAddresses, UploadBucket
from wejourney.adapters.dynamo.binding_store import BindingStore
from wejourney.adapters.dynamo.calendar_store import CalendarStore
from wejourney.adapters.dynamo.code_store import CodeStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.all_books_store import AllBooksStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.earned_events_store import EarnedEventsStore
from wejourney.adapters.dynamo.loyalty.game_store import GameStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.adapters.dynamo.loyalty.group_store import GroupStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.media_store import MediaStore
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table, dynamodb_client
from wejourney.adapters.dynamo.tills.hold_store import HoldStore
from wejourney.adapters.dynamo.tills.visit_store import VisitStore
from wejourney.adapters.dynamo.token_store import TokenStore
from wejourney.adapters.dynamo.uploads.upload_store import UploadStore
from wejourney.adapters.journey_catalogue import load_entries
from wejourney.adapters.people_catalogue import load_people_rules
from wejourney.adapters.programme_catalogue import load_programme
from wejourney.adapters.sealed_runs import SealedRuns
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.api import WeChatApi
from wejourney.adapters.wechat.calls import WECHAT
from wejourney.adapters.wechat.media import WeChatMedia
from wejourney.adapters.wechat.mini_program import MiniProgramApi
from wejourney.clock import Clock, clock_from_environment
from wejourney.events.event_types import PointsChanged
from wejourney.journeys.routing import all_subscribed_kinds
from wejourney.loyalty.benefits.secret_codes import new_code
from wejourney.messaging.channels import CUSTOM
from wejourney.observability import AccountLog, CloudWatchMeter, make_logger
from wejourney.services.close_run import CloseRun
from wejourney.services.create_code import CreateCode
from wejourney.services.look_at_calendars import CalendarWatch, LookAtCalendars
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.group_buys import GroupBuys
from wejourney.services.loyalty.keep_books import BooksWatch, KeepBooks
from wejourney.services.loyalty.leader_boards import BoardFailed, RankGames
from wejourney.services.loyalty.play_games import PlayGames
from wejourney.services.loyalty.ports import Failed, raise_failure
from wejourney.services.loyalty.reconcile_books import ReconcileBooks, ReconciliationWatch
from wejourney.services.loyalty.reconcile_events import EventsWatch, ReconcileEvents
from wejourney.services.loyalty.reward_referrals import RewardReferrals
from wejourney.services.media.fetch_media import FetchMedia
from wejourney.services.perform_actions import PerformActions
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.process_event import ProcessEvent
from wejourney.services.recognize_code import RecognizeCode
from wejourney.services.release_pending_events import ReleasePendingEvents
from wejourney.services.till.recognize_visit import RecognizeVisit
from wejourney.services.till.settle_hold import SettleHold
from wejourney.services.uploads.check_uploads import CheckUploads
from wejourney.services.uploads.settle_uploads import SettleUploads
from wejourney.settings import days_in, setting

LIMITS = Limits(connect=1, read=5, attempts=3)
FILE_LIMITS = Limits(connect=1, read=30, attempts=3)


@cache
def _client(service: str) -> SignedClient:
    return SignedClient(service, LIMITS, Clock().real_now)


@cache
def _tables() -> SignedClient:
    return dynamodb_client(Clock().real_now)


def _table(variable: str) -> Table:
    return Table(setting(variable), _tables())


def _accounts(clock: Clock, meter: CloudWatchMeter) -> SecretAccounts:
    secrets, log = _client("secretsmanager"), AccountLog(make_logger("accounts"), meter)
    return SecretAccounts(secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, log)


def _tokens(clock: Clock) -> tuple[str, AccessTokens]:
    """WeChat's address, and the access tokens there."""
    base_url = os.environ.get("WECHAT_API_URL") or WECHAT
    return base_url, AccessTokens(base_url, TokenStore(_table("ACCOUNTS_TABLE")), clock.real_now)


def _wechat(clock: Clock) -> WeChatApi:
    return WeChatApi(*_tokens(clock), clock.now)


def _personal_data() -> KmsPersonalData:
    return KmsPersonalData(_client("kms"), Clock().real_now, setting("PERSONAL_DATA_KEY"))


def _runs() -> StepFunctionsRuns:
    return StepFunctionsRuns(_client("states"), setting("JOURNEY_MACHINE_PREFIX"))


def inbox() -> SqsInbox:
    return SqsInbox(_client("sqs"), setting("INBOX_QUEUE_URL"))


def followers() -> FollowerStore:
    """The followers, for one who erases, too."""
    return FollowerStore(
        _table("FOLLOWERS_TABLE"), setting("LEDGER_TABLE"), _media_bucket(), _upload_bucket()
    )


def _files() -> SignedS3:
    return SignedS3(FILE_LIMITS, Clock().real_now)


def _media_bucket() -> MediaBucket:
    return MediaBucket(_files(), setting("MEDIA_BUCKET"))


def _upload_bucket() -> UploadBucket:
    return UploadBucket(_files(), UploadAddresses(setting("UPLOAD_BUCKET"), Clock().real_now))


def upload_store() -> UploadStore:
    return UploadStore(_table("FOLLOWERS_TABLE"))


def settle_uploads() -> SettleUploads:
    return SettleUploads(upload_store(), _upload_bucket(), clock_from_environment().now)


def check_uploads(metrics: Metrics) -> CheckUploads:
    clock = clock_from_environment()
    return CheckUploads(
        accounts=_accounts(clock, CloudWatchMeter(metrics)),
        records=upload_store(),
        objects=_upload_bucket(),
        wechat=MiniProgramApi(*_tokens(clock)),
        settle=settle_uploads(),
        inbox=inbox(),
        now=clock.now,
    )


def dead_letters() -> DeadLetters:
    return DeadLetters(_client("sqs"), setting("DEAD_LETTERS_URL"))


def _earn_points() -> EarnPoints:
    ledger, rules = _table("LEDGER_TABLE"), load_people_rules()
    return EarnPoints(
        Bookkeeping(BooksStore(ledger, _table("FOLLOWERS_TABLE")), followers()),
        SaleStore(ledger),
        load_programme(),
        rules.profile,
        all_subscribed_kinds(load_entries()).union(rules.subscribed_kinds),
        timeline=followers(),
    )


def process_event(metrics: Metrics) -> RecognizeVisit:
    clock, meter = clock_from_environment(), CloudWatchMeter(metrics)
    points = _earn_points()
    media_queue = SqsMediaQueue(_client("sqs"), setting("MEDIA_QUEUE_URL"))
    process = ProcessEvent(
        accounts=_accounts(clock, meter),
        followers=followers(),
        orders=OrderStore(_table("FOLLOWERS_TABLE")),
        runs=_runs(),
        wechat=_wechat(clock),
        clock=clock,
        meter=meter,
        entries=load_entries(),
        bindings=BindingStore(_table("ACCOUNTS_TABLE")),
        people_rules=load_people_rules(),
        personal_data=_personal_data(),
        media=media_queue if days_in("KEEP_MEDIA") else None,
        earn=points,
        referrals=RewardReferrals(points),
        consequences=(group_buys().joined, _play_games()),
        uploads=settle_uploads(),
    )
    table = _table("FOLLOWERS_TABLE")
    recognize = RecognizeCode(codes=CodeStore(table), inbox=inbox(), process=process)
    return RecognizeVisit(visits=VisitStore(table), inbox=inbox(), process=process, recognize=recognize)


def _play_games() -> PlayGames:
    people, games = followers(), GameStore(_table("FOLLOWERS_TABLE"), _table("LEDGER_TABLE"))
    return PlayGames(games, people, people, load_programme(), clock_from_environment().now)


def fetch_media(metrics: Metrics) -> FetchMedia:
    clock, meter = clock_from_environment(), CloudWatchMeter(metrics)
    return FetchMedia(
        accounts=_accounts(clock, meter),
        records=MediaStore(_table("FOLLOWERS_TABLE")),
        objects=_media_bucket(),
        wechat=WeChatMedia(*_tokens(clock)),
        sealed_files=_personal_data(),
        clock=clock,
        meter=meter,
        profile=load_people_rules().profile,
        days=days_in("KEEP_MEDIA"),
    )


def create_code(metrics: Metrics) -> CreateCode:
    clock, meter = clock_from_environment(), CloudWatchMeter(metrics)
    base_url, tokens = _tokens(clock)
    return CreateCode(
        accounts=_accounts(clock, meter),
        codes=CodeStore(_table("FOLLOWERS_TABLE")),
        wechat=WeChatApi(base_url, tokens, clock.now),
        pictures=MiniProgramApi(base_url, tokens),
        clock=clock,
    )


def release_pending_events() -> ReleasePendingEvents:
    return ReleasePendingEvents(PendingEventStore(_table("FOLLOWERS_TABLE")), inbox())


def look_at_calendars(watch: CalendarWatch, metrics: Metrics) -> LookAtCalendars:
    clock = clock_from_environment()
    return LookAtCalendars(
        accounts=_accounts(clock, CloudWatchMeter(metrics)),
        calendars=CalendarStore(_table("FOLLOWERS_TABLE")),
        inbox=inbox(),
        clock=clock,
        watch=watch,
        entries=load_entries(),
        people_rules=load_people_rules(),
    )


def keep_books(watch: BooksWatch) -> KeepBooks:
    followers, rules = _table("FOLLOWERS_TABLE"), load_people_rules()
    kinds = all_subscribed_kinds(load_entries()).union(rules.subscribed_kinds)
    return KeepBooks(
        records=BooksStore(_table("LEDGER_TABLE"), followers),
        people=PeopleStore(followers),
        inbox=inbox(),
        clock=clock_from_environment(),
        watch=watch,
        programme=load_programme(),
        may_spend=rules.profile.may_spend,
        is_heard=PointsChanged.kind in kinds or bool(rules.programme.tiers.levels),
    )


def reconcile_books(watch: ReconciliationWatch) -> ReconcileBooks:
    followers = _table("FOLLOWERS_TABLE")
    records = AllBooksStore(_table("LEDGER_TABLE"), followers)
    return ReconcileBooks(records, CalendarStore(followers), clock_from_environment(), watch)


def reconcile_events(watch: EventsWatch) -> ReconcileEvents:
    events = EarnedEventsStore(_table("LEDGER_TABLE"), _table("FOLLOWERS_TABLE"))
    return ReconcileEvents(events, clock_from_environment(), watch)


def holds(failed: Failed) -> SettleHold:
    followers, now = _table("FOLLOWERS_TABLE"), clock_from_environment().now
    records, people = HoldStore(_table("LEDGER_TABLE"), followers), PeopleStore(followers)
    return SettleHold(records, people, load_programme(), now, failed=failed)


def gifts(failed: Failed) -> Gifts:
    followers, now = _table("FOLLOWERS_TABLE"), clock_from_environment().now
    records, people = GiftStore(_table("LEDGER_TABLE"), followers), PeopleStore(followers)
    profile = load_people_rules().profile
    return Gifts(records, people, load_programme(), profile, inbox(), now, failed=failed)


def group_buys(failed: Failed = raise_failure) -> GroupBuys:
    records, people = GroupStore(_table("LEDGER_TABLE")), PeopleStore(_table("FOLLOWERS_TABLE"))
    return GroupBuys(records, people, load_programme(), inbox(), clock_from_environment().now, failed=failed)


def rank_games(failed: BoardFailed) -> RankGames:
    games = GameStore(_table("FOLLOWERS_TABLE"), _table("LEDGER_TABLE"))
    people, now = PeopleStore(_table("FOLLOWERS_TABLE")), clock_from_environment().now
    return RankGames(games, people, load_programme(), inbox(), now, failed)


def close_run() -> CloseRun:
    return CloseRun(followers=FollowerStore(_table("FOLLOWERS_TABLE")), clock=clock_from_environment())


def sealed_runs() -> SealedRuns:
    return SealedRuns(FollowerStore(_table("FOLLOWERS_TABLE"), setting("LEDGER_TABLE")))


def perform_actions(metrics: Metrics) -> PerformActions:
    clock, meter = clock_from_environment(), CloudWatchMeter(metrics)
    ledger = _table("LEDGER_TABLE")
    records = FollowerStore(_table("FOLLOWERS_TABLE"), ledger.name)
    ports = ActionPorts(
        accounts=_accounts(clock, meter),
        records=records,
        ledger=BooksStore(ledger, records.table),
        channels={CUSTOM.name: _wechat(clock)},
        runs=_runs(),
        bus=EventBus(_client("events")),
        announcements=inbox(),
        clock=clock,
        meter=meter,
        personal_data=_personal_data(),
        new_code=lambda _: new_code(secrets.randbelow),
        offers=HoldStore(ledger, records.table),
    )
    people = load_people_rules()
    kinds = all_subscribed_kinds(load_entries()).union(people.subscribed_kinds)
    return PerformActions(ports, kinds, people.profile, load_programme())
