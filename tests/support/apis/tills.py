"""What a till asks of the API, and what there is then."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.support.apis.gateway import Answered
from tests.support.apis.store_api import StoreApi, scan
from tests.support.world import World, person_of
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.coupon_store import CouponStore, add_issue
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Transaction
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.benefits.coupons import CodedCoupon, CouponGift, CouponIssue, CouponTerms, issued
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.secret_codes import code_of, hash_of, new_code, shown
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.services.loyalty.bookkeeping import Bookkeeping

VISITS = "/store/v1/visits"
LOT, LATER = Lot(Pocket.AVAILABLE, "2027-01-31"), Lot(Pocket.AVAILABLE, "2027-06-30")
SALE = {"order": "4711", "total": 12_900}


def visit_with_points(world: World, api: StoreApi) -> str:
    """A visit of a follower who has 100 points."""
    opened: str = api.send("POST", VISITS).body["visit"]
    scan(world, opened, kind="subscribe")
    lee = person_of(world.followers)
    give(api, lee, 60, LOT)
    give(api, lee, 40, LATER)
    return opened


def give(api: StoreApi, person_id: str, amount: int, lot: Lot) -> None:
    now = api.clock.now()
    asked = Asked(
        f"earn-{person_id}-{lot.expires}", Kind.EARN, now, Cause("test"), {}, day=now.date().isoformat()
    )
    keeping = Bookkeeping(BooksStore(api.ledger, api.table), PeopleStore(api.table))
    assert keeping.post(person_id, asked, lambda books: decide.earn(books, amount, lot))


def hold(api: StoreApi, visit: str, points: Any = 50, number: str = "1", **more: Any) -> Answered:
    return api.send("POST", f"{VISITS}/{visit}/holds", {"id": number, "points": points, **more})


def offered(api: StoreApi, visit: str, offer: str, number: str = "1") -> Answered:
    """The answer to a till that wants an offer."""
    return api.send("POST", f"{VISITS}/{visit}/holds", {"id": number, "offer": offer})


def capture(api: StoreApi, visit: str, points: Any = 50, number: str = "1", **more: Any) -> Answered:
    return api.send("POST", f"/store/v1/holds/{visit}-{number}/capture", {"points": points, **SALE, **more})


def release(api: StoreApi, visit: str, number: str = "1") -> Answered:
    return api.send("POST", f"/store/v1/holds/{visit}-{number}/release")


def books(world: World, api: StoreApi) -> Books:
    """The books of the follower, which sum to zero and are what the row of the person says."""
    found = BooksStore(api.ledger, api.table).books(person_of(world.followers))
    assert sum(found.lots.values()) + sum(found.programme.values()) == 0
    assert world.follower().points == found.available
    return found


def left(api: StoreApi) -> int:
    """How many totes are left, of which there is one."""
    (given,) = [row["given"] for row in rows(api, "STOCK#offer#tote")] or [0]
    return 1 - int(given)


def open_holds(api: StoreApi) -> int:
    return len(list(api.holds.due_holds(api.clock.now() + timedelta(days=1))))


def until(number: int) -> Callable[[], bool]:
    """There is time for so many."""
    left = iter(range(number, -1, -1))
    return lambda: next(left) > 0


def rows(api: StoreApi, pk: str) -> list[dict[str, Any]]:
    items = api.ledger.client.scan(TableName=api.ledger.name)["Items"]
    return [columns_of(item) for item in items if item["pk"]["S"].startswith(pk)]


def coupon(api: StoreApi, number: int = 7) -> str:
    """The code, as people read it, of a coupon for a tenth of a sale of 100 yuan or more."""
    code = new_code(lambda most: number % most)
    terms = CouponTerms(Discount(percent=10), 30, from_fen=10_000)
    write = Transaction(api.ledger)
    made = issued("welcome-10", terms, "somebody", "run-1#3", api.clock.now(), "Asia/Shanghai")
    add_issue(write, CouponIssue(code, made), api.ledger)
    write.commit()
    return shown(code)


def give_away(api: StoreApi, typed: str, claimed_at: datetime | None = None) -> None:
    """A coupon is held for a friend of its holder, or was claimed."""
    code, records = code_of(typed), CouponStore(api.ledger)
    known = records.coupon(code)
    assert known is not None
    gift = CouponGift("gift", api.clock.now() + timedelta(days=3), claimed_at)
    records.keep(CodedCoupon(hash_of(code), known.with_gift(gift)))
