"""The composition root of the functions behind the inbox: which adapter serves which port."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from botocore.session import get_session

from wejourney.adapters.access_tokens import AccessTokens
from wejourney.adapters.catalogue import load_entries
from wejourney.adapters.dead_letters import DeadLetters
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.adapters.dynamo.token_store import TokenStore
from wejourney.adapters.event_bus import EventBus
from wejourney.adapters.inbox_queue import SqsInbox
from wejourney.adapters.secret_accounts import SecretAccounts
from wejourney.adapters.step_functions import StepFunctionsRuns
from wejourney.adapters.wechat_api import WeChatApi
from wejourney.clock import Clock, clock_from_environment
from wejourney.domain.channels import CUSTOM
from wejourney.domain.errors import WejourneyError
from wejourney.domain.routing import heard_by
from wejourney.observability import make_logger
from wejourney.services.looking import Looking
from wejourney.services.outbox import Outbox
from wejourney.services.perform_actions import PerformActions
from wejourney.services.process_event import ProcessEvent
from wejourney.services.profiles import Profiles
from wejourney.services.telling import Telling
from wejourney.services.waiting import Waiting
from wejourney.settings import setting

WECHAT = "https://api.weixin.qq.com"

_CLIENT = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def _client(service: str) -> Any:
    return get_session().create_client(service, config=_CLIENT)


@dataclass(frozen=True)
class Meter:
    """Counts as CloudWatch metrics."""

    metrics: Metrics

    def count(self, name: str, **dimensions: str) -> None:
        """One more of this; with dimensions it is a metric of its own, so that an alarm can sum it."""
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
        for value in dimensions.values():
            self.metrics.add_metric(name=f"{name}.{value}", unit=MetricUnit.Count, value=1)


class LoggedWatch:
    """What happens to accounts, in the log."""

    def account_outdated(self, app_id: str, error: WejourneyError) -> None:
        """An account goes on with the secret that it had."""
        make_logger("accounts").error("account outdated", extra={"app_id": app_id, "reason": str(error)})


def _accounts(clock: Clock) -> SecretAccounts:
    secrets = _client("secretsmanager")
    return SecretAccounts(secrets, setting("ACCOUNTS_SECRET_PREFIX"), clock.real_now, LoggedWatch())


def _wechat(clock: Clock) -> WeChatApi:
    base_url = os.environ.get("WECHAT_API_URL") or WECHAT
    tokens = AccessTokens(base_url, TokenStore(setting("ACCOUNTS_TABLE")), clock.real_now)
    return WeChatApi(base_url, tokens, clock.now)


def _runs() -> StepFunctionsRuns:
    return StepFunctionsRuns(_client("stepfunctions"), setting("JOURNEY_MACHINE_PREFIX"))


def followers() -> FollowerStore:
    """The followers' table."""
    return FollowerStore(setting("FOLLOWERS_TABLE"))


def dead_letters() -> DeadLetters:
    """Where process_inbox puts aside what can never be applied."""
    return DeadLetters(_client("sqs"), setting("DEAD_LETTERS_URL"))


def process_event(metrics: Metrics) -> ProcessEvent:
    """The inbox's work."""
    clock = clock_from_environment()
    return ProcessEvent(
        accounts=_accounts(clock),
        followers=followers(),
        runs=_runs(),
        wechat=_wechat(clock),
        clock=clock,
        meter=Meter(metrics),
        entries=load_entries(),
    )


def perform_actions(metrics: Metrics) -> PerformActions:
    """The work of the journeys' tasks."""
    clock, records = clock_from_environment(), followers()
    accounts = _accounts(clock)
    inbox = SqsInbox(_client("sqs"), setting("INBOX_QUEUE_URL"))
    outbox = Outbox(
        accounts=accounts,
        records=records,
        channels={CUSTOM.name: _wechat(clock)},
        clock=clock,
        meter=Meter(metrics),
    )
    return PerformActions(
        outbox=outbox,
        waiting=Waiting(records=records, accounts=accounts, outbox=outbox, runs=_runs(), clock=clock),
        profiles=Profiles(
            records=records,
            ledger=LedgerStore(setting("LEDGER_TABLE")),
            announcements=inbox,
            listens=heard_by(load_entries()),
            clock=clock,
        ),
        telling=Telling(
            records=records,
            accounts=accounts,
            bus=EventBus(_client("events")),
            announcements=inbox,
            clock=clock,
        ),
        looking=Looking(records=records, clock=clock),
    )
