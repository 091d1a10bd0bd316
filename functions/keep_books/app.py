"""What happens to the books by itself.

Schedules call it, with {"do": "keep", "shard": 0} to post what has expired and what is not pending any more,
with {"do": "reconcile", "shard": 0} to compare books with their transactions, and events with what they give,
both of a shard of people, with {"do": "tell"} to tell journeys of what others have posted, and with
{"do": "release"} to give back what tills have held too long, gifts that nobody has claimed, to end group-buys
whose time is over, and to tell the first of leader boards that have closed.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private, reason_of
from wejourney.bootstrap import workers
from wejourney.loyalty.games import Board
from wejourney.loyalty.replay import Difference
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, PERSON_ID, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.group_buys import GroupBuys
from wejourney.services.loyalty.keep_books import KeepBooks
from wejourney.services.loyalty.leader_boards import RankGames
from wejourney.services.loyalty.ports import Entry
from wejourney.services.loyalty.reconcile_books import ReconcileBooks
from wejourney.services.loyalty.reconcile_events import MissingEarning, ReconcileEvents
from wejourney.services.till.settle_hold import SettleHold

SERVICE = "keep_books"

ENOUGH_MS = 10_000
"""Milliseconds that the books of one person may take; with less left the next sweep goes on."""

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedBooks:
    """A log line for what is posted, and a metric for where the books are not right."""

    def posted(self, entry: Entry) -> None:
        moved = entry.transaction
        told = {"kind": moved.kind, "asset": moved.asset, "amount": moved.amount}
        logger.info("posted", extra={PERSON_ID: entry.person_id, **told})

    def differs(self, difference: Difference) -> None:
        account = {"asset": difference.asset, "account": difference.account}
        amounts = {"books": difference.books, "transactions": difference.transactions}
        logger.error("books differ", extra={PERSON_ID: difference.person_id, **account, **amounts})
        meter.count(Metric.BOOKS_DIFFER)

    def missing(self, earning: MissingEarning) -> None:
        about = {EVENT_ID: earning.event_id, "rule": earning.rule}
        logger.error("event gave nothing", extra={PERSON_ID: earning.person_id, **about})
        meter.count(Metric.BOOKS_DIFFER)

    def failed(self, person_id: str, error: Exception) -> None:
        logger.error("books not kept", extra={PERSON_ID: person_id, "reason": reason_of(error)})
        meter.count(Metric.BOOKS_NOT_KEPT)

    def unsettled(self, board: Board, person_id: str, error: Exception) -> None:
        about = {PERSON_ID: person_id, "board": board.id}
        logger.error("leader board not settled", extra={**about, "reason": reason_of(error)})
        meter.count(Metric.BOOKS_NOT_KEPT)


@cache
def keep_books() -> KeepBooks:
    return workers.keep_books(LoggedBooks())


@cache
def reconcile_books() -> ReconcileBooks:
    return workers.reconcile_books(LoggedBooks())


@cache
def reconcile_events() -> ReconcileEvents:
    return workers.reconcile_events(LoggedBooks())


@cache
def holds() -> SettleHold:
    return workers.holds(LoggedBooks().failed)


@cache
def gifts() -> Gifts:
    return workers.gifts(LoggedBooks().failed)


@cache
def group_buys() -> GroupBuys:
    return workers.group_buys(LoggedBooks().failed)


@cache
def rank_games() -> RankGames:
    return workers.rank_games(LoggedBooks().unsettled)


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > ENOUGH_MS

    keep, reconciliations = keep_books(), (reconcile_events(), reconcile_books())
    overdue = (holds().release_due, gifts().settle_due, group_buys().settle_due, rank_games().settle_due)
    match event.get("do"):
        case "keep":
            keep(event["shard"], has_time)
        case "tell":
            keep.tell(has_time)
        case "reconcile":
            for reconcile in reconciliations:
                reconcile(event["shard"], has_time)
        case "release":
            for give_back in overdue:
                give_back(has_time)
        case _:  # a call that warms the function up
            return
