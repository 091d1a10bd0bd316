"""The function that keeps the books: what each schedule makes it do, until when, and what it logs."""

import io
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from functions.keep_books import app
from tests.support.builders import NOON, OPENID
from tests.support.servers.callback_function import CONTEXT
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import expired
from wejourney.loyalty.games import Board
from wejourney.loyalty.replay import Difference
from wejourney.metrics import Metric
from wejourney.services.loyalty.ports import Entry
from wejourney.services.loyalty.reconcile_events import MissingEarning

DONE: dict[str, list[object]] = {
    "keep": [("keep", 3)],
    "reconcile": [("events", 3), ("reconcile", 3)],
    "tell": ["tell"],
    "release": ["holds", "gifts", "group_buys", "games"],
}


@pytest.mark.parametrize("do", [*DONE, None])
@pytest.mark.parametrize(("left", "has_time"), [(app.ENOUGH_MS + 1, True), (app.ENOUGH_MS, False)])
def test_each_schedule_does_its_own_part_and_stops_before_the_time_limit(
    monkeypatch: pytest.MonkeyPatch, do: str | None, left: int, *, has_time: bool
) -> None:
    told = list[object]()

    class Sweep(SimpleNamespace):
        def __call__(self, shard: int, time_left: Callable[[], bool]) -> None:
            assert time_left() is has_time
            told.append((self.name, shard))

        def tell(self, time_left: Callable[[], bool]) -> None:
            assert time_left() is has_time
            told.append("tell")

    def give_back(name: str) -> Callable[[Callable[[], bool]], None]:
        def given(time_left: Callable[[], bool]) -> None:
            assert time_left() is has_time
            told.append(name)

        return given

    monkeypatch.setattr(app, "keep_books", lambda: Sweep(name="keep"))
    monkeypatch.setattr(app, "reconcile_books", lambda: Sweep(name="reconcile"))
    monkeypatch.setattr(app, "reconcile_events", lambda: Sweep(name="events"))
    holds = SimpleNamespace(release_due=give_back("holds"))
    monkeypatch.setattr(app, "holds", lambda: holds)
    gifts = SimpleNamespace(settle_due=give_back("gifts"))
    monkeypatch.setattr(app, "gifts", lambda: gifts)
    group_buys = SimpleNamespace(settle_due=give_back("group_buys"))
    monkeypatch.setattr(app, "group_buys", lambda: group_buys)
    games = SimpleNamespace(settle_due=give_back("games"))
    monkeypatch.setattr(app, "rank_games", lambda: games)
    context = SimpleNamespace(**vars(CONTEXT), get_remaining_time_in_millis=lambda: left)

    app.handler({"do": do, "shard": 3} if do else {"warm": True}, context)

    assert told == DONE.get(do or "", [])


def test_everything_that_happens_is_a_log_line_that_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    log, counted = io.StringIO(), list[Metric]()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    monkeypatch.setattr(app, "meter", SimpleNamespace(count=counted.append))
    books = Books().with_postings(decide.earn(Books(), 5, Lot(Pocket.AVAILABLE, "2026-12-01")))
    late = expired("our-own-id", "points", books, "2026-12-02", NOON)
    assert late is not None
    watch = app.LoggedBooks()
    watch.posted(Entry("our-own-id", late, books))
    watch.differs(Difference("our-own-id", "points", "available", 5, 6))
    watch.missing(MissingEarning("our-own-id", "event", "purchases"))
    watch.failed("our-own-id", ValueError(f"of {OPENID}"))
    watch.unsettled(Board("rings", "all"), "our-own-id", ValueError(f"of {OPENID}"))

    lines: list[dict[str, Any]] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == [
        *("posted", "books differ", "event gave nothing", "books not kept"),
        "leader board not settled",
    ]
    assert {line["person_id"] for line in lines} == {"our-own-id"}
    assert (lines[0]["kind"], lines[0]["amount"]) == ("expire", 5)
    assert (lines[1]["account"], lines[1]["books"], lines[1]["transactions"]) == ("available", 5, 6)
    assert OPENID not in log.getvalue()
    assert (lines[2]["event_id"], lines[2]["rule"]) == ("event", "purchases")
    assert lines[4]["board"] == "rings#all#best"
    assert counted == [Metric.BOOKS_DIFFER] * 2 + [Metric.BOOKS_NOT_KEPT] * 2
